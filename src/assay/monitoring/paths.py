"""Paths of what a finished job made, below the server's root."""

from urllib.parse import quote

API = "/api/v2"


def dataset(dataset_id: str) -> str:
    """Where a data set is read."""
    return f"{API}/datasets/{dataset_id}/"


def deployment(deployment_id: str) -> str:
    """Where a deployment is read."""
    return f"{API}/deployments/{deployment_id}/"


def settings(deployment_id: str) -> str:
    """Where a deployment's settings are read."""
    return f"{API}/deployments/{deployment_id}/settings/"


def batch(deployment_id: str, batch_id: str) -> str:
    """Where a batch is read."""
    return f"{API}/deployments/{deployment_id}/monitoringBatches/{batch_id}/"


def upload(deployment_id: str, batch_id: str, key: str) -> str:
    """Where the report of an upload is read."""
    return f"{API}/deployments/{deployment_id}/monitoringBatches/{batch_id}/uploads/{quote(key, safe='')}/"


def batch_job(job_id: str) -> str:
    """Where a monitoring job is read."""
    return f"{API}/batchJobs/{job_id}/"


def custom_metric(deployment_id: str, metric_id: str) -> str:
    """Where a custom metric is read."""
    return f"{API}/deployments/{deployment_id}/customMetrics/{metric_id}/"


def erasure(deployment_id: str, erasure_id: str) -> str:
    """Where an erasure is read."""
    return f"{API}/deployments/{deployment_id}/erasures/{erasure_id}/"


def export(deployment_id: str, kind: str, export_id: str) -> str:
    """Where an export is read; ``kind`` is as the path has it, such as ``predictionDataExports``."""
    return f"{API}/deployments/{deployment_id}/{kind}/{export_id}/"
