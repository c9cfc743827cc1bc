"""
What the functions run in proofs: the product's handlers, on a clock that a file moves, and killed where a file says.

Goes into the package beside the product. The folder is on this machine, as the functions are.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.httpsession import URLLib3Session

from kept.adapters.clock import SystemClock
from kept.main import aws_lambda

FOLDER = Path(os.environ["REHEARSAL_FOLDER"])


def _moved(real: Callable[[SystemClock], datetime]) -> Callable[[SystemClock], datetime]:
    """Return what tells the time in the file, or the machine's where there is none."""

    def now(clock: SystemClock) -> datetime:
        try:
            return datetime.fromisoformat((FOLDER / "clock").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return real(clock)

    return now


class _Killing:
    """Ends the process before or after the call to AWS that the file names, and forgets the file."""

    def __init__(self, send: Callable[[URLLib3Session, Any], Any]) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._count = 0

    def __call__(self, session: URLLib3Session, request: Any) -> Any:  # noqa: ANN401 the SDK has no types
        place = FOLDER / f"kill-{os.environ['AWS_LAMBDA_FUNCTION_NAME']}"
        plan = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
        with self._lock:
            self._count = self._count + 1 if plan else 0
            is_last = bool(plan) and self._count >= plan["call"]
        if is_last and not plan["after"]:
            _end(place)
        answer = self._send(session, request)
        if is_last:
            _end(place)
        return answer


def _end(place: Path) -> None:
    place.unlink()
    os.kill(os.getpid(), signal.SIGKILL)


SystemClock.now = _moved(SystemClock.now)  # type: ignore[method-assign,assignment]
_killing = _Killing(URLLib3Session.send)


def _send(session: URLLib3Session, request: Any) -> Any:  # noqa: ANN401 as above
    return _killing(session, request)


URLLib3Session.send = _send


def __getattr__(name: str) -> object:
    return getattr(aws_lambda, name)
