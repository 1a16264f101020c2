"""Calls under a key: what they do and what they were answered commit together, so that each counts once.

A verb knows nothing of it. It is given a store on which all its transactions are one: begun when the verb first
writes, with the key as the first thing in it, and committed once the answer is made, with the answer in it. A process
that is killed at any moment has stored both or neither.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.errors import Invalid, KeyTaken
from assay.monitoring.context import Context
from assay.records.idempotency import AnsweredCall, KeptAnswer, KeyedCall
from assay.storage.base import Blobs

if TYPE_CHECKING:
    from assay.storage.sql.transaction import Transaction

LONGEST_KEY = 255
# Blanks only within.
PATTERN = "^[!-~]([ -~]*[!-~])?$"
# A sweep must not hold the write lock for long.
FORGOTTEN_AT_ONCE = 1_000


def checked(keys: list[str]) -> str:
    """The one key of a call, if it can be one."""
    if len(keys) > 1:
        raise Invalid(f"Idempotency-Key: found {len(keys)} of them, expected one.")
    # Only what HTTP lets stand around a value; Python's own idea of blanks holds control characters too.
    key = keys[0].strip(" \t")
    if len(key) > LONGEST_KEY or not re.fullmatch(PATTERN, key):
        raise Invalid(
            f"Idempotency-Key: found {key[:64]!r} ({len(key)} characters), expected 1 to {LONGEST_KEY} printable "
            "ASCII characters, such as a UUID."
        )
    return key


class Replayed(Exception):
    """The call has had its effect before; ends the verb that was to have it again. No error: the answer is there."""

    def __init__(self, answer: KeptAnswer) -> None:
        super().__init__("the call was answered before")
        self.answer = answer


@dataclass
class _Outer:
    """The one transaction of a call."""

    tx: "Transaction"
    stack: ExitStack

    def roll_back(self, reason: BaseException) -> None:
        self.stack.__exit__(type(reason), reason, reason.__traceback__)


class _TakenBackError(Exception):
    """Ends a transaction of which nothing is to stay."""


class KeyedStore:
    """The store of one call under a key; used by one thread after the other.

    A POST verb must not remove bytes after its transaction, because here that has not committed yet: it queues a job
    that does.

    Parameters
    ----------
    ctx : Context
    call : callable
        Tells the call; asked when the verb first uses the store, which is when the body has been read.
    """

    def __init__(self, ctx: Context, call: Callable[[], KeyedCall]) -> None:
        self._ctx = ctx
        self._tell = call
        self._call: KeyedCall | None = None
        self._outer: _Outer | None = None
        self._has_failed = False

    @property
    def blobs(self) -> Blobs:
        """The store's own."""
        self._look()
        return self._ctx.store.blobs

    def trouble(self) -> str | None:
        """The store's own."""
        return self._ctx.store.trouble()

    @property
    def is_open(self) -> bool:
        """Whether something waits to be committed."""
        return self._outer is not None

    @contextmanager
    def snapshot(self) -> "Iterator[Transaction]":
        """What the call sees: what it has written too, once it has written."""
        if self._outer is not None:
            yield self._outer.tx
            return
        self._look()
        with self._ctx.store.snapshot() as tx:
            yield tx

    @contextmanager
    def transaction(self) -> "Iterator[Transaction]":
        """The call's one transaction; commits with `finish`, and when any part of it fails nothing stays."""
        outer = self._begun()
        try:
            yield outer.tx
        except BaseException as fault:
            self._has_failed = True
            self._end(fault)
            raise

    def finish(self, answer: KeptAnswer) -> None:
        """Commit what the call did, and what it is answered.

        Raises
        ------
        Replayed
            When another call under the key was first; possible only where this one has written nothing yet.
        KeyTaken
            The same, with another call under the key.
        """
        outer = self._begun()
        try:
            outer.tx.idempotency_keys.answer(self._told(), answer)
        except BaseException as fault:
            self._end(fault)
            raise
        self._outer = None
        outer.stack.close()

    def take_back(self) -> None:
        """Undo what the call did: it was refused, or broke off."""
        self._end(_TakenBackError())

    def _end(self, reason: BaseException) -> None:
        outer, self._outer = self._outer, None
        if outer is not None:
            outer.roll_back(reason)

    def _told(self) -> KeyedCall:
        if self._call is None:
            self._call = self._tell()
        return self._call

    def _look(self) -> None:
        """Spare the work of a call that is known; whether it is, in the end, the transaction decides."""
        if self._call is None:
            call = self._told()
            with self._ctx.store.snapshot() as tx:
                _refuse_known(call, tx.idempotency_keys.find(call.user_id, call.key))

    def _begun(self) -> _Outer:
        if self._has_failed:
            raise RuntimeError("a part of this call failed and was undone, so nothing more of it can be stored")
        if self._outer is None:
            call, stack = self._told(), ExitStack()
            outer = _Outer(stack.enter_context(self._ctx.store.transaction()), stack)
            try:
                if not outer.tx.idempotency_keys.claim(call, self._ctx.clock()):
                    _refuse_known(call, outer.tx.idempotency_keys.find(call.user_id, call.key))
            except BaseException as fault:
                self._has_failed = True
                outer.roll_back(fault)
                raise
            self._outer = outer
        return self._outer


def _refuse_known(call: KeyedCall, known: AnsweredCall | None) -> None:
    if known is None:
        return
    if known.call.call != call.call:
        raise KeyTaken(call.key, known.call.call, f"and this is {call.call}")
    if known.call.content_hash != call.content_hash:
        raise KeyTaken(call.key, known.call.call, "with another body")
    raise Replayed(known.answer)


def forget_old(ctx: Context) -> int:
    """Remove keys that are older than they are kept; how many went."""
    before = ctx.clock() - ctx.limits.idempotency_keys_kept
    gone = 0
    while True:
        with ctx.store.transaction() as tx:
            some = tx.idempotency_keys.forget(before, FORGOTTEN_AT_ONCE)
        gone += some
        if some < FORGOTTEN_AT_ONCE:
            return gone
