"""``kept send``: plan a batch, and see it end, whoever sends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from kept.core.errors import InvalidInputError
from kept.core.notifications import Notification, Outcome
from kept.core.reports import is_fallback
from kept.entrypoints.cli.parts import Parts, Sender
from kept.entrypoints.cli.screen import problem_document
from kept.entrypoints.http_api.booking_forms import home_of
from kept.flow.dispatch import next_due
from kept.flow.practice import load_practice
from kept.flow.reminders import plan_batch
from kept.formats.seed_events import BatchReading, BatchResults, batch, batch_answer

CHUNK: Final = 50
"""Items planned in one transaction, as in the event that this answers."""
LONGEST_PAUSE_S: Final = 0.2
_SENT: Final = frozenset({Outcome.ACCEPTED, Outcome.DELIVERED})


def sent(parts: Parts, document: object, *, wait_s: float) -> dict[str, object]:
    """
    Send a batch and return its documented answer.

    With a server or worker running it only plans, and they send; alone, it sends.

    Args:
        parts: The outside.
        document: The batch event, a list of items, or one item.
        wait_s: For how long its end is waited for; what is still under way then is told as *pending*.

    Raises:
        InvalidInputError: it is no such event, or has no item.
    """
    with parts.sender() as sender:
        practice = load_practice(parts.store).practice
        reading = batch(_event(document), home_of(practice))
        batch_id = parts.ids.new("bat")
        now = parts.clock.now()
        ids: list[str] = []
        for first in range(0, len(reading.items), CHUNK):
            items = reading.items[first : first + CHUNK]
            ids += parts.store.submit(lambda tx, i=items: plan_batch(tx, i, batch_id=batch_id, now=now)).result()  # type: ignore[misc]
        _wait(parts, sender, ids, wait_s=wait_s)
    return _answer(batch_id, reading, parts.store.load(Notification, ids))


def _event(document: object) -> object:
    """Return the event; a list, or a single item, becomes one."""
    if isinstance(document, list):
        return {"appointments": document}
    if isinstance(document, dict) and "appointments" not in document and "appointmentTime" in document:
        return {"appointments": [document]}
    return document


def _wait(parts: Parts, sender: Sender | None, ids: list[str], *, wait_s: float) -> None:
    """Let time pass until all are done, sending meanwhile if that is ours to do."""
    until = parts.clock.now() + timedelta(seconds=wait_s)
    while True:
        if sender:
            sender.run_due()
        now = parts.clock.now()
        if now >= until or all(n.is_done for n in parts.store.load(Notification, ids)):
            return
        upcoming = next_due(parts.store, after=now) if sender else None
        wake = (upcoming - now).total_seconds() if upcoming else LONGEST_PAUSE_S
        left = (until - now).total_seconds()
        parts.pause(min(wake if sender else LONGEST_PAUSE_S, left))


def _answer(batch_id: str, reading: BatchReading, ended: tuple[Notification, ...]) -> dict[str, object]:
    done = [n for n in ended if n.is_done]
    taken = [n for n in done if n.outcome in _SENT]
    fallback = sum(is_fallback(n) for n in taken)
    failed = len(done) - len(taken) + len(reading.refused)
    answer = batch_answer(batch_id, BatchResults(success=len(taken) - fallback, failed=failed, fallback=fallback))
    document: dict[str, object] = msgspec.to_builtins(answer)
    document["processed"] = reading.processed
    if len(done) < len(ended):
        document["pending"] = len(ended) - len(done)
    if reading.refused:
        document["errors"] = [
            {"index": item.index, "errors": [problem_document(p) for p in item.problems]} for item in reading.refused
        ]
    return document


def checked_wait(seconds: float) -> float:
    """
    Return for how long to wait.

    Raises:
        InvalidInputError: negative, or more than a day.
    """
    if not 0 <= seconds <= 24 * 3600:
        raise InvalidInputError.of("wait", "out_of_range", "must be 0 to 86400 seconds")
    return seconds
