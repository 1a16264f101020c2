"""Where the rows of monitoring jobs come from: data sets, S3-compatible stores, web addresses."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.http.jobs import batches_of, new_job, read_job, result_of, run_job
from tests.material import Ready, Serve, binary_rows, dataset, file_of
from tests.s3 import KEY, SECRET, Store, store
from tests.serving import Served
from tests.storage.remote.site import Site, site

from assay.records.limits import Limits
from assay.storage.remote.files import RemoteFiles
from assay.storage.remote.hosts import AllowedHosts
from assay.storage.remote.signing import StoreKeys


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with store(tmp_path_factory.mktemp("s3")) as found:
        yield found


@pytest.fixture
def files() -> Iterator[Site]:
    with site() as one:
        yield one


def allowing(*hosts: str, **more: Any) -> RemoteFiles:
    return RemoteFiles(AllowedHosts.of(",".join(hosts)), **more)


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow"])
def test_rows_of_a_stored_data_set(served: Served, binary: Ready, form: str) -> None:
    rows = binary_rows(31, 90)
    dataset_id = dataset(served.owner, f"rows.{form}", file_of(rows, form))
    job = run_job(served, binary, intakeSettings={"type": "dataset", "datasetId": dataset_id})
    assert (job["status"], job["scoredRows"]) == ("COMPLETED", 90)
    found = result_of(served.owner, job)
    assert found["score"].cast(float).to_list() == rows["score"].to_list()
    assert found["region"].to_list() == rows["region"].to_list()
    assert set(found["monitoring_status"]) == {"OK"}


def test_somebody_elses_data_set_is_not_there(served: Served, binary: Ready) -> None:
    theirs = dataset(served.stranger, "rows.csv", b"score\n0.5\n")
    settings = {"type": "dataset", "datasetId": theirs}
    answer = served.owner.post("batchMonitoring/", {"deploymentId": binary.id, "intakeSettings": settings})
    assert (answer.status_code, "Data set not found" in answer.json()["message"]) == (404, True)


def test_a_data_set_that_is_still_read_or_was_deleted_is_refused(served: Served, binary: Ready) -> None:
    owner = served.owner
    made = owner.post("datasets/fromFile/", files={"file": ("rows.csv", b"score\n0.5\n")}).json()["catalogId"]
    body = {"deploymentId": binary.id, "intakeSettings": {"type": "dataset", "datasetId": made}}
    assert owner.post("batchMonitoring/", body).status_code == 409
    served.work()
    job = owner.post("batchMonitoring/", body).json()
    owner.delete(f"datasets/{made}/")
    assert owner.post("batchMonitoring/", body).status_code == 410
    served.work()
    after = read_job(owner, job)
    assert (after["status"], "was deleted" in after["statusDetails"]) == ("FAILED", True)


@pytest.mark.parametrize("key", ["nightly/rows.csv", "nightly/rows of März.parquet"])
@pytest.mark.parametrize("named", [True, False])
def test_rows_of_an_s3_compatible_store(serve: Serve, binary: Ready, s3: Store, key: str, named: bool) -> None:
    url = s3.put(key, binary_rows(32, 80))
    remote = allowing(s3.host, keys=StoreKeys(KEY, SECRET), endpoint=None if named else s3.endpoint)
    intake = {"type": "s3", "url": url, **({"endpointUrl": s3.endpoint} if named else {})}
    with serve(remote=remote) as server:
        job = run_job(server, binary, intakeSettings=intake)
        assert (job["status"], job["scoredRows"]) == ("COMPLETED", 80), job["statusDetails"]
        assert job["jobSpec"]["intakeSettings"] == intake
        stored = repr(server.contents())
        assert SECRET not in stored
        assert KEY not in stored


def test_a_store_that_refuses_ends_the_job_with_the_reason(serve: Serve, binary: Ready, s3: Store) -> None:
    url = s3.put("rows.csv", binary_rows(32, 10))
    for keys in (None, StoreKeys(KEY, "another secret")):
        with serve(remote=allowing(s3.host, keys=keys, endpoint=s3.endpoint)) as server:
            job = run_job(server, binary, intakeSettings={"type": "s3", "url": url})
            assert (job["status"], "status 403" in job["statusDetails"]) == ("FAILED", True)
    with serve(remote=allowing(s3.host, keys=StoreKeys(KEY, SECRET), endpoint=s3.endpoint)) as server:
        job = run_job(server, binary, intakeSettings={"type": "s3", "url": url + "x"})
        assert (job["status"], "status 404" in job["statusDetails"]) == ("FAILED", True)


@pytest.mark.parametrize("kind", ["http", "url"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_rows_of_a_web_address(serve: Serve, binary: Ready, files: Site, kind: str, form: str) -> None:
    files.on("/rows", file_of(binary_rows(33, 70), form))
    with serve(remote=allowing(files.host)) as server:
        intake = {"type": kind, "url": files.url("/rows?X-Amz-Signature=private")}
        job = run_job(server, binary, intakeSettings=intake)
        assert (job["status"], job["scoredRows"]) == ("COMPLETED", 70), job["statusDetails"]
        # A signature in the address is not shown.
        assert job["jobSpec"]["intakeSettings"] == {"type": kind, "url": files.url("/rows?...")}
        assert files.asked[-1][0].endswith("=private")
        wrong = run_job(server, binary, intakeSettings={**intake, "format": "parquet" if form == "csv" else "csv"})
        assert wrong["status"] == "FAILED"


@pytest.mark.parametrize(
    ("intake", "says"),
    [
        ({"type": "http", "url": "http://127.0.0.1:1/rows.csv"}, "127.0.0.1:1"),
        ({"type": "http", "url": "http://169.254.169.254/latest/meta-data/"}, "169.254.169.254:80"),
        ({"type": "s3", "url": "s3://a/b.csv", "endpointUrl": "http://localhost:9000"}, "localhost:9000"),
    ],
)
def test_nothing_is_read_from_a_host_that_is_not_listed(
    served: Served, binary: Ready, intake: dict[str, str], says: str
) -> None:
    answer = served.owner.post("batchMonitoring/", {"deploymentId": binary.id, "intakeSettings": intake})
    assert answer.status_code == 422
    assert f"may not read from {says}" in answer.json()["message"]
    assert "ASSAY_INTAKE_HOSTS" in answer.json()["message"]


def test_a_name_that_leads_to_a_private_address_is_refused_when_it_is_read(
    serve: Serve, binary: Ready, files: Site
) -> None:
    files.on("/rows.csv", b"score\n0.5\n")
    url = f"http://localhost:{files.port}/rows.csv"
    with serve(remote=allowing(f"localhost:{files.port}")) as server:
        job = run_job(server, binary, intakeSettings={"type": "http", "url": url})
        assert job["status"] == "FAILED"
        assert "localhost, which leads to" in job["statusDetails"]
        assert files.asked == []
        assert batches_of(server.owner, binary) == []


def test_a_file_elsewhere_has_the_bound_of_an_upload(serve: Serve, binary: Ready, files: Site) -> None:
    files.on("/rows.csv", b"score\n" + b"0.5\n" * 1_000)
    with serve(remote=allowing(files.host), limits=Limits(max_upload_bytes=1_000)) as server:
        job = run_job(server, binary, intakeSettings={"type": "http", "url": files.url("/rows.csv")})
        assert (job["status"], "expected at most 1000" in job["statusDetails"]) == ("FAILED", True)


def test_what_may_pass_is_tried_again_and_then_the_job_fails_with_the_reason(
    serve: Serve, binary: Ready, files: Site
) -> None:
    with serve(remote=allowing(files.host)) as server:
        job = new_job(server.owner, binary, intakeSettings={"type": "http", "url": files.url("/rows.csv")})
        files.on("/rows.csv", status=503)
        server.work()
        waiting = read_job(server.owner, job)
        assert (waiting["status"], waiting["queued"]) == ("RUNNING", True)
        files.on("/rows.csv", b"score\n0.5\n")
        _later(server).work()
        assert read_job(server.owner, job)["status"] == "COMPLETED"
        gone = new_job(server.owner, binary, intakeSettings={"type": "http", "url": files.url("/rows.csv")})
        files.on("/rows.csv", status=503)
        late = server
        for _ in range(6):
            late = _later(late)
            late.work()
        ended = read_job(server.owner, gone)
        assert (ended["status"], "answered with status 503" in ended["statusDetails"]) == ("FAILED", True)


def _later(server: Served) -> Served:
    """The same server, an hour later."""
    clock = server.context.clock
    return replace(server, context=replace(server.context, clock=lambda: clock() + timedelta(hours=1)))
