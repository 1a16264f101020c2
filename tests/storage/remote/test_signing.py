"""Signatures against the worked example of the definition."""

from datetime import UTC, datetime

from assay.storage.remote.signing import StoreKeys, signed


def test_the_worked_example_of_the_definition_comes_out() -> None:
    # Amazon S3 API Reference, "Signature Calculations for the Authorization Header", example "GET Object".
    keys = StoreKeys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
    moment = datetime(2013, 5, 24, tzinfo=UTC)
    headers = signed(keys, "examplebucket.s3.amazonaws.com", "/test.txt", moment, {"range": "bytes=0-9"})
    assert headers["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )
    assert headers["x-amz-date"] == "20130524T000000Z"


def test_a_secret_is_not_shown() -> None:
    assert "secret" not in repr(StoreKeys("id", "secret"))
