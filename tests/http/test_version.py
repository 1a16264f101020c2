"""The version."""

from tests.serving import User


def test_the_version_is_one_that_clients_accept_batches_from(owner: User) -> None:
    found = owner.read("version/")
    assert isinstance(found["major"], int)
    assert isinstance(found["minor"], int)
    assert found["versionString"].startswith(f"{found['major']}.{found['minor']}")
    # Below 2.31 a client drops batch ids silently; a greater major number stops another one.
    assert found["major"] == 2
    assert found["minor"] >= 33
