"""Who uses the server."""

from dataclasses import dataclass
from datetime import UTC, datetime

# Asks for what the server does by itself; nobody can log in as it.
SYSTEM = "0" * 24


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with tokens. An admin sees every object; others see their own."""

    id: str
    name: str
    is_admin: bool
    created_at: datetime


THE_SERVER = User(SYSTEM, "server", is_admin=False, created_at=datetime(1970, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token as the server keeps it: never the secret, only its keyed hash."""

    id: str
    user_id: str
    digest: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
