"""What the machinery around a server asks: is it alive, is it ready, what has it done."""

import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient
from tests.material import Ready, Serve, binary_block, binary_rows, file_of, new_batch, send_actuals, send_rows, upload
from tests.serving import Served, User

from assay.http.app import create_app
from assay.records.limits import Limits


def samples(user: User) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample of the meters by its name and labels, read by Prometheus' own parser."""
    answer = user.get("http://testserver/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def counted(user: User, name: str, **labels: str) -> float:
    return samples(user).get((name, tuple(sorted(labels.items()))), 0.0)


def probe(server: Served, path: str, **options: Any) -> Any:
    with TestClient(create_app(server.context, **options)) as client:
        return client.get(path)


def test_a_process_that_lives_says_so_without_a_token(served: Served) -> None:
    answer = served.nobody.get("http://testserver/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_a_process_lives_even_where_it_cannot_work(served: Served) -> None:
    shutil.rmtree(served.store.folder)
    assert served.nobody.get("http://testserver/healthz").status_code == 200


def test_a_server_that_can_work_is_ready_and_leaves_no_trace(served: Served) -> None:
    before = served.contents()
    answer = served.nobody.get("http://testserver/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "reasons": []})
    assert served.contents() == before


def test_a_server_is_not_ready_over_a_database_of_another_schema(served: Served) -> None:
    with served.store.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    answer = served.nobody.get("http://testserver/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unready"
    assert "schema 9999" in answer.json()["reasons"][0]


def test_a_server_is_not_ready_where_no_blob_can_be_written(served: Served) -> None:
    shutil.rmtree(served.store.blobs.root)
    answer = served.nobody.get("http://testserver/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["No file can be written in the blob folder: No such file or directory."]


def test_a_server_is_not_ready_over_a_file_that_is_no_database(served: Served) -> None:
    served.store.close()
    (served.store.folder / "assay.db").write_bytes(b"not a database" * 1000)
    reasons = probe(served, "/readyz").json()["reasons"]
    assert [r for r in reasons if r.startswith("The database cannot be read: DatabaseError.")] == reasons != []


def test_a_process_says_what_is_wrong_with_itself(served: Served) -> None:
    answer = probe(served, "/readyz", own_faults=lambda: ["The server is shutting down."])
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["The server is shutting down."])


def test_many_who_ask_at_once_cost_one_look(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    look = type(served.store).trouble
    monkeypatch.setattr(type(served.store), "trouble", lambda store: looks.append(1) or look(store))
    for _ in range(20):
        served.nobody.get("http://testserver/readyz")
    assert len(looks) < 20


def test_no_reason_names_a_place_of_the_machine(served: Served, tmp_path: Path) -> None:
    shutil.rmtree(served.store.blobs.root)
    assert str(tmp_path) not in served.nobody.get("http://testserver/readyz").text


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_a_probe_can_only_be_read(owner: User, path: str) -> None:
    answer = owner.request("POST", f"http://testserver{path}")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


# ---------------------------------------------------------------- meters


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "//metrics"])
def test_the_meters_need_a_token(served: Served, path: str) -> None:
    answer = served.client.request("GET", "http://testserver" + path, follow_redirects=False)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_any_user_may_read_the_meters(served: Served) -> None:
    for name in ("owner", "stranger", "admin"):
        assert served.user(name).get("http://testserver/metrics").status_code == 200


def test_requests_are_counted_by_operation_and_status(served: Served, binary: Ready) -> None:
    for _ in range(3):
        served.owner.read(binary.path())
    served.stranger.get(binary.path())
    served.nobody.get(binary.path())
    served.owner.post("deployments/fromModelPackage/", content=b"{")
    served.owner.get("nothing/here/")
    found = samples(served.owner)
    requests = {
        (labels["operation"], labels["status"]): value
        for (name, pairs), value in found.items()
        if name == "assay_requests_total"
        for labels in [dict(pairs)]
    }
    expected = {
        ("getDeployment", "2xx"): 3,
        ("getDeployment", "4xx"): 1,
        ("createDeployment", "4xx"): 1,
        # Before a login nobody is told which operations there are.
        ("none", "4xx"): 2,
    }
    assert requests == expected
    seconds = {dict(p)["operation"]: v for (n, p), v in found.items() if n == "assay_request_seconds_count"}
    by_operation: Counter[str] = Counter()
    for (operation, _), value in expected.items():
        by_operation[operation] += value
    assert seconds == by_operation


def test_rows_are_counted_once_they_are_stored(served: Served, owner: User, binary: Ready) -> None:
    batch = new_batch(owner, binary)
    rows = binary_rows(7, 50)
    send_rows(owner, binary, binary_block(binary, rows[:20], batch))
    refused = owner.post(binary.path("predictionInputs", "fromJSON"), {"data": [{"modelId": binary.model_id}]})
    assert refused.status_code == 422
    content = file_of(rows[20:])
    for _ in range(2):
        assert upload(owner, binary, batch, "file", content).status_code == 202
    send_actuals(owner, binary, dict.fromkeys(rows["id"][:7], "yes"))
    assert counted(owner, "assay_rows_taken_in_total", kind="predictions") == 50
    assert counted(owner, "assay_rows_taken_in_total", kind="actuals") == 7


def test_the_rows_of_a_large_file_are_counted_by_its_job(serve: Serve, binary: Ready) -> None:
    with serve(limits=Limits(inline_upload_bytes=10)) as server:
        batch = new_batch(server.owner, binary)
        answer = upload(server.owner, binary, batch, "file", file_of(binary_rows(7, 30)))
        assert counted(server.owner, "assay_rows_taken_in_total", kind="predictions") == 0
        assert counted(server.owner, "assay_jobs_due") == 1
        server.owner.finished(answer)
        found = samples(server.owner)
    assert found[("assay_rows_taken_in_total", (("kind", "predictions"),))] == 30
    assert found[("assay_job_attempts_total", (("kind", "count_upload"), ("outcome", "done")))] == 1
    assert found[("assay_job_seconds_count", (("kind", "count_upload"),))] == 1
    assert found[("assay_jobs_due", ())] == 0


def test_the_queue_and_the_database_are_told_as_they_stand(served: Served, binary: Ready) -> None:
    served.owner.post(binary.path("actuals", "fromJSON"), {"data": [{"associationId": "x", "actualValue": "yes"}]})
    found = samples(served.owner)
    assert found[("assay_jobs", (("state", "queued"),))] == 1
    assert found[("assay_jobs_due", ())] == 1
    assert 0 <= found[("assay_oldest_due_job_seconds", ())] < 60
    with served.store.engine.connect() as connection:
        pages, size = (connection.exec_driver_sql(f"PRAGMA {p}").scalar_one() for p in ("page_count", "page_size"))
    assert found[("assay_database_bytes", ())] == pages * size


def test_no_label_holds_an_id(served: Served, binary: Ready) -> None:
    new_batch(served.owner, binary, batchName="a secret name")
    served.owner.get(f"deployments/{'0' * 24}/secret-path/")
    text = served.owner.get("http://testserver/metrics").text
    assert re.findall(r"[0-9a-f]{24}", text) == []
    assert "secret" not in text


def test_two_servers_in_one_process_count_apart(serve: Serve) -> None:
    with serve() as one, serve() as other:
        one.owner.get("version/")
        assert counted(one.owner, "assay_requests_total", operation="getVersion", status="2xx") == 1
        assert counted(other.owner, "assay_requests_total", operation="getVersion", status="2xx") == 0
