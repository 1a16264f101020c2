import secrets
import tracemalloc
from dataclasses import replace

import boto3
import moto
import pytest
from tests.faults import go_between
from tests.storage.blob_conformance import BlobConformance

from assay.errors import BlobsUnavailable
from assay.storage import s3_blobs
from assay.storage.s3_blobs import PART, Bucket, S3Blobs

CONTENT = secrets.token_bytes(1 << 16) * (5 * PART // 2 // (1 << 16))


@pytest.fixture
def bucket(s3):
    """A part of a real store's bucket."""
    return s3.bucket(f"blobs-{secrets.token_hex(6)}")


@pytest.fixture
def blobs(bucket):
    return S3Blobs(bucket)


class TestS3Blobs(BlobConformance):
    pass


def test_a_blob_of_several_parts_comes_back_as_it_was(blobs):
    pieces = [CONTENT[i : i + 999_983] for i in range(0, len(CONTENT), 999_983)]
    assert blobs.put("large", pieces) == len(CONTENT)
    assert blobs.read("large") == CONTENT
    with blobs.local_copy("large") as path:
        assert path.stat().st_size == len(CONTENT)
    assert not path.exists()


@pytest.mark.parametrize("size", [PART - 1, PART, PART + 1, 2 * PART])
def test_a_blob_may_end_anywhere_in_a_part(blobs, size):
    assert blobs.put("edge", [CONTENT[:size]]) == size
    assert blobs.read("edge") == CONTENT[:size]


def test_memory_does_not_grow_with_the_blob(blobs):
    piece = bytes(1 << 20)
    tracemalloc.start()
    try:
        blobs.put("large", (piece for _ in range(160)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * PART < 160 << 20


def test_two_prefixes_of_a_bucket_do_not_see_each_other(s3, bucket, blobs):
    other = S3Blobs(replace(bucket, prefix=f"{bucket.prefix}2"))
    blobs.put("a", [b"1"])
    other.put("a", [b"2"])
    assert (blobs.list(""), other.list("")) == (["a"], ["a"])
    other.delete("a")
    assert (blobs.read("a"), other.list("")) == (b"1", [])


# ---------------------------------------------------------------- a store that fails


@pytest.fixture
def quick(monkeypatch):
    """Fewer tries than a server makes."""
    monkeypatch.setattr(s3_blobs, "ATTEMPTS", 2)


@pytest.fixture
def between(quick, s3, bucket):
    """A go-between, and the store as it is seen through it."""
    with go_between("127.0.0.1", s3.port) as found:
        yield found, S3Blobs(replace(bucket, endpoint=f"http://127.0.0.1:{found.port}"))


@pytest.fixture
def impatient(between, monkeypatch):
    """The same store, which waits for an answer only as long as a test can; too short for a busy machine's answers."""
    _, through = between
    monkeypatch.setattr(s3_blobs, "READ_SECONDS", 0.3)
    return S3Blobs(through.bucket)


@pytest.mark.parametrize("mode", ["hang", "error"])
@pytest.mark.parametrize("verb", ["put", "put in parts", "read", "list", "delete", "copy"])
def test_a_store_that_hangs_or_fails_is_told_so_and_keeps_what_it_had(between, impatient, blobs, mode, verb):
    proxy, patient = between
    through = impatient if mode == "hang" else patient
    blobs.put("there", [b"old"])
    proxy.mode = mode
    acts = {
        "put": lambda: through.put("new", [b"x"]),
        "put in parts": lambda: through.put("new", [CONTENT[: PART + 1]]),
        "read": lambda: through.read("there"),
        "list": lambda: through.list(""),
        "delete": lambda: through.delete("there"),
        "copy": lambda: through.local_copy("there").__enter__(),
    }
    with pytest.raises(BlobsUnavailable, match="The blob store cannot do this now: "):
        acts[verb]()
    proxy.mode = "pass"
    assert {key: blobs.read(key) for key in blobs.list("")} == {"there": b"old"}
    assert patient.read("there") == b"old"


def test_a_store_that_fails_in_the_middle_of_a_blob_leaves_none(between, blobs):
    proxy, through = between

    def chunks():
        yield CONTENT[: PART + 1]
        proxy.mode = "error"
        yield CONTENT[:PART]

    with pytest.raises(BlobsUnavailable):
        through.put("new", chunks())
    assert blobs.list("") == []


def test_reading_goes_on_where_a_connection_broke(between, blobs):
    proxy, through = between
    blobs.put("large", [CONTENT])
    proxy.mode, proxy.cut_after, proxy.cuts_left = "cut", 3 * len(CONTENT) // 5, 1
    assert through.read("large") == CONTENT
    assert proxy.cuts_left == 0


def test_reading_ends_when_the_connection_breaks_each_time(between, blobs):
    proxy, through = between
    blobs.put("large", [CONTENT])
    proxy.mode, proxy.cut_after, proxy.cuts_left = "cut", 100_000, 1_000
    with pytest.raises(BlobsUnavailable):
        through.read("large")


def test_a_store_that_is_not_there_is_told_so(quick):
    nowhere = S3Blobs(Bucket("rows", endpoint="http://127.0.0.1:9", access_key_id="k", secret_access_key="s"))
    with pytest.raises(BlobsUnavailable, match="it cannot be reached, or does not answer"):
        nowhere.read("a")


def test_wrong_keys_are_told_so_and_not_shown(bucket):
    wrong = S3Blobs(replace(bucket, secret_access_key="not-the-secret"))
    with pytest.raises(BlobsUnavailable, match="it answered SignatureDoesNotMatch") as raised:
        wrong.list("")
    assert "not-the-secret" not in f"{raised.value} {wrong.bucket}"


# ---------------------------------------------------------------- what can only be seen in a store of one's own


@pytest.fixture
def client(monkeypatch):
    """A store inside this process."""
    with moto.mock_aws():
        made = boto3.client("s3", region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s")
        made.create_bucket(Bucket="rows")
        yield made


@pytest.fixture
def inside(client):
    return S3Blobs(Bucket("rows", "/prefix/", access_key_id="k", secret_access_key="s"))


def test_blobs_lie_below_the_prefix_under_their_own_names(client, inside):
    inside.put("rows/1", [b"x"])
    assert [o["Key"] for o in client.list_objects_v2(Bucket="rows")["Contents"]] == ["prefix/rows/1"]


def test_parts_of_a_blob_that_is_given_up_are_removed(client, inside):
    def chunks():
        yield CONTENT[: 2 * PART]
        assert len(client.list_multipart_uploads(Bucket="rows")["Uploads"]) == 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        inside.put("large", chunks())
    assert "Uploads" not in client.list_multipart_uploads(Bucket="rows")


def test_more_blobs_than_a_call_takes_are_listed_and_deleted(client, inside):
    for number in range(1_050):
        client.put_object(Bucket="rows", Key=f"prefix/many/{number:05d}", Body=b"")
    client.put_object(Bucket="rows", Key="prefix/other", Body=b"")
    assert len(inside.list("many")) == 1_050
    inside.delete("many")
    assert inside.list("") == ["other"]


def test_a_bucket_that_is_not_there_is_told_so(inside):
    missing = S3Blobs(replace(inside.bucket, name="none"))
    with pytest.raises(BlobsUnavailable, match="it answered NoSuchBucket"):
        missing.put("a", [b"x"])
