"""What is said of the check by night, wherever it ran and whoever asks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from kept.core.balance import Nightly

STALE: Final = timedelta(hours=26)
"""A night and what one may be late. Ours."""


def balance_said(nightly: Nightly | None, *, now: datetime) -> str:
    """
    Return what the last check found, in one line.

    Args:
        nightly: What it found; None before the first one.
        now: To tell when it is long ago.
    """
    if nightly is None:
        return "not checked yet"
    found = ", ".join(f"{count} {about}" for about, count in sorted(nightly.found.items()))
    at = nightly.checked_at.strftime("%Y-%m-%dT%H:%MZ")
    said = f"{found}; run kept balance" if found else f"balanced at {at}"
    return f"{said}; not checked since {at}" if now > nightly.checked_at + STALE else said
