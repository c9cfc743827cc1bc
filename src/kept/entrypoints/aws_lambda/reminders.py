"""The queue of reminders: ids of what is due, from the sweep, a stream by way of a pipe, or another system."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import structlog

from kept.core.booking import REMINDABLE, Appointment
from kept.core.notifications import Notification, NotificationKind
from kept.core.recording import TAKEN
from kept.core.reports import reminder_type
from kept.entrypoints.aws_lambda.invocation import Answer, Event, Invocation, text_in
from kept.entrypoints.aws_lambda.letters import failures, letters_of
from kept.entrypoints.aws_lambda.named import ids_in, note_of
from kept.entrypoints.aws_lambda.proxy import proxy_answer
from kept.entrypoints.aws_lambda.sending import Sender
from kept.ports.clock import Clock
from kept.ports.queue import Queue
from kept.ports.store import Store

AGAIN_WITHIN: Final = timedelta(minutes=1)
"""Who waits no longer than this gets a second look by a delayed note; the sweep sees to the others. Ours."""

log = structlog.get_logger("kept.lambda")


class Reminders:
    """
    Works on ids.

    Args:
        store: Where they are.
        sender: Sees them through.
        clock: Says when.
        queue: Takes those that wait a moment; None: the sweep finds them.
    """

    def __init__(self, store: Store, sender: Sender, *, clock: Clock, queue: Queue | None) -> None:
        self._store = store
        self._sender = sender
        self._clock = clock
        self._queue = queue

    def run(self, event: Event, invocation: Invocation) -> Answer:
        """Work on the messages of a queue, or on the one reminder that another system asks for."""
        if text_in(event, "reminderType"):
            return self._one(event, invocation)
        letters = letters_of(event)
        for letter in letters[:1]:
            structlog.contextvars.bind_contextvars(correlation_id=letter.correlation_id)
        wanted = {letter.id: ids_in(letter.body) for letter in letters}
        sent = self._sender.send((i for ids in wanted.values() for i in ids), invocation)
        self._look_again(sent.seen.values())
        left = set(sent.left)
        return failures(message for message, ids in wanted.items() if not ids or left.intersection(ids))

    def _look_again(self, seen: Iterable[Notification]) -> None:
        """Put those that wait a moment - for a rate, for a provider's wish - into the queue once more."""
        if self._queue is None:
            return
        now = self._clock.now()
        soon = [(n.id, n.wake_at - now) for n in seen if n.wake_at is not None and n.wake_at <= now + AGAIN_WITHIN]
        notes = [note_of(i, delay_s=max(1, math.ceil(wait.total_seconds()))) for i, wait in soon]
        if notes and self._queue.put(notes) < len(notes):
            log.warning("not_queued", count=len(notes), remedy="the next sweep finds them")

    def _one(self, event: Event, invocation: Invocation) -> Answer:
        """See one reminder of an appointment through, and answer as that system did."""
        wanted = text_in(event, "reminderType")
        found = self._store.load(Appointment, (text_in(event, "appointmentId"),))
        if not found:
            return proxy_answer(404, {"error": "Appointment not found"})
        if found[0].status not in REMINDABLE:
            return proxy_answer(200, {"message": "Appointment not active"})
        reminders = self._store.load(Notification, found[0].notification_ids)
        ids = [n.id for n in reminders if _is_meant(n, found[0], wanted)]
        self._sender.send(ids, invocation)
        ended = self._store.load(Notification, ids)
        is_sent = any(a.state in TAKEN for n in ended for a in n.attempts)  # word of delivery may still be waited for
        told = "Reminder sent successfully" if is_sent else "Reminder not sent"
        return proxy_answer(200, {"message": told, "appointmentId": found[0].id, "reminderType": wanted})


def _is_meant(notification: Notification, appointment: Appointment, wanted: str) -> bool:
    is_of_now = notification.appointment_sequence == appointment.sequence
    is_reminder = notification.about is NotificationKind.REMINDER
    return is_of_now and is_reminder and reminder_type(notification.rule) == wanted
