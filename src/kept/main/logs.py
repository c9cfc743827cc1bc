"""
One JSON line per event on standard error, with ids and never a person's data.

Only fields that are on the list get through; everything else is dropped, and the line says how many were. An error from
outside is told by its type and place, because its text may repeat a number or an address.

Source:
    OWASP ASVS 5.0 V16.2.5 (sensitive data in logs), V16.5.1 (generic messages).
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TextIO

import msgspec
import structlog

import kept

FIELDS: Final = frozenset({
    # what, when, where
    "event", "level", "timestamp", "logger", "correlation_id", "version", "doing", "remedy",
    # ids, and who or what of a closed list
    "notification_id", "attempt_id", "appointment_id", "batch_id", "key_id", "channel", "provider", "reason", "state",
    # of a request: never its path or query, which may hold what a person typed
    "method", "route", "status", "code", "ms", "key",
    # figures and addresses of our own
    "count", "failures", "seconds", "in_flight", "set_aside", "host", "port", "signal", "url", "store_id", "epoch",
    # of an error
    "error", "place", "where",
})  # fmt: skip
"""Every field that a line may have."""

MOST_TEXT: Final = 300
"""Characters of one value; a longer one was never meant for a log."""

MOST_ITEMS: Final = 20

_OURS: Final = Path(kept.__file__).parent


def set_up_logs(level: str, *, stream: TextIO | None = None) -> None:
    """
    Send every log line of the program, and of the libraries it uses, to standard error as JSON.

    Args:
        level: The least that is logged: ``DEBUG``, ``INFO``, ``WARNING`` or ``ERROR``.
        stream: Where to instead of standard error.
    """
    out = stream or sys.stderr
    threshold = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            error_by_type,
            only_known_fields,
            as_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [LibraryHandler()]
    root.setLevel(max(threshold, logging.WARNING))
    for name in ("uvicorn", "uvicorn.error"):
        library = logging.getLogger(name)
        library.handlers, library.propagate = [], True
        library.setLevel(logging.NOTSET)


class LibraryHandler(logging.Handler):
    """
    Passes on what libraries log through the standard library.

    Their texts are dropped, for nobody knows what is in them: a line tells which library, which of its messages (the
    text before anything was put in) and where an error arose.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one record on."""
        log = structlog.get_logger()
        event = str(record.msg) if record.args or record.name.startswith("uvicorn") else "library_message"
        log.log(record.levelno, event, logger=record.name, exc_info=record.exc_info or None)


def error_by_type(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its type and the place in our code from which it came."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["place"] = _place(error.__traceback__)
    return event


def only_known_fields(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Drop every field that is not on the list, and whatever is no plain value."""
    kept_fields = {name: _plain(value) for name, value in event.items() if name in FIELDS}
    dropped = len(event) - len(kept_fields)
    return kept_fields | {"dropped": dropped} if dropped else kept_fields


def as_json(_logger: object, _method: str, event: Mapping[str, Any]) -> str:
    """Return the line."""
    return msgspec.json.encode(event).decode("utf-8")


def _plain(value: object) -> object:
    """Return what may stand in a line: a number, a truth value, or a text of bounded length on one line."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value[:MOST_ITEMS]]
    text = str(value)[:MOST_TEXT]
    return (
        text.encode("utf-8", "replace").decode("utf-8")
        if text.isprintable()
        else "".join(filter(str.isprintable, text))
    )


def _place(trace: TracebackType | None) -> str:
    """Return file and line of the last frame in our own code, or of the last one at all."""
    frames = traceback.extract_tb(trace)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_OURS)]
    if not frames:
        return ""
    last = (ours or frames)[-1]
    path = Path(last.filename)
    return f"{path.relative_to(_OURS) if ours else path.name}:{last.lineno}"
