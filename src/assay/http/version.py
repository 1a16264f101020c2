"""The version of the API that this server speaks."""

from fastapi import APIRouter

from assay.http.authentication import Caller
from assay.http.bodies import Body
from assay.http.errors import documented

MAJOR, MINOR = 2, 49

router = APIRouter(prefix="/api/v2", tags=["version"], responses=documented())


class Version(Body):
    """Version of the API."""

    major: int
    minor: int
    version_string: str
    released_version: str | None = None


@router.get("/version/", operation_id="getVersion")
def get_version(_: Caller) -> Version:
    """Tell which version of the public API this server speaks."""
    return Version(major=MAJOR, minor=MINOR, version_string=f"{MAJOR}.{MINOR}.0")
