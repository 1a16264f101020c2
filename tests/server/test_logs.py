"""What a server writes of its work: one form for all, and nothing that is nobody's business."""

import io
import json
import logging
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import structlog
from tests.operations.processes import server

from assay.server import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("form", "stream", "is_json"),
    [
        ("auto", io.StringIO, True),
        ("auto", Terminal, False),
        ("json", Terminal, True),
        ("text", io.StringIO, False),
    ],
)
def test_lines_are_json_unless_people_read_them(form: logs.LogFormat, stream: type[io.StringIO], is_json: bool) -> None:
    target = stream()
    announce = logs.configure(form, stream=target)
    structlog.get_logger("a").info("happened", count=3)
    logging.getLogger("some.library").warning("said %s", "so")
    announce("Listening.")
    lines = target.getvalue().splitlines()
    assert len(lines) == 3
    if is_json:
        found = [json.loads(line) for line in lines]
        assert [one["event"] for one in found] == ["happened", "said so", "Listening."]
        assert [one["level"] for one in found] == ["info", "warning", "info"]
        assert found[0]["count"] == 3
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", one["time"]) for one in found)
    else:
        assert not any(line.startswith("{") for line in lines)


def test_what_is_below_the_level_is_left_out() -> None:
    target = io.StringIO()
    logs.configure("json", "warning", target)
    structlog.get_logger().info("small")
    logging.getLogger("x").info("small")
    structlog.get_logger().warning("large")
    assert [json.loads(line)["event"] for line in target.getvalue().splitlines()] == ["large"]


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_fault_is_told_without_the_values_it_was_about(form: logs.LogFormat) -> None:
    target = io.StringIO()
    logs.configure(form, stream=target)

    def work() -> None:
        token = "assay_" + "s3cr3t"
        raise ZeroDivisionError(f"{len(token)} characters")

    try:
        work()
    except ZeroDivisionError:
        structlog.get_logger().exception("fault")
    text = target.getvalue()
    assert "ZeroDivisionError: 12 characters" in text
    assert "s3cr3t" not in text.replace('"s3cr3t"', "")


def test_every_line_of_a_server_is_json_and_tells_its_request(tmp_path: Path) -> None:
    with server(tmp_path / "data", ASSAY_LOG_LEVEL="info") as running:
        token = {"Authorization": f"Bearer {running.token}"}
        api = f"{running.url}/api/v2"
        mine = httpx2.get(f"{api}/version/?key=s3cr3t", headers={**token, "X-Request-ID": "nightly-17:a.b"})
        odd = httpx2.get(f"{api}/version/", headers={**token, "X-Request-ID": "no good\tid"})
        refused = httpx2.get(f"{api}/version/", headers={"Authorization": "Bearer assay_s3cr3t"})
        missing = httpx2.get(f"{api}/nothing/a%0Ab%1b[31m/", headers=token)
        body = httpx2.post(f"{api}/deployments/fromModelPackage/", headers=token, json={"label": "s3cr3t"})
        probe = httpx2.get(f"{running.url}/healthz")
        running.told()
        assert running.ended() == 0
        lines = [line for line in running.lines if not line.startswith("The first admin token is in")]
        found = [json.loads(line) for line in lines]
    assert mine.headers["X-Request-ID"] == "nightly-17:a.b"
    for answer in (odd, refused, missing, body, probe):
        assert re.fullmatch(r"[0-9a-f]{24}", answer.headers["X-Request-ID"])
    requests = {one["request_id"]: one for one in found if one["event"] == "request"}
    assert set(requests) == {a.headers["X-Request-ID"] for a in (mine, odd, refused, missing, body)}
    first = requests["nightly-17:a.b"]
    assert {name: first[name] for name in ("operation", "method", "path", "status", "level")} == {
        "operation": "getVersion",
        "method": "GET",
        "path": "/api/v2/version/",
        "status": 200,
        "level": "info",
    }
    assert first["ms"] > 0
    assert re.fullmatch(r"[0-9a-f]{24}", first["user"])
    unknown = requests[refused.headers["X-Request-ID"]]
    assert (unknown["status"], unknown["user"], unknown["operation"]) == (401, None, "none")
    assert requests[missing.headers["X-Request-ID"]]["path"] == "/api/v2/nothing/a%0Ab%1b[31m/"
    assert "s3cr3t" not in "\n".join(running.lines)
    assert running.token not in "\n".join(running.lines)


def test_a_fault_of_the_server_is_found_by_its_reference(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with server(folder) as running:
        connection = sqlite3.connect(folder / "assay.db", isolation_level=None)
        connection.execute("ALTER TABLE datasets RENAME TO gone")
        headers = {"Authorization": f"Bearer {running.token}", "X-Request-ID": "r-1"}
        answer = httpx2.get(f"{running.url}/api/v2/datasets/", headers=headers)
        connection.execute("ALTER TABLE gone RENAME TO datasets")
        connection.close()
        running.told()
        running.ended()
    assert answer.status_code == 500
    assert "reference r-1" in answer.json()["message"]
    assert answer.headers["X-Request-ID"] == "r-1"
    (fault,) = [one for one in running.log if one["event"] == "request.fault"]
    assert (fault["request_id"], fault["level"]) == ("r-1", "error")
    assert "no such table: datasets" in fault["exception"]
    (request,) = [one for one in running.log if one.get("request_id") == "r-1" and one["event"] == "request"]
    assert request["status"] == 500


def test_a_job_is_told_with_its_id(tmp_path: Path) -> None:
    with server(tmp_path / "data") as running:
        token = {"Authorization": f"Bearer {running.token}"}
        file = {"file": ("t.csv", b"a,b\n1,2\n")}
        answer = httpx2.post(f"{running.url}/api/v2/datasets/fromFile/", headers=token, files=file)
        job = answer.headers["Location"].rstrip("/").rpartition("/")[2]
        while httpx2.get(answer.headers["Location"], headers=token).status_code != 303:
            pass
        running.told()
        running.ended()
    (line,) = [one for one in running.log if one["event"] == "job.ended" and one["job"] == job]
    assert (line["kind"], line["outcome"], line["attempt"], line["level"]) == ("read_dataset", "done", 1, "info")
    assert "request_id" not in line
