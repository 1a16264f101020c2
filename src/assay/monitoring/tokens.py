"""Bearer tokens: made once, shown once, kept only as a keyed hash."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from assay.errors import Unauthenticated
from assay.monitoring import audit
from assay.monitoring.context import Context
from assay.records.audit import AuditEvent
from assay.records.ids import is_id, new_id
from assay.records.users import Token, User

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

PREFIX = "assay_"
# How stale "last used" may be; noting every call would make each read a write.
LAST_USED_PRECISION = timedelta(minutes=1)


def create(ctx: Context, name: str, *, is_admin: bool, expires_at: datetime | None = None) -> str:
    """Make a token for a user, who is added if there is none of this name; returns its only plain copy."""
    with ctx.store.transaction() as tx:
        tx.users.be_alone()
        return _add(ctx, tx, name, is_admin=is_admin, expires_at=expires_at)


def create_first(ctx: Context, name: str) -> str | None:
    """The same for an administrator, unless there is any token already: of processes that start at once, one does."""
    with ctx.store.transaction() as tx:
        tx.users.be_alone()
        return None if tx.tokens.list() else _add(ctx, tx, name, is_admin=True, expires_at=None)


def _add(ctx: Context, tx: "Transaction", name: str, *, is_admin: bool, expires_at: datetime | None) -> str:
    now = ctx.clock()
    token_id, secret = new_id(now), secrets.token_urlsafe(32)
    user = tx.users.find(name)
    if user is None:
        user = User(new_id(now), name, is_admin, now)
        tx.users.create(user)
    tx.tokens.create(Token(token_id, user.id, _digest(ctx.secret, secret), now, expires_at, None))
    audit.note(tx, AuditEvent.TOKEN_CREATED, None, now, token_id, {**_whose(user), "expiresAt": expires_at})
    return f"{PREFIX}{token_id}_{secret}"


def revoke(ctx: Context, token_id: str) -> bool:
    """Have calls with a token refused from now on; False if there is none of this id."""
    with ctx.store.transaction() as tx:
        token = tx.tokens.find(token_id)
        if token is None:
            return False
        tx.tokens.delete(token_id)
        user = tx.users.get(token.user_id)
        audit.note(tx, AuditEvent.TOKEN_REVOKED, None, ctx.clock(), token_id, _whose(user))
    return True


def _whose(user: User) -> dict[str, object]:
    return {"userId": user.id, "userName": user.name, "isAdmin": user.is_admin}


def authenticate(ctx: Context, authorization: str | None) -> User:
    """The user of an authorization header: ``Bearer x``, ``Bearer  x`` or ``Token x``.

    Raises
    ------
    Unauthenticated
        When there is no header, or no valid token in it.
    """
    if authorization is None:
        raise Unauthenticated("found none")
    scheme, _, text = authorization.strip().partition(" ")
    if scheme.lower() not in {"bearer", "token"}:
        raise Unauthenticated(f"found the scheme {scheme[:16]!r}")
    token_id, _, secret = text.strip().removeprefix(PREFIX).partition("_")
    now = ctx.clock()
    with ctx.store.snapshot() as tx:
        token = tx.tokens.find(token_id) if is_id(token_id) else None
        user = None if token is None else tx.users.get(token.user_id)
    # An unknown id costs the same comparison as a known one.
    expected = "" if token is None else token.digest
    matches = hmac.compare_digest(_digest(ctx.secret, secret).encode(), expected.encode())
    if token is None or user is None or not matches:
        raise Unauthenticated("found a token that this server does not know")
    if token.expires_at is not None and token.expires_at <= now:
        raise Unauthenticated(f"found a token that expired at {token.expires_at.isoformat()}")
    _note_use(ctx, token, now)
    return user


def _note_use(ctx: Context, token: Token, now: datetime) -> None:
    if token.last_used_at is None or now - token.last_used_at > LAST_USED_PRECISION:
        with ctx.store.transaction() as tx:
            tx.tokens.touch(token.id, now)


def _digest(key: bytes, secret: str) -> str:
    return hashlib.blake2b(secret.encode(), key=key, digest_size=32).hexdigest()
