"""``kept send``: plan a batch, and see it end, whoever sends it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Final

import msgspec

from kept.core.errors import InvalidInputError
from kept.core.notifications import Notification
from kept.core.reports import is_sent
from kept.entrypoints.cli.parts import Parts, Sender
from kept.entrypoints.http_api.batches import batch_view
from kept.entrypoints.http_api.booking_forms import home_of
from kept.flow.due import next_due
from kept.flow.practice import load_practice
from kept.flow.reminders import plan_batch
from kept.formats.seed_events import batch

LONGEST_PAUSE_S: Final = 0.2
CHUNK: Final = 10
"""Items that are planned in one step; a step of more may touch more records than every store takes at once."""


def sent(parts: Parts, event: object, *, wait_s: float) -> dict[str, object]:
    """
    Send a batch and return its documented answer.

    With a server or worker running it only plans, and they send; alone, it sends.

    Args:
        parts: The outside.
        event: The batch event, a list of items, or one item.
        wait_s: For how long its end is waited for; what is still under way then is told as *pending*.

    Raises:
        InvalidInputError: it is no such event, or has no item.
    """
    with parts.sender() as sender:
        practice = load_practice(parts.store).practice
        reading = batch(_event(event), home_of(practice))
        batch_id = parts.ids.new("bat")
        now = parts.clock.now()
        ids: list[str] = []
        for first in range(0, len(reading.items), CHUNK):
            items = reading.items[first : first + CHUNK]
            step = partial(plan_batch, items=items, batch_id=batch_id, now=now)
            ids += parts.store.submit(step).result()
        _wait(parts, sender, ids, wait_s=wait_s)
    ended = {n.id: n for n in parts.store.load(Notification, ids) if n.is_done or is_sent(n)}
    document: dict[str, object] = msgspec.to_builtins(batch_view(batch_id, reading, [ended.get(i) for i in ids]))
    return document


def _event(document: object) -> object:
    """Return the event; a list, or a single item, becomes one."""
    if isinstance(document, list):
        return {"appointments": document}
    if isinstance(document, dict) and "appointments" not in document and "appointmentTime" in document:
        return {"appointments": [document]}
    return document


def _wait(parts: Parts, sender: Sender | None, ids: list[str], *, wait_s: float) -> None:
    """Let time pass until all are done or with a provider, sending meanwhile if that is ours to do."""
    until = parts.clock.now() + timedelta(seconds=wait_s)
    while True:
        if sender:
            sender.run_due()
        now = parts.clock.now()
        if now >= until or all(n.is_done or is_sent(n) for n in parts.store.load(Notification, ids)):
            return
        upcoming = next_due(parts.store, after=now) if sender else None
        wake = (upcoming - now).total_seconds() if upcoming else LONGEST_PAUSE_S
        left = (until - now).total_seconds()
        parts.pause(min(wake if sender else LONGEST_PAUSE_S, left))


def checked_wait(seconds: float) -> float:
    """
    Return for how long to wait.

    Raises:
        InvalidInputError: negative, or more than a day.
    """
    if not 0 <= seconds <= 24 * 3600:
        raise InvalidInputError.of("wait", "out_of_range", "must be 0 to 86400 seconds")
    return seconds
