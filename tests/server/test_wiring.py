"""What a server is made of, by its settings; and settings of which none can be made."""

import sys
from pathlib import Path
from typing import Any

import pytest

from assay.errors import Misconfigured
from assay.server.places import blobs_place
from assay.server.settings import ServerSettings
from assay.server.wiring import open_database, open_parts
from assay.storage.blobs import LocalBlobs
from assay.storage.directory import DirectoryStorage
from assay.storage.postgres import PostgresStorage
from assay.storage.s3_blobs import S3Blobs

KEY = "5e" * 32
DATABASE = "postgresql://somebody:hidden@127.0.0.1:9/assay"
BUCKET = "s3://bucket/below?endpoint=http://127.0.0.1:9"


def settings(**given: Any) -> ServerSettings:
    return ServerSettings(**{"database_url": DATABASE, "blobs_url": BUCKET, "secret_key": KEY, **given})


def test_without_a_database_elsewhere_it_is_a_folder(tmp_path: Path) -> None:
    parts = open_parts(ServerSettings(data_dir=tmp_path / "data"))
    assert isinstance(parts.store, DirectoryStorage)
    parts.store.check()
    parts.store.close()


def test_the_database_and_the_blobs_are_those_of_the_settings(tmp_path: Path) -> None:
    store = open_database(settings(blobs_access_key_id="k", blobs_secret_access_key="hidden"))
    assert isinstance(store, PostgresStorage)
    assert isinstance(store.blobs, S3Blobs)
    bucket = store.blobs.bucket
    assert (bucket.name, bucket.prefix, bucket.endpoint) == ("bucket", "below", "http://127.0.0.1:9")
    assert (bucket.access_key_id, bucket.secret_access_key) == ("k", "hidden")
    local = open_database(settings(blobs_url=f"file://{tmp_path}/blobs"))
    assert isinstance(local.blobs, LocalBlobs)
    assert local.blobs.root == tmp_path / "blobs"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"blobs_url": None}, "ASSAY_BLOBS_URL: found none, but ASSAY_DATABASE_URL is set"),
        ({"blobs_url": "ftp://h/x"}, "ASSAY_BLOBS_URL: found 'ftp://h', expected file:///folder or s3://bucket"),
        ({"blobs_url": "s3:///x"}, "ASSAY_BLOBS_URL: found 's3://', expected"),
        ({"blobs_url": "file://elsewhere/x"}, "ASSAY_BLOBS_URL: found 'file://elsewhere/x', expected"),
        ({"blobs_url": "file:///"}, "ASSAY_BLOBS_URL: found 'file:///', expected"),
        ({"blobs_url": "s3://k:hidden@bucket/x"}, "found keys in the address.*Set ASSAY_BLOBS_ACCESS_KEY_ID"),
        ({"blobs_url": "s3://bucket?secret=hidden"}, "found the options secret, expected"),
        ({"blobs_access_key_id": "k"}, "found one of them, expected both or neither"),
        ({"secret_key": None}, "found neither, expected one of them, the same for every process"),
        ({"secret_key_file": "x"}, "found both, expected one of them"),
        ({"secret_key": "short"}, "The secret key: found 5 characters, expected 64 hexadecimal digits"),
        ({"secret_key": None, "secret_key_file": "nowhere"}, "ASSAY_SECRET_KEY_FILE: No such file or directory"),
        ({"database_url": "mysql://somebody:hidden@h/d"}, "ASSAY_DATABASE_URL: found 'mysql://...', expected postgres"),
        ({"database_url": None}, "ASSAY_BLOBS_URL: found without ASSAY_DATABASE_URL"),
    ],
)
def test_settings_that_make_no_server_are_refused_with_what_to_do(given: dict[str, Any], message: str) -> None:
    with pytest.raises(Misconfigured, match=message) as raised:
        open_parts(settings(**given))
    assert "hidden" not in str(raised.value)


def test_the_secret_key_may_lie_in_a_file(postgres: Any, empty_database: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    with postgres.database(empty_database) as address:
        parts = open_parts(
            settings(
                database_url=address,
                blobs_url=f"file://{tmp_path}/blobs",
                secret_key=None,
                secret_key_file=tmp_path / "key",
            )
        )
        assert parts.context.secret == bytes.fromhex(KEY)
        parts.store.close()


@pytest.mark.parametrize(
    ("module", "words"), [("psycopg", r"pip install 'assay\[postgres\]'"), ("boto3", r"pip install 'assay\[s3\]'")]
)
def test_an_extra_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, module: str, words: str) -> None:
    from assay.storage import s3_blobs

    s3_blobs._session.cache_clear()
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(Misconfigured, match=words):
        open_database(settings())


def test_a_place_is_shown_without_its_secrets() -> None:
    assert settings().place == "PostgreSQL, 127.0.0.1/assay"
    assert "hidden" not in repr(settings(blobs_secret_access_key="hidden", blobs_access_key_id="k"))
    assert "hidden" not in repr(blobs_place(BUCKET, ("k", "hidden")))


@pytest.mark.parametrize(("region", "options"), [("us-east-1", ""), ("eu-central-1", "?region=eu-central-1")])
def test_a_bucket_of_amazon_needs_no_endpoint(region: str, options: str) -> None:
    found = blobs_place(f"s3://bucket{options}")
    assert not isinstance(found, Path)
    assert (found.endpoint, found.region, found.prefix) == (None, region, "")
