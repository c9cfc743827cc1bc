"""People, visits and clocks for the proofs on the deployed stack, made without any function."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec

from kept.core.booking import Appointment, AppointmentStatus, BookingRequest
from kept.core.intervals import Interval
from kept.core.notifications import AttemptState, Notification
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.worklist import ItemKind, WorklistItem, visit_item_id
from kept.flow.booking import Change, book, move
from kept.flow.holds import hold_slot
from kept.ports.store import Entity
from tests.aws.providers import Sent
from tests.aws.stack import ROOM, ZONE, Stack, add_patient

HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)
CROWD: Final = 3_000
"""From this number on people come by themselves, and may come at the same time."""
EVENING: Final = timedelta(days=1) - timedelta(seconds=1)
SECOND: Final = 500
"""Added to a number, it is that of who comes along."""
BOOKED: Final = timedelta(days=3)
"""How long before its start a visit is booked."""


def visit_of(
    stack: Stack, number: int, *, start: datetime | None = None, by_request: bool = False, room: str | None = None
) -> Appointment:
    """Book a visit for a new patient, without any function; on a day of its own if nobody says when."""
    patient, start = add_patient(stack, number), start or stack.day(number)
    wish = BookingRequest(
        patient_id=patient,
        visit_type_id="check-up",
        practitioner_id=None if number >= CROWD else "dr-a",
        room_id=room,
        start=start,
        end=start + HOUR / 2,
        zone=ZONE,
        as_request=by_request,
    )
    return _booked(stack, wish, f"apt_{number}")


def second_visit(stack: Stack, visit: Appointment) -> Appointment:
    """Book another visit for the same patient, two hours later."""
    start = visit.start + 2 * HOUR
    wish = BookingRequest(
        patient_id=visit.patient_id,
        visit_type_id="check-up",
        practitioner_id="dr-a",
        start=start,
        end=start + HOUR / 2,
        zone=ZONE,
    )
    return _booked(stack, wish, f"{visit.id}_b")


def wide_visit(stack: Stack, number: int, *, by_request: bool = False) -> Appointment:
    """Book a visit that has a room too, and another time kept for it: what takes rows and records away when it ends."""
    visit = visit_of(stack, number, by_request=by_request, room=ROOM)
    to = Interval(start=visit.start + 3 * HOUR, end=visit.end + 3 * HOUR)
    change = Change(appointment_id=visit.id, by="desk")
    stack.store.submit(partial(hold_slot, change=change, to=to, zone=ZONE, now=visit.start - BOOKED)).result()
    return visit


def moved_visit(stack: Stack, number: int) -> Appointment:
    """Book a visit and move it by two hours: it lists the reminder of before as well."""
    visit = visit_of(stack, number)
    to = Interval(start=visit.start + 2 * HOUR, end=visit.end + 2 * HOUR)
    change = Change(appointment_id=visit.id, by="desk")
    return stack.store.submit(partial(move, change=change, to=to, zone=ZONE, now=visit.start - BOOKED)).result()


def forgotten_visit(stack: Stack, number: int, *, start: datetime) -> Appointment:
    """Book a visit of which nobody will be told."""
    visit = visit_of(stack, number, start=start)
    put(stack, msgspec.structs.replace(visit, notification_ids=()))
    return visit


def due(stack: Stack, number: int) -> Notification:
    """Return a reminder whose time has come, on the functions' clock too."""
    visit = visit_of(stack, number)
    stack.set_clock(visit.start - EVENING)
    return stack.notifications(*visit.notification_ids)[0]


def unlisted(stack: Stack, number: int) -> str:
    """Return a reminder that is due, of a visit that does not list it."""
    reminder = due(stack, number)
    (visit,) = stack.store.load(Appointment, [f"apt_{number}"])
    put(stack, msgspec.structs.replace(visit, notification_ids=()))
    return reminder.id


def to_call(stack: Stack, visit: Appointment) -> str:
    """Let somebody be asked to call about a visit; return the id of the item on the worklist."""
    item = WorklistItem(
        id=visit_item_id(ItemKind.UNDELIVERABLE, visit),
        about=ItemKind.UNDELIVERABLE,
        patient_id=visit.patient_id,
        appointment_id=visit.id,
        appointment_sequence=visit.sequence,
        visit_start=visit.start,
        opened_at=visit.start - BOOKED,
    )
    put(stack, item)
    return item.id


def put(stack: Stack, entity: Entity) -> None:
    """Write something as it is."""
    stack.store.submit(lambda tx: tx.put(entity)).result()


def status_of(stack: Stack, visit: str) -> AppointmentStatus:
    return stack.store.load(Appointment, [visit])[0].status


def phone_of(number: int) -> str:
    return f"+1212555{1000 + number:04d}"


def sent_to(stack: Stack, number: int) -> list[Sent]:
    """Return what providers took for a patient, oldest first."""
    addresses = {phone_of(number), f"ann{number}@example.com"}
    return [sent for sent in stack.providers.sent if sent.to in addresses]


@contextmanager
def practice_with(stack: Stack, **changes: object) -> Iterator[None]:
    """Let the practice be otherwise for a while."""
    before = _change_practice(stack, **changes)
    try:
        yield
    finally:
        _change_practice(stack, **{name: getattr(before, name) for name in changes})


def checked_by_night(stack: Stack) -> dict[str, Any]:
    """Let the check run, for a practice that books three days ahead: an emulator takes seconds for three years."""
    with practice_with(stack, horizon=timedelta(days=3)):
        return dict(stack.invoke("Balance", {}))


def quiet(stack: Stack, mapping: str, *, enabled: bool) -> None:
    """Let a queue be read, or not."""
    stack.client("lambda").update_event_source_mapping(UUID=stack.parts.ids[mapping], Enabled=enabled)


@contextmanager
def left_unread(stack: Stack, *mappings: str) -> Iterator[None]:
    """Let nobody read some queues meanwhile but the test."""
    for mapping in mappings:
        quiet(stack, mapping, enabled=False)
    yield
    for mapping in mappings:
        quiet(stack, mapping, enabled=True)


def assert_taken(stack: Stack, notification_id: str, channel: str) -> None:
    (found,) = stack.notifications(notification_id)
    taken = [a.channel.value for a in found.attempts if a.state is AttemptState.ACCEPTED]
    assert taken == [channel], found.attempts


def _booked(stack: Stack, wish: BookingRequest, new_id: str) -> Appointment:
    now = wish.start - BOOKED
    return stack.store.submit(lambda tx: book(tx, wish, appointment_id=new_id, now=now)).result()


def _change_practice(stack: Stack, **changes: object) -> Practice:
    """Change the practice; return what it was."""
    (practice,) = stack.store.load(Practice, (PRACTICE_ID,))
    put(stack, msgspec.structs.replace(practice, **changes))
    return practice
