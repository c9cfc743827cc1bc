"""Run without counting lines, where every line is run by a smaller test too: counting takes three times as long."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncounted() -> Iterator[None]:
    """Count no lines meanwhile, in this thread and in those that it starts."""
    tracing, tracing_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        threading.settrace(tracing_threads)
        sys.settrace(tracing)


def uncounted_environment() -> dict[str, str]:
    """Return the environment for a program whose lines are not counted."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COV")}
