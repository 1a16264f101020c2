"""Every operation of the server with a call that is right, so that walks over all of them forget none."""

from dataclasses import dataclass, field
from typing import Any

from tests.material import Ready, binary_block, binary_rows, dataset, file_of, new_batch, send_rows, upload
from tests.serving import Served, User

UNKNOWN = "65a0000000000000000000ff"

# What clients look for in a 404 (contract/CLIENTS.md section 1.4 names the batch's and the model's exactly).
DEPLOYMENT = "Deployment not found"
BATCH = "Monitoring batch not found"
DATASET = "Data set not found"
PACKAGE = "Model package not found"
STATUS = "Status not found"
JOB = "Batch job not found"
DEFINITION = "Job definition not found"
CUSTOM_METRIC = "Custom metric not found"
ENVIRONMENT = "Prediction environment not found"


@dataclass(frozen=True)
class Operation:
    """One operation, and how it is called.

    Attributes
    ----------
    path : str
        Below ``/api/v2/``, with the names of `Things` in braces.
    owned : str or None
        What somebody else is told who calls it; None where everybody has a list or an object of their own.
    """

    name: str
    method: str
    path: str
    owned: str | None
    call: dict[str, Any] = field(default_factory=dict)

    def run(self, user: User, things: dict[str, str]) -> Any:
        """Call it."""
        call = {key: filled(value, things) for key, value in self.call.items()}
        return user.request(self.method, self.path.format(**things), **call)


def filled(value: Any, things: dict[str, str]) -> Any:
    """A part of a call with the things in the place of their names."""
    if isinstance(value, str) and value.startswith("{"):
        return value.format(**things)
    if isinstance(value, dict):
        return {k: filled(v, things) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, things) for v in value]
    return value


_D = "deployments/{deployment}/"
_M = _D + "customMetrics/{metric}/"
_B = _D + "monitoringBatches/{batch}/"
_J = "batchJobs/{job}/"
_F = "batchMonitoringJobDefinitions/{definition}/"
_STORED = {"deploymentId": "{deployment}", "intakeSettings": {"type": "dataset", "datasetId": "{dataset}"}}
_CSV = {"headers": {"Content-Type": "text/csv"}}
_ROWS = {"modelId": "{model}", "batchId": "{batch}", "predictions": [[0.5, 0.5]]}
_SCORES = [{"count": 1, "histogram": {"centroids": [s], "counts": [1]}} for s in (0.25, 0.75)]
_METRIC = {"name": "another", "units": "EUR", "type": "average", "isModelSpecific": False}
_SPAN = {"start": "2026-01-01T00:00:00Z", "end": "2026-12-31T00:00:00Z"}
_TARGET = {"name": "target", "type": "Binary", "classNames": ["yes", "no"]}

OPERATIONS = [
    Operation("getVersion", "GET", "version/", None),
    Operation("listStatus", "GET", "status/", None),
    Operation("getStatus", "GET", "status/{status}/", STATUS),
    Operation("deleteStatus", "DELETE", "status/{status}/", STATUS),
    Operation("createDatasetFromFile", "POST", "datasets/fromFile/", None, {"files": {"file": ("t.csv", b"a\n1\n")}}),
    Operation("listDatasets", "GET", "datasets/", None),
    Operation("getDataset", "GET", "datasets/{dataset}/", DATASET),
    Operation("deleteDataset", "DELETE", "datasets/{dataset}/", DATASET),
    Operation("getDatasetFile", "GET", "datasets/{dataset}/file/", DATASET),
    Operation(
        "createModelPackage",
        "POST",
        "modelPackages/fromJSON/",
        DATASET,
        {"json": {"target": _TARGET, "datasets": {"trainingDataCatalogId": "{training}"}}},
    ),
    Operation("listModelPackages", "GET", "modelPackages/", None),
    Operation("getModelPackage", "GET", "modelPackages/{package}/", PACKAGE),
    Operation("archiveModelPackage", "POST", "modelPackages/{package}/archive/", PACKAGE),
    Operation("listModelPackageFeatures", "GET", "modelPackages/{package}/features/", PACKAGE),
    Operation(
        "createDeployment",
        "POST",
        "deployments/fromModelPackage/",
        PACKAGE,
        {"json": {"modelPackageId": "{package}", "label": "another"}},
    ),
    Operation("listDeployments", "GET", "deployments/", None),
    Operation("getDeployment", "GET", _D, DEPLOYMENT),
    Operation("updateDeployment", "PATCH", _D, DEPLOYMENT, {"json": {"label": "new"}}),
    Operation("deleteDeployment", "DELETE", _D, DEPLOYMENT),
    Operation("listDeploymentFeatures", "GET", _D + "features/", DEPLOYMENT),
    Operation("getSettings", "GET", _D + "settings/", DEPLOYMENT),
    Operation(
        "updateSettings", "PATCH", _D + "settings/", DEPLOYMENT, {"json": {"batchMonitoring": {"enabled": False}}}
    ),
    Operation("getHealthSettings", "GET", _D + "healthSettings/", DEPLOYMENT),
    Operation(
        "updateHealthSettings", "PATCH", _D + "healthSettings/", DEPLOYMENT, {"json": {"service": {"batchCount": 5}}}
    ),
    Operation("getDefaultHealthSettings", "GET", _D + "healthSettings/defaults/", DEPLOYMENT),
    Operation("getCapabilities", "GET", _D + "capabilities/", DEPLOYMENT),
    Operation(
        "replaceModel",
        "PATCH",
        _D + "model/",
        DEPLOYMENT,
        {"json": {"modelPackageId": "{replacement}", "reason": "ACCURACY"}},
    ),
    Operation("listModelHistory", "GET", _D + "modelHistory/", DEPLOYMENT),
    Operation("createPredictionEnvironment", "POST", "predictionEnvironments/", None, {"json": {"name": "e"}}),
    Operation("listPredictionEnvironments", "GET", "predictionEnvironments/", None),
    Operation("getPredictionEnvironment", "GET", "predictionEnvironments/{environment}/", ENVIRONMENT),
    Operation("deletePredictionEnvironment", "DELETE", "predictionEnvironments/{environment}/", ENVIRONMENT),
    Operation(
        "addRemoteEvent",
        "POST",
        "remoteEvents/",
        DEPLOYMENT,
        {"json": {"timestamp": "2026-11-23T10:31:31Z", "eventType": "replaced", "deploymentId": "{deployment}"}},
    ),
    Operation("listRemoteEvents", "GET", "remoteEvents/", DEPLOYMENT, {"params": {"deploymentId": "{deployment}"}}),
    Operation("getMonitoringBatchLimits", "GET", _D + "monitoringBatchLimits/", DEPLOYMENT),
    Operation("listMonitoringBatches", "GET", _D + "monitoringBatches/", DEPLOYMENT),
    Operation("createMonitoringBatch", "POST", _D + "monitoringBatches/", DEPLOYMENT, {"json": {"batchName": "b"}}),
    Operation("getMonitoringBatch", "GET", _B, DEPLOYMENT),
    Operation("updateMonitoringBatch", "PATCH", _B, DEPLOYMENT, {"json": {"batchName": "b"}}),
    Operation("deleteMonitoringBatch", "DELETE", _B, DEPLOYMENT),
    Operation("listMonitoringBatchModels", "GET", _B + "models/", DEPLOYMENT),
    Operation("getMonitoringBatchModel", "GET", _B + "models/{model}/", DEPLOYMENT),
    Operation("updateMonitoringBatchModel", "PATCH", _B + "models/{model}/", DEPLOYMENT, {"json": {}}),
    Operation("getMonitoringBatchSeal", "GET", _D + "monitoringBatches/{locked}/seal/", DEPLOYMENT),
    Operation("listDeploymentAuditLog", "GET", _D + "auditLog/", DEPLOYMENT),
    Operation("listAuditLog", "GET", "auditLog/", None),
    Operation(
        "openBatchReplacement", "POST", "deployments/{deployment}/monitoringBatches/{spare}/replacement/", DEPLOYMENT
    ),
    Operation("getBatchReplacement", "GET", _B + "replacement/", DEPLOYMENT),
    Operation("commitBatchReplacement", "POST", _B + "replacement/commit/", DEPLOYMENT, {"json": {"allowEmpty": True}}),
    Operation("abandonBatchReplacement", "DELETE", _B + "replacement/", DEPLOYMENT),
    Operation("listBatchVersions", "GET", _B + "versions/", DEPLOYMENT),
    Operation("getBatchVerdict", "GET", _B + "verdict/", DEPLOYMENT),
    Operation("listBatchVerdicts", "GET", _B + "verdicts/", DEPLOYMENT),
    Operation("listAccuracyRevisions", "GET", _B + "accuracyRevisions/", DEPLOYMENT),
    Operation("putUpload", "PUT", _B + "uploads/other/", DEPLOYMENT, {"content": b"score\n0.5\n", **_CSV}),
    Operation("getUpload", "GET", _B + "uploads/{upload}/", DEPLOYMENT),
    Operation("listUploads", "GET", _B + "uploads/", DEPLOYMENT),
    Operation(
        "addPredictionInputs", "POST", _D + "predictionInputs/fromJSON/", DEPLOYMENT, {"json": {"data": [_ROWS]}}
    ),
    Operation(
        "addPredictionRequests",
        "POST",
        _D + "predictionRequests/fromJSON/",
        DEPLOYMENT,
        {"json": {"data": [{"modelId": "{model}", "numPredictions": 1, "batchId": "{batch}"}]}},
    ),
    Operation(
        "addPredictionStats",
        "POST",
        _D + "predictionStats/fromJSON/",
        DEPLOYMENT,
        {"json": {"data": [{"modelId": "{model}", "batchId": "{batch}", "predictions": _SCORES}]}},
    ),
    Operation(
        "addPredictionInputsFromDataset",
        "POST",
        _D + "predictionInputs/fromDataset/",
        DEPLOYMENT,
        {"json": {"datasetId": "{dataset}"}},
    ),
    Operation(
        "addActualsFromDataset",
        "POST",
        _D + "actuals/fromDataset/",
        DEPLOYMENT,
        {"json": {"datasetId": "{dataset}", "associationIdColumn": "id", "actualValueColumn": "target"}},
    ),
    Operation(
        "addActuals",
        "POST",
        _D + "actuals/fromJSON/",
        DEPLOYMENT,
        {"json": {"data": [{"associationId": "a", "actualValue": "yes"}]}},
    ),
    Operation("getFeatureDrift", "GET", _D + "featureDrift/", DEPLOYMENT, {"params": {"batchId": "{batch}"}}),
    Operation("getTargetDrift", "GET", _D + "targetDrift/", DEPLOYMENT, {"params": {"batchId": "{batch}"}}),
    Operation(
        "getFeatureDriftOverBatch",
        "GET",
        _D + "featureDriftOverBatch/",
        DEPLOYMENT,
        {"params": {"featureNames": "age"}},
    ),
    Operation(
        "getFeatureDriftOverTime", "GET", _D + "featureDriftOverTime/", DEPLOYMENT, {"params": {"featureNames": "age"}}
    ),
    Operation("getAccuracyOverTime", "GET", _D + "accuracyOverTime/", DEPLOYMENT),
    Operation("getPredictionsOverTime", "GET", _D + "predictionsOverTime/", DEPLOYMENT),
    Operation("getPredictionsVsActualsOverTime", "GET", _D + "predictionsVsActualsOverTime/", DEPLOYMENT),
    Operation("getServiceStats", "GET", _D + "serviceStats/", DEPLOYMENT),
    Operation("getServiceStatsOverTime", "GET", _D + "serviceStatsOverTime/", DEPLOYMENT),
    Operation("listSegmentAttributes", "GET", _D + "segmentAttributes/", DEPLOYMENT),
    Operation(
        "listSegmentValues", "GET", _D + "segmentValues/", DEPLOYMENT, {"params": {"segmentAttribute": "{segment}"}}
    ),
    Operation("getAccuracy", "GET", _D + "accuracy/", DEPLOYMENT, {"params": {"batchId": "{batch}"}}),
    Operation("getAccuracyOverBatch", "GET", _D + "accuracyOverBatch/", DEPLOYMENT),
    Operation("getPredictionsOverBatch", "GET", _D + "predictionsOverBatch/", DEPLOYMENT),
    Operation("getPredictionsVsActualsOverBatch", "GET", _D + "predictionsVsActualsOverBatch/", DEPLOYMENT),
    Operation("getBatchServiceStats", "GET", _D + "batchServiceStats/", DEPLOYMENT, {"params": {"batchId": "{batch}"}}),
    Operation("getServiceStatsOverBatch", "GET", _D + "serviceStatsOverBatch/", DEPLOYMENT),
    Operation(
        "createMonitoringJob", "POST", "batchMonitoring/", DEPLOYMENT, {"json": {"deploymentId": "{deployment}"}}
    ),
    Operation("listBatchJobs", "GET", "batchJobs/", None),
    Operation("getBatchJob", "GET", _J, JOB),
    Operation("cancelBatchJob", "DELETE", _J, JOB),
    Operation("uploadJobCsv", "PUT", "batchJobs/{job}/csvUpload/", JOB, {"content": b"score\n0.5\n", **_CSV}),
    Operation(
        "uploadJobCsvPart",
        "PUT",
        "batchJobs/{parts_job}/csvUpload/part/1/",
        JOB,
        {"content": b"0.5\n", **_CSV},
    ),
    Operation("finishJobCsv", "POST", "batchJobs/{parts_job}/csvUpload/finalizeMultipart/", JOB),
    Operation("downloadJobResult", "GET", "batchJobs/{done_job}/download/", JOB),
    Operation(
        "runJobDefinition",
        "POST",
        "batchJobs/fromJobDefinition/",
        DEFINITION,
        {"json": {"jobDefinitionId": "{definition}"}},
    ),
    Operation("listJobDefinitions", "GET", "batchMonitoringJobDefinitions/", None),
    Operation("createJobDefinition", "POST", "batchMonitoringJobDefinitions/", DEPLOYMENT, {"json": _STORED}),
    Operation("getJobDefinition", "GET", _F, DEFINITION),
    Operation("updateJobDefinition", "PATCH", _F, DEFINITION, {"json": {"name": "another"}}),
    Operation("deleteJobDefinition", "DELETE", _F, DEFINITION),
    Operation("listCustomMetrics", "GET", _D + "customMetrics/", DEPLOYMENT),
    Operation("createCustomMetric", "POST", _D + "customMetrics/", DEPLOYMENT, {"json": _METRIC}),
    Operation("getCustomMetric", "GET", _M, DEPLOYMENT),
    Operation("updateCustomMetric", "PATCH", _M, DEPLOYMENT, {"json": {"units": "USD"}}),
    Operation("deleteCustomMetric", "DELETE", _M, DEPLOYMENT),
    Operation(
        "addCustomMetricValues",
        "POST",
        _M + "fromJSON/",
        DEPLOYMENT,
        {"json": {"buckets": [{"value": 1.5, "batch": "{batch}"}]}},
    ),
    Operation("getCustomMetricSummary", "GET", _M + "summary/", DEPLOYMENT, {"params": {"batchId": "{batch}"}}),
    Operation(
        "getCustomMetricBatchSummary", "GET", _M + "batchSummary/", DEPLOYMENT, {"params": {"batchId": "{batch}"}}
    ),
    Operation(
        "getCustomMetricValuesOverBatch", "GET", _M + "valuesOverBatch/", DEPLOYMENT, {"params": {"batchId": "{batch}"}}
    ),
    Operation(
        "getCustomMetricValuesOverTime", "GET", _M + "valuesOverTime/", DEPLOYMENT, {"params": {"bucketSize": "PT1H"}}
    ),
    Operation(
        "getCustomMetricsBatchSummary",
        "GET",
        _D + "customMetricsBatchSummary/",
        DEPLOYMENT,
        {"params": {"batchId": "{batch}"}},
    ),
    Operation(
        "getCustomMetricsSummary", "GET", _D + "customMetricsSummary/", DEPLOYMENT, {"params": {"batchId": "{batch}"}}
    ),
    Operation("listPredictionExports", "GET", _D + "predictionDataExports/", DEPLOYMENT),
    Operation("createPredictionExport", "POST", _D + "predictionDataExports/", DEPLOYMENT, {"json": _SPAN}),
    Operation("getPredictionExport", "GET", _D + "predictionDataExports/{predictionExport}/", DEPLOYMENT),
    Operation("listActualsExports", "GET", _D + "actualsDataExports/", DEPLOYMENT),
    Operation("createActualsExport", "POST", _D + "actualsDataExports/", DEPLOYMENT, {"json": _SPAN}),
    Operation("getActualsExport", "GET", _D + "actualsDataExports/{actualsExport}/", DEPLOYMENT),
    Operation("listTrainingExports", "GET", _D + "trainingDataExports/", DEPLOYMENT),
    Operation("createTrainingExport", "POST", _D + "trainingDataExports/", DEPLOYMENT, {"json": {}}),
    Operation("getTrainingExport", "GET", _D + "trainingDataExports/{trainingExport}/", DEPLOYMENT),
    Operation(
        "listPredictionResults", "GET", _D + "predictionResults/", DEPLOYMENT, {"params": {"batchId": "{batch}"}}
    ),
    Operation("createErasure", "POST", _D + "erasures/", DEPLOYMENT, {"json": {"associationId": "a"}}),
    Operation("listErasures", "GET", _D + "erasures/", DEPLOYMENT),
    Operation("getErasure", "GET", _D + "erasures/{erasure}/", DEPLOYMENT),
]

BY_NAME = {operation.name: operation for operation in OPERATIONS}


def things_of(server: Served, ready: Ready) -> dict[str, str]:
    """Ids of one object of every kind, all the owner's."""
    user = server.owner
    rows = binary_rows(11, 20)
    batch = new_batch(user, ready)
    send_rows(user, ready, binary_block(ready, rows, batch))
    answer = upload(user, ready, batch, "first", file_of(binary_rows(12, 20)))
    assert answer.status_code == 202, answer.text
    assert user.post(ready.path("monitoringBatches", batch, "replacement")).status_code == 201
    metric = user.post(ready.path("customMetrics"), {**_METRIC, "name": "net margin"})
    assert metric.status_code == 201, metric.text
    package = user.read(f"modelPackages/{ready.package_id}/")
    segments = {"segmentAnalysis": {"enabled": True, "attributes": ["region"]}}
    user.finished(user.patch(ready.path("settings"), segments))
    free = dataset(user, "free.csv", file_of(rows))
    exports = {
        f"{kind}Export": user.post(ready.path(f"{kind}DataExports"), _SPAN if kind != "training" else {}).json()["id"]
        for kind in ("prediction", "actuals", "training")
    }
    return {
        **jobs_of(server, ready, free),
        **exports,
        "deployment": ready.id,
        "package": ready.package_id,
        "model": ready.model_id,
        "training": package["datasets"]["trainingDataCatalogId"],
        "dataset": free,
        "replacement": user.post(
            "modelPackages/fromJSON/", {key: package[key] for key in ("target", "datasets")}
        ).json()["id"],
        "environment": user.post("predictionEnvironments/", {"name": "production"}).json()["id"],
        "batch": batch,
        "locked": new_batch(user, ready, isLocked=True),
        "spare": new_batch(user, ready),
        "upload": "first",
        "erasure": user.post(ready.path("erasures"), {"associationId": "nobody"}).json()["id"],
        "segment": "region",
        "metric": metric.json()["id"],
        "status": answer.headers["Location"].rstrip("/").rpartition("/")[2],
    }


def jobs_of(server: Served, ready: Ready, dataset_id: str) -> dict[str, str]:
    """Ids of a monitoring job that waits, one with a part of its rows, one that is done, and of a definition."""
    user = server.owner

    def made(path: str, body: dict[str, Any]) -> str:
        answer = user.post(path, body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    waits, parts, done = (made("batchMonitoring/", {"deploymentId": ready.id}) for _ in range(3))
    for path in (f"batchJobs/{parts}/csvUpload/part/0/", f"batchJobs/{done}/csvUpload/"):
        assert user.put(path, b"score\n0.25\n").status_code == 202
    server.work()
    stored = {"deploymentId": ready.id, "intakeSettings": {"type": "dataset", "datasetId": dataset_id}}
    return {
        "job": waits,
        "parts_job": parts,
        "done_job": done,
        "definition": made("batchMonitoringJobDefinitions/", stored),
    }
