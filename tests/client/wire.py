"""A small real HTTP server that replays what a test tells it to, and the shapes that go over the wire."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

API = "/api/v2/"
DEPLOYMENT = "65a000000000000000000001"
BATCH = "65b000000000000000000001"
MODEL = "65c000000000000000000001"
METRIC = "65ab00000000000000000001"


@dataclass(frozen=True)
class Reply:
    """What the server says once. ``text`` instead of ``json`` for bodies that are none; ``drop`` says nothing."""

    status: int = 200
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    drop: bool = False
    delay: float = 0.0


@dataclass(frozen=True)
class Call:
    """What was asked; the path is below the API's root."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = Reply | Callable[[Call], Reply]


class Wire:
    """The server. ``on`` says what to answer; ``calls`` is what was asked."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._answers: dict[tuple[str, str], list[Answer]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def on(self, method: str, path: str, *answers: Answer) -> None:
        """Answer calls of a path (below the API's root, without query) in turn; the last answer stays."""
        self._answers[method, path] = list(answers)

    def asked(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, call: Call) -> Reply:
        self.calls.append(call)
        answers = self._answers.get((call.method, call.path))
        if not answers:
            return Reply(404, {"message": f"Nothing is prepared for {call.method} {call.path}."})
        answer = answers[0] if len(answers) == 1 else answers.pop(0)
        return answer(call) if callable(answer) else answer


@contextmanager
def running() -> Iterator[Wire]:
    wire = Wire()
    try:
        yield wire
    finally:
        wire.close()


def _handler(wire: Wire) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Without it every answer waits for the other side's acknowledgement.
        disable_nagle_algorithm = True

        def _any(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            call = Call(self.command, parts.path.removeprefix(API), parse_qs(parts.query), dict(self.headers), body)
            reply = wire.answer(call)
            time.sleep(reply.delay)
            if reply.drop:
                self.close_connection = True
                return
            text = reply.text if reply.text is not None else json.dumps(reply.json) if reply.json is not None else ""
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if text:
                self.send_header("Content-Type", "text/html" if reply.text is not None else "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            with suppress(BrokenPipeError, ConnectionResetError):
                self.end_headers()
            # A client that has stopped waiting is part of some tests.
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{method}", Handler._any)
    return Handler


def page(*items: Any, next: str | None = None, total: int | None = None) -> Reply:  # noqa: A002
    body = {"data": list(items), "count": len(items), "next": next, "previous": None}
    return Reply(json={**body, "totalCount": len(items) if total is None else total})


def accepted(wire: Wire, status_id: str, body: Any = None) -> Reply:
    return Reply(202, body or {}, {"Location": f"{wire.url}{API}status/{status_id}/"})


def done(wire: Wire, path: str) -> Reply:
    return Reply(303, headers={"Location": f"{wire.url}{API}{path}"})


def deployment(**changes: Any) -> dict[str, Any]:
    return {
        "id": DEPLOYMENT,
        "label": "late flights",
        "description": None,
        "status": "active",
        "createdAt": "2013-01-01T00:00:00Z",
        "importance": None,
        "model": {"id": MODEL, "targetName": "late", "targetType": "Binary", "type": "external"},
        "modelPackage": {"id": "65d000000000000000000001"},
        "serviceHealth": {"status": "passing", "message": ""},
        "modelHealth": {"status": "unknown", "message": ""},
        "accuracyHealth": {"status": "unknown", "message": ""},
        "somethingNew": [1, 2, 3],
        **changes,
    }


def batch(**changes: Any) -> dict[str, Any]:
    return {
        "id": BATCH,
        "name": "2013-07",
        "description": None,
        "externalContextUrl": None,
        "isLocked": False,
        "createdAt": "2013-08-01T03:00:00Z",
        "createdBy": {"id": "65e000000000000000000001", "name": "admin"},
        "earliestPredictionTimestamp": "2013-07-01T05:00:00Z",
        "latestPredictionTimestamp": "2013-07-31T23:59:00+00:00",
        "predictionsCount": 27004,
        "serviceHealth": {"status": "passing", "message": "12 requests without errors."},
        "batchPredictionJobId": None,
        "batchPredictionJobStatus": None,
        **changes,
    }


def report(**changes: Any) -> dict[str, Any]:
    return {
        "id": "65f000000000000000000001",
        "uploadKey": "july",
        "batchId": BATCH,
        "modelId": MODEL,
        "state": "counted",
        "rows": 27004,
        "firstPredictionTimestamp": "2013-07-01T05:00:00Z",
        "lastPredictionTimestamp": "2013-07-31T23:59:00Z",
        "unreadable": {},
        "ignoredColumns": [],
        "missingColumns": [],
        "message": None,
        **changes,
    }


def drift_item(name: str, score: float | None, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "driftScore": score,
        "featureImpact": 0.8,
        "sampleSize": 27004,
        "baselineSampleSize": 51955,
        "low": None if score is None else max(score - 0.02, 0.0),
        "high": None if score is None else score + 0.02,
        "missingRate": 0.0012,
        "baselineMissingRate": 0.0,
        **changes,
    }


def target_drift(**changes: Any) -> dict[str, Any]:
    return {
        "period": {"start": "2013-07-01T05:00:00Z", "end": "2013-07-31T23:59:00Z"},
        "metric": "psi",
        "modelId": MODEL,
        "targetName": "late",
        "driftScore": 0.031,
        "low": 0.025,
        "high": 0.037,
        "sampleSize": 27004,
        "baselineSampleSize": 10391,
        "segmentValue": None,
        **changes,
    }


def accuracy_item(name: str, value: float | None, **changes: Any) -> dict[str, Any]:
    return {
        "modelId": MODEL,
        "metricName": name,
        "value": value,
        "sampleSize": 26398,
        "baselineValue": 0.7512,
        "baselineSampleSize": 10391,
        "percentChange": -2.41,
        "direction": "higher",
        "low": None if value is None else value - 0.0044,
        "high": None if value is None else value + 0.0044,
        "bound": None,
        "degraded": False,
        "reason": None,
        **changes,
    }


def outcome(**changes: Any) -> dict[str, Any]:
    return {
        "batch": {"id": BATCH, "name": "2013-07"},
        "modelId": MODEL,
        "rowCountTotal": 27004,
        "rowCountWithActual": 26398,
        "predictedClassDistribution": [{"className": "1", "count": 9000, "percent": 33.3}],
        "actualClassDistribution": [{"className": "1", "count": 9100, "percent": 33.7}],
        **changes,
    }


def service_stats(**changes: Any) -> dict[str, Any]:
    metrics = {
        "totalPredictions": 27004,
        "totalRequests": 12,
        "slowRequests": 1,
        "executionTime": 812.4,
        "responseTime": None,
        "userErrorRate": 0.0,
        "serverErrorRate": 1 / 12,
        "numConsumers": 1,
        "cacheHitRatio": 0,
    }
    return {"batches": [{"id": BATCH, "name": "2013-07"}], "metrics": {**metrics, **changes}}


def custom_metric(**changes: Any) -> dict[str, Any]:
    return {
        "id": METRIC,
        "name": "Net margin",
        "units": "EUR",
        "type": "average",
        "directionality": "higherIsBetter",
        "timeStep": "hour",
        "isModelSpecific": False,
        "baselineValues": [{"value": 12.5}],
        "value": {"columnName": "margin"},
        "createdAt": "2013-08-01T03:00:00Z",
        "createdBy": {"id": "65e000000000000000000001", "name": "admin"},
        **changes,
    }
