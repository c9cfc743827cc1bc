"""Records that can be neither handled nor marked, kept out of the way of all others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog

FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=1)
"""A record may be mended while we run, so it is never given up for good."""
SAY_AFTER: Final = 5
"""Failures before a person is told; once, and not with every further one."""

log = structlog.get_logger("kept.worker")


class SetAside:
    """
    Remembers, in this process alone, which ids not to look at for a while; the pause doubles each time.

    Args:
        what: What the ids are called in the log.
    """

    def __init__(self, what: str = "notification_id") -> None:
        self._what = what
        self._until: dict[str, tuple[int, datetime]] = {}

    def __len__(self) -> int:
        return len(self._until)

    def __contains__(self, record_id: str) -> bool:
        return record_id in self._until

    def note(self, record_id: str, *, now: datetime) -> None:
        """Set an id aside, for longer each time."""
        failures, _ = self._until.get(record_id, (0, now))
        failures += 1
        pause = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
        self._until[record_id] = (failures, now + pause)
        if failures == SAY_AFTER:
            log.error("set_aside", **{self._what: record_id}, failures=failures)

    def forget(self, record_id: str) -> None:
        """Treat an id like any other again."""
        self._until.pop(record_id, None)

    def ids(self, now: datetime) -> frozenset[str]:
        """Return what is not to be looked at now."""
        return frozenset(i for i, (_, until) in self._until.items() if now < until)
