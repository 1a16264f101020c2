"""What every answer must keep to, whoever asked: clients break on what is refused here.

Content type, the body of errors, addresses, whole numbers, texts that are not blank, times with an offset, ids, and
nulls where a field must be left out instead.
"""

import re
from collections.abc import Iterator
from typing import Any

import httpx2

ID = re.compile(r"[0-9a-f]{24}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
TIMES = re.compile(r"start|end|created|.*(At|Date|Timestamp)")
ADDRESSES = {"next", "previous"}
WHOLE = {"sampleSize", "sampleCount", "baselineSampleSize", "totalPredictions", "elapsedTimeSec", "numConcurrent"}
NOT_BLANK = {"units", "name", "statusDetails", "metric"}
TEXT = {"id", "name", "label", "deploymentId", "datasetId", "className"}
HEALTHS = ("serviceHealth", "modelHealth", "accuracyHealth", "fairnessHealth")
SOURCE_COLUMNS = {"value", "sampleCount", "timestamp", "batch", "associationId"}

Part = dict[str, Any]


def check(answer: httpx2.Response) -> None:
    """Hold one answer against the rules."""
    place = f"{answer.request.method} {answer.request.url}: {answer.status_code}"
    root = f"{answer.request.url.scheme}://{answer.request.url.netloc.decode()}/"
    assert "Deprecation" not in answer.headers, place
    if "Location" in answer.headers:
        _check_address(answer.headers["Location"], root, f"{place}, Location")
    if answer.status_code in {204, 307}:
        assert not answer.content, place
    elif not _is_file(answer):
        assert answer.headers.get("Content-Type") == "application/json", f"{place}: {answer.headers}"
        body = answer.json()
        if answer.status_code >= 400:
            _check_error(body, place)
        else:
            check_body(body, answer.request.url.path, root, place)


def check_body(body: Any, path: str, root: str, place: str = "body") -> None:
    """Hold a JSON value against the rules; ``path`` is where it was asked for, ``root`` on which host."""
    for where, part in _objects(body, place):
        _check_object(part, where)
        for key in ADDRESSES & part.keys():
            if part[key] is not None:
                _check_address(part[key], root, f"{where}.{key}")
        for key, link in (part.get("links") or {}).items():
            _check_address(link, root, f"{where}.links.{key}")
        if "predictionUsage" in part:
            _check_deployment(part, where)
        if "DataExports/" in path:
            assert not isinstance(part.get("batches"), list), f"{where}.batches"
        if "/customMetrics" in path:
            _check_custom_metric(part, where)


def _is_file(answer: httpx2.Response) -> bool:
    return answer.status_code == 200 and answer.request.url.path.endswith(("/file/", "/download/"))


def _objects(value: Any, place: str) -> Iterator[tuple[str, Part]]:
    if isinstance(value, dict):
        yield place, value
        for key, part in value.items():
            yield from _objects(part, f"{place}.{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _objects(part, f"{place}[{number}]")


def _check_error(body: Any, place: str) -> None:
    assert list(body) == ["message"], f"{place}: {body}"
    assert isinstance(body["message"], str), place
    assert body["message"].strip(), place


def _check_address(url: Any, root: str, place: str) -> None:
    assert isinstance(url, str), f"{place}: {url}"
    assert url.startswith(f"{root}api/v2/"), f"{place}: {url}, expected it on {root}"
    assert url.partition("?")[0].endswith("/"), f"{place}: {url}"


def _check_object(part: Part, where: str) -> None:
    for key, value in part.items():
        here = f"{where}.{key}: {value!r}"
        if key == "segmentAttribute":
            assert isinstance(value, str), here
        if key in WHOLE and value is not None:
            assert type(value) is int, here
        if key in TEXT and value is not None:
            assert isinstance(value, str), here
        if key in NOT_BLANK and isinstance(value, str):
            assert value.strip(), here
        if key == "id":
            assert ID.fullmatch(value), here
        if TIMES.fullmatch(key) and isinstance(value, str):
            assert TIME.fullmatch(value), here


def _check_deployment(part: Part, where: str) -> None:
    assert part["predictionUsage"].get("lastTimestamp", "") is not None, f"{where}.predictionUsage"
    assert part.get("defaultPredictionServer", "") is not None, f"{where}.defaultPredictionServer"
    assert part["model"].get("projectId", "") is not None, f"{where}.model"
    for name in HEALTHS:
        for end in ("startDate", "endDate"):
            assert part[name].get(end, "") is not None, f"{where}.{name}.{end}"


def _check_custom_metric(part: Part, where: str) -> None:
    for key in ("segmentValue", "lastPredictionTimestamp"):
        assert part.get(key, "") is not None, f"{where}.{key}"
    if "timeStep" in part:
        for key in SOURCE_COLUMNS:
            assert part.get(key, "") is not None, f"{where}.{key}"
