"""What the server writes to standard error: a JSON object a line, or lines for people on a terminal."""

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO, Literal

import structlog
from structlog.typing import Processor

LogFormat = Literal["auto", "json", "text"]
Announce = Callable[[str], None]

# Its start and end are told by ourselves; what it says in between matters from warnings on.
_QUIET = ("alembic", "uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")


def configure(form: LogFormat = "auto", level: str = "info", stream: IO[str] | None = None) -> Announce:
    """Send everything that is logged, the libraries' own lines too, to one stream in one form.

    Parameters
    ----------
    form : str
        ``json``, ``text``, or ``auto`` for text on a terminal and JSON elsewhere.
    level : str
        Least level that is written, as `logging` names them.

    Returns
    -------
    callable
        Writes a sentence in the same form, whatever the level.
    """
    target = stream or sys.stderr
    as_text = form == "text" or (form == "auto" and target.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder(allow=())],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(as_text=as_text)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        library.setLevel(max(logging.WARNING, root.level) if root.level > logging.DEBUG else logging.DEBUG)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )

    def announce(text: str) -> None:
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        line = text if as_text else json.dumps({"event": text, "level": "info", "time": now}, ensure_ascii=False)
        target.write(line + "\n")
        target.flush()

    return announce


def _rendering(*, as_text: bool) -> list[Processor]:
    if as_text:
        # The stock one shows the local variables of a fault: bodies and tokens are among them.
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
