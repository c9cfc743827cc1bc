"""How far a long command has come, on standard error, and only where a person sees it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

SECONDS_BETWEEN: Final = 0.1
CALLS_BETWEEN: Final = 16

Advance = Callable[[Callable[[], float]], None]
"""Called often, with what answers how far it is; it asks only now and then."""


@contextmanager
def progress(what: str, total: float) -> Iterator[Advance]:
    """Show a bar while the block runs; yield what moves it on."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        calls, shown_at = 0, 0.0

        def advance(done: Callable[[], float]) -> None:
            nonlocal calls, shown_at
            calls += 1
            if calls % CALLS_BETWEEN == 0 and time.monotonic() - shown_at > SECONDS_BETWEEN:
                shown_at = time.monotonic()
                bar.update(task, completed=done())

        yield advance
