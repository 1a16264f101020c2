"""A server that kills itself with -9 in the middle of a call: just before its commit, or just after it.

Run as ``python -m tests.server.dying FOLDER PORT``. It dies in the first transaction after a file ``armed`` is in the
folder, whose text says when; the file goes first, so that the next server lives.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from assay.server.serving import Server
from assay.server.settings import ServerSettings
from assay.server.wiring import open_folder


class Dying:
    """Passes everything on to a store, and dies when it is armed."""

    def __init__(self, store: Any, armed: Path) -> None:
        self._store = store
        self._armed = armed

    @property
    def blobs(self) -> Any:
        return self._store.blobs

    def snapshot(self) -> Any:
        return self._store.snapshot()

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        moment = self._armed.read_text() if self._armed.exists() else ""
        with self._store.transaction() as tx:
            yield tx
            if moment == "before":
                self._die()
        if moment == "after":
            self._die()

    def _die(self) -> None:
        self._armed.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


def main(folder: Path, port: int) -> None:
    """Serve until something ends it; no worker, whose transactions would be in the way."""
    parts = open_folder(folder)
    context = replace(parts.context, store=Dying(parts.store, folder / "armed"))
    server = Server(context, ServerSettings(data_dir=folder, port=port, workers=0, log_level="warning"))
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    server.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
