"""Mistakes that somebody could make, each put into the real code for as long as a simulation runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from functools import partial
from types import ModuleType
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from kept.core import channels
from kept.core import dispatch as core_dispatch
from kept.core import people as core_people
from kept.core import recording as core_recording
from kept.core.booking import Appointment
from kept.core.channels import Facts
from kept.core.dispatch import Progress, Standing
from kept.core.links import Links
from kept.core.notifications import Attempt, AttemptState, Notification, NotificationState, Reason, SendOutcome
from kept.core.people import ChannelName, Patient, Told
from kept.core.practice import Practice
from kept.core.quiet_hours import Zones
from kept.core.receipts import DeliveryReceipt, ReceiptState
from kept.core.wording import MessageFacts
from kept.entrypoints.worker import steps
from kept.flow import booking, dispatch, drafts, limits
from kept.flow.dispatch import AttemptRef, Carriers, Claimed
from kept.ports.channel import OutgoingMessage
from kept.ports.store import Transaction
from tests.faults.simulated.carriers import FakeCarrier
from tests.faults.simulated.setting import MONTH, RACES, Scheme

Planting = AbstractContextManager[None]


@contextmanager
def in_place(holder: ModuleType | type, name: str, value: object) -> Iterator[None]:
    """Let others find something else under a name."""
    before = getattr(holder, name)  # fails when the name is gone: the mistake would do nothing
    setattr(holder, name, value)
    try:
        yield
    finally:
        setattr(holder, name, before)


# ---- claim, send, record


def outcome_before_the_send() -> Planting:
    """Call a message accepted when its attempt begins, so that a crash before the call loses it."""
    taken = SendOutcome(state=AttemptState.ACCEPTED, provider_message_id="surely")

    def claim_and_hope(
        tx: Transaction, notification_id: str, *, carriers: Carriers, now: datetime, links: Links | None = None
    ) -> Claimed:
        claimed = dispatch.claim(tx, notification_id, carriers=carriers, now=now, links=links)
        for handover in claimed.handovers:
            dispatch.record(tx, handover.ref, taken, now=now)
        return claimed

    return in_place(steps, "claim", claim_and_hope)


def no_fence() -> Planting:
    """Write any late outcome over the last attempt, whoever made it, and go on from there."""

    def overwrite(tx: Transaction, ref: AttemptRef, outcome: SendOutcome, *, now: datetime) -> Notification | None:
        notification = tx.get(Notification, ref.notification_id)
        if notification is None or not notification.attempts:
            return notification
        last = msgspec.structs.replace(notification.attempts[-1], state=outcome.state, ended_at=now)
        after = core_recording.recorded(notification, last)
        state = NotificationState.WAITING
        return tx.put(msgspec.structs.replace(after, state=state, wake_at=now, outcome=None, done_at=None))

    return in_place(steps, "record", overwrite)


def expired_leases_are_due_again() -> Planting:
    """Treat an attempt whose lease has ended as one that was never sent."""
    swept = core_recording.swept

    def as_if_not_sent(notification: Notification, *, now: datetime) -> Notification:
        after = swept(notification, now=now)
        attempts = tuple(
            msgspec.structs.replace(a, state=AttemptState.NOT_SENT) if a.code == "lease_ended" else a
            for a in after.attempts
        )
        return msgspec.structs.replace(after, attempts=attempts)

    return in_place(dispatch, "swept", as_if_not_sent)


def sending_is_never_swept() -> Planting:
    """Forget to look again at what is being sent, so that what a dead worker left is left for ever."""
    begun = core_recording.begun

    def and_forget(
        notification: Notification, attempts: tuple[Attempt, ...], *, fence: int, until: datetime
    ) -> Notification:
        return msgspec.structs.replace(begun(notification, attempts, fence=fence, until=until), wake_at=None)

    return in_place(dispatch, "begun", and_forget)


def retry_inside_the_channel() -> Planting:
    """Let a channel try again by itself when no answer comes, as the kits of providers do."""
    send = FakeCarrier.send

    def insist(carrier: FakeCarrier, message: OutgoingMessage) -> SendOutcome:
        outcome = send(carrier, message)
        return send(carrier, message) if outcome.state is AttemptState.UNKNOWN else outcome

    return in_place(FakeCarrier, "send", insist)


# ---- deciding


def _void_without(*forgotten: Reason) -> Planting:
    void = core_dispatch._void  # noqa: SLF001  the mistake is one inside

    def forgetful(notification: Notification, appointment: Appointment | None) -> Reason | None:
        reason = void(notification, appointment)
        return None if reason in forgotten else reason

    return in_place(core_dispatch, "_void", forgetful)


def unknown_is_sent_again() -> Planting:
    """Treat an unknown like a message that was not sent."""

    def again(attempts: list[Attempt], *_rest: object, **_facts: object) -> Standing:
        return Standing(progress=Progress.AGAIN, at=attempts[-1].ended_at)

    return in_place(core_dispatch, "_after_unknown", again)


def fallback_while_unknown() -> Planting:
    """Let the next channel take over as soon as an outcome is unknown."""

    def closed(*_facts: object, **_more: object) -> Standing:
        return Standing(progress=Progress.CLOSED, reason=Reason.OUTCOME_UNKNOWN)

    return in_place(core_dispatch, "_after_unknown", closed)


def too_long_to_live() -> Planting:
    """Let providers hold messages for as long as they do when nobody says anything."""

    def three_days(_notification: Notification, *_light: object, now: datetime) -> datetime:
        return now + timedelta(hours=72)

    return in_place(dispatch, "expires_at", three_days)


# ---- whom, when and how often


def quiet_hours_in_utc() -> Planting:
    """Keep the night of Greenwich."""

    def greenwich(*_who: object, at: datetime) -> Zones:
        return (ZoneInfo("UTC"),)

    return in_place(limits, "zones_for", greenwich)


def night_only_when_planned() -> Planting:
    """Trust that what was planned by day leaves by day."""

    def always_day(*_who: object, now: datetime) -> dict[str, object]:
        return {}

    return in_place(dispatch, "daylight_for", always_day)


def opt_out_by_spelling() -> Planting:
    """Compare addresses letter by letter."""
    return in_place(core_people, "email_key", str)


def opt_out_not_seen() -> Planting:
    """Forget to look at the consent when something is about to be sent."""
    unusable = channels._unusable  # noqa: SLF001  the mistake is one inside

    def forgetful(notification: Notification, facts: Facts, channel: ChannelName) -> Reason | None:
        reason = unusable(notification, facts, channel)
        return None if reason is Reason.OPTED_OUT else reason

    return in_place(channels, "_unusable", forgetful)


def texts_not_counted() -> Planting:
    """Look at the caps and count nothing."""

    def unchanged(told: tuple[Told, ...], _more: Told) -> tuple[Told, ...]:
        return told

    return in_place(limits, "counted", unchanged)


# ---- receipts, days, words


def last_receipt_wins() -> Planting:
    """Believe whichever receipt came last."""

    def latest(_attempt: Attempt, receipt: DeliveryReceipt, **_known: object) -> AttemptState:
        states = {ReceiptState.DELIVERED: AttemptState.DELIVERED, ReceiptState.FAILED: AttemptState.UNDELIVERED}
        return states.get(receipt.state, AttemptState.ACCEPTED)

    return in_place(core_recording, "_state_after", latest)


def days_not_kept() -> Planting:
    """Do not write down whose time is taken."""

    def nothing(_tx: Transaction, _appointment: Appointment) -> tuple[str, ...]:
        return ()

    return in_place(booking, "take_time", nothing)


def words_in_utc() -> Planting:
    """Write times as the server's clock shows them."""
    facts = drafts.message_facts

    def greenwich(
        notification: Notification, appointment: Appointment | None, patient: Patient | None, practice: Practice
    ) -> MessageFacts:
        return msgspec.structs.replace(facts(notification, appointment, patient, practice), zone="UTC")

    return in_place(drafts, "message_facts", greenwich)


MISTAKES: Final[Mapping[str, tuple[Callable[[], Planting], str, Scheme]]] = {
    "the outcome is written before the message is sent": (outcome_before_the_send, "I1", MONTH),
    "a late outcome overwrites another attempt's": (no_fence, "I2", MONTH),
    "an attempt whose lease has ended is simply due again": (expired_leases_are_due_again, "I2", MONTH),
    "what a dead worker was sending is never looked at again": (sending_is_never_swept, "I7", MONTH),
    "the channel tries again by itself": (retry_inside_the_channel, "I2", MONTH),
    "a claim does not see a move": (partial(_void_without, Reason.APPOINTMENT_MOVED), "I4", RACES),
    "a claim does not see a cancellation": (partial(_void_without, Reason.APPOINTMENT_CANCELLED), "I4", RACES),
    "an unknown is treated like a message that was not sent": (unknown_is_sent_again, "I2", MONTH),
    "the next channel takes over while an outcome is unknown": (fallback_while_unknown, "I8", MONTH),
    "a provider may hold a message for three days": (too_long_to_live, "I4", MONTH),
    "quiet hours are kept in UTC": (quiet_hours_in_utc, "I6", MONTH),
    "quiet hours are kept in planning and not in sending": (night_only_when_planned, "I6", MONTH),
    "a claim does not see an opt-out": (opt_out_not_seen, "I5", RACES),
    "opt-outs are compared letter by letter": (opt_out_by_spelling, "I5", MONTH),
    "texts are not counted": (texts_not_counted, "I13", MONTH),
    "the last receipt wins": (last_receipt_wins, "I8", MONTH),
    "taken time is not written down": (days_not_kept, "I3", MONTH),
    "times are written in UTC": (words_in_utc, "I4", MONTH),
}
"""Each with the invariant that must be seen to be broken, and the kind of run that sees it soonest."""
