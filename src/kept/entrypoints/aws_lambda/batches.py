"""
Batches: planned in the ledger, sent from it, and summed up from it, whoever drives them.

A workflow may start a batch, send each item by a branch for each channel and sum up; a function may do all three; the
sweep may come between. The ledger lets each message leave once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import structlog

from kept.core.batches import BatchItem
from kept.core.notifications import Attempt, AttemptState, Notification
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.recording import TAKEN
from kept.entrypoints.aws_lambda.invocation import Answer, Event, Invocation, fields_of, text_in
from kept.entrypoints.aws_lambda.named import ids_of
from kept.entrypoints.aws_lambda.proxy import proxy_answer
from kept.entrypoints.aws_lambda.sending import Sender
from kept.flow.reminders import plan_batch, plan_missing, unreminded
from kept.flow.reports import found
from kept.formats.seed_events import (
    Home,
    NoAppointmentsError,
    batch,
    batch_answer,
    batch_results,
)
from kept.ports.clock import Clock
from kept.ports.store import Store

CHUNK: Final = 10
"""Items planned in one transaction: a table takes a hundred writes at once, and an item needs up to eight."""
MOST_HANDED_OUT: Final = 2_000
"""Items that a workflow is given: its state holds 256 KB. The sweep sends what is beyond. Ours."""

log = structlog.get_logger("kept.lambda")


class Batches:
    """
    Plans, sends and sums up.

    Args:
        store: Where the ledger is.
        sender: Returns who sees notifications through; asked only where something is sent.
        clock: Says when.
    """

    def __init__(self, store: Store, sender: Callable[[], Sender], *, clock: Clock) -> None:
        self._store = store
        self._sender = sender
        self._clock = clock

    def run(self, event: Event, invocation: Invocation) -> Answer:
        """Do the whole of a batch: plan, send while there is time, and sum up; what is left the sweep sends."""
        batch_id = f"bat_{invocation.id}"
        try:
            ids, refused = self._planned(event, batch_id)
        except NoAppointmentsError:
            return proxy_answer(400, {"error": "No appointments provided"})
        self._sender().send(ids, invocation)
        unique = tuple(dict.fromkeys(ids))
        by_id = {n.id: n for n in self._store.load(Notification, unique)}
        return proxy_answer(200, _summary(batch_id, [by_id[i] for i in ids if i in by_id], refused=refused))

    def start(self, event: Event, invocation: Invocation) -> Answer:
        """Plan what an event asks for, and hand its items out; a workflow puts its name beside what it was given."""
        batch_id = text_in(event, "batchId") or f"bat_{invocation.id}"
        asked = fields_of(event).get("input", event)
        named = _stream_ids(asked)
        if named:
            return _handed_out(batch_id, self._due(named), refused=0)
        ids, refused = self._asked_for(asked, batch_id)
        found_ = self._store.load(Notification, dict.fromkeys(ids))
        log.info("batch_started", batch_id=batch_id, count=len(found_), failures=refused)
        return _handed_out(batch_id, found_, refused=refused)

    def send(self, event: Event, invocation: Invocation) -> Answer:
        """See one notification through, and tell how it ended on one channel."""
        notification_id, channel = text_in(event, "notificationId"), text_in(event, "channel")
        self._sender().send((notification_id,), invocation)
        known = self._store.load(Notification, (notification_id,))
        state = state_on(known[0], channel) if known else "not_used"
        return {"notificationId": notification_id, "channel": channel, "state": state}

    def finish(self, event: Event) -> Answer:
        """Sum up a batch as it stands in the ledger."""
        batch_id = text_in(event, "batchId")
        refused = fields_of(event).get("refused")
        items = tuple(found(self._store, "notifications_by_batch", batch_id))
        return _summary(batch_id, items, refused=refused if isinstance(refused, int) else 0)

    def _planned(self, event: Event, batch_id: str) -> tuple[tuple[str, ...], int]:
        """
        Return the ids of a batch's notifications, one for each item, and how many items were refused.

        Raises:
            NoAppointmentsError: there is no item.
        """
        practice = next(iter(self._store.load(Practice, (PRACTICE_ID,))), None) or Practice()
        asked = {"appointments": fields_of(event).get("appointments", [])}
        reading = batch(asked, Home(zone=practice.zone, region=practice.region))
        for item in reading.refused:
            log.warning("item_refused", batch_id=batch_id, count=item.index, code=item.problems[0].code)
        ids: list[str] = []
        for chunk in _chunks(reading.items):
            step = partial(plan_batch, items=chunk, batch_id=batch_id, now=self._clock.now())
            ids.extend(self._store.submit(step).result())
        return tuple(ids), len(reading.refused)

    def _asked_for(self, event: Event, batch_id: str) -> tuple[tuple[str, ...], int]:
        """Return what is planned for an event: its items, none where it has none, else whom nobody has told yet."""
        if not isinstance(event, list) and "appointments" not in fields_of(event):
            return self._catch_up(), 0
        try:
            return self._planned(_with_items(event), batch_id)
        except NoAppointmentsError:
            return (), 0

    def _catch_up(self) -> tuple[str, ...]:
        """Plan a reminder for each visit of the next day that nobody was told of, and return their ids."""
        now = self._clock.now()
        planned = [
            self._store.submit(partial(plan_missing, appointment_id=appointment_id, now=now)).result()
            for appointment_id in unreminded(self._store, now=now)
        ]
        return tuple(i for i in planned if i)

    def _due(self, ids: Iterable[str]) -> tuple[Notification, ...]:
        now = self._clock.now()
        return tuple(n for n in self._store.load(Notification, ids) if n.wake_at is not None and n.wake_at <= now)


def state_on(notification: Notification, channel: str) -> str:
    """Return how a notification ended on a channel: sent, failed, skipped, pending or not_used."""
    attempts: list[Attempt] = [a for a in notification.attempts if a.channel.value == channel]
    if any(a.state in TAKEN for a in attempts):
        return "sent"
    if not notification.is_done:
        is_wanted = any(c.value == channel for stage in notification.plan[notification.stage :] for c in stage)
        return "pending" if is_wanted else "failed"
    if any(a.state is not AttemptState.SENDING for a in attempts):
        return "failed"
    is_noted = any(note.channel.value == channel for note in notification.notes)
    return "skipped" if is_noted or not notification.attempts else "not_used"


def _handed_out(batch_id: str, notifications: Sequence[Notification], *, refused: int) -> Answer:
    items: list[dict[str, Any]] = [
        {
            "batchId": batch_id,
            "notificationId": n.id,
            "channels": [channel.value for stage in n.plan for channel in stage],
        }
        for n in notifications[:MOST_HANDED_OUT]
    ]
    processed = len(notifications) + refused
    return {"batchId": batch_id, "processed": processed, "refused": refused, "items": items}


def _summary(batch_id: str, notifications: Sequence[Notification], *, refused: int) -> Answer:
    """Return the summary of a batch as it stands."""
    results, pending = batch_results(notifications, refused=refused)
    answer = batch_answer(batch_id, results)
    figures = {"success": results.success, "failed": results.failed, "fallback": results.fallback}
    whole: Answer = {
        "batchId": batch_id,
        "processed": len(notifications) + refused,
        "results": figures,
        "successRate": answer.success_rate,
    }
    return whole | {"pending": pending}


def _with_items(event: Event) -> Event:
    """Return an event with its items in their place; a pipe hands over the bare array."""
    return {"appointments": event} if isinstance(event, list) else event


def _stream_ids(event: Event) -> tuple[str, ...]:
    """Return the ids of notifications that an array names; none when it holds items."""
    is_named = isinstance(event, list) and any(
        {"dynamodb", "notificationId"} & fields_of(part).keys() for part in event
    )
    return ids_of(event) if is_named else ()


def _chunks(items: tuple[BatchItem, ...]) -> Iterator[tuple[BatchItem, ...]]:
    for first in range(0, len(items), CHUNK):
        yield items[first : first + CHUNK]
