"""Taking back what was put beside the database when the transaction that it was for fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assay.errors import BlobsUnavailable, OutcomeUnknown


@contextmanager
def undone(undo: Callable[[], None]) -> Iterator[None]:
    """Call ``undo`` when the block fails.

    Not when the transaction may have been stored after all: then the bytes may be needed. Nor when it is the blob
    store that fails: it would not take back anything either. Bytes that nothing points at do no harm.
    """
    try:
        yield
    except (BlobsUnavailable, OutcomeUnknown):
        raise
    except BaseException:
        undo()
        raise
