"""Query parameters of the public API that this server cannot answer yet: refused, never ignored."""

from fastapi import Request

from assay.errors import Invalid

_REASONS = {
    "start": "time windows are not served by this operation yet; name batches by 'batchId'",
    "end": "time windows are not served by this operation yet; name batches by 'batchId'",
    "segmentAttribute": "segments are not served yet",
    "segmentValue": "segments are not served yet",
    "targetClass": "figures of single classes are not served yet",
    "baselineModelId": "the baseline is always the model's own",
}


def refuse_unserved(request: Request) -> None:
    """Refuse a filter that would otherwise be left out of the answer silently."""
    for name, reason in _REASONS.items():
        if request.query_params.get(name):
            raise Invalid(f"{name}: {reason}.")
