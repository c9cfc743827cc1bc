"""What each function is for, as steps that fail when it cannot do it; each may be done again for another number."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from kept.core.booking import Appointment, AppointmentStatus, BookingRequest
from kept.core.notifications import AttemptState, Notification
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.core.practice import PRACTICE_ID, Practice
from kept.flow.balance import load_nightly
from kept.flow.booking import book
from tests.aws.stack import ZONE, Stack, add_patient

Step = Callable[[Stack, int], None]
HOUR: Final = timedelta(hours=1)
CROWD: Final = 3_000
"""From this number on people come by themselves, and may come at the same time."""
EVENING: Final = timedelta(days=1) - timedelta(seconds=1)


def visit_of(stack: Stack, number: int, *, start: datetime | None = None, by_request: bool = False) -> Appointment:
    """Book a visit for a new patient, without any function; on a day of its own if nobody says when."""
    patient, start = add_patient(stack, number), start or stack.day(number)
    wish = BookingRequest(
        patient_id=patient,
        visit_type_id="check-up",
        practitioner_id=None if number >= CROWD else "dr-a",
        start=start,
        end=start + HOUR / 2,
        zone=ZONE,
        as_request=by_request,
    )
    now = start - timedelta(days=3)
    return stack.store.submit(lambda tx: book(tx, wish, appointment_id=f"apt_{number}", now=now)).result()


def due(stack: Stack, number: int) -> Notification:
    """Return a reminder whose time has come, on the functions' clock too."""
    visit = visit_of(stack, number)
    stack.set_clock(visit.start - EVENING)
    return stack.notifications(*visit.notification_ids)[0]


def register_by_api(stack: Stack, number: int) -> None:
    with stack.http() as caller:
        body = {"patientId": f"r{number}", "firstName": "Ann", "phone": f"+1212556{number:04d}"}
        answer = caller.post("/api/patients", json=body, headers={"Idempotency-Key": f"register-{number}"})
    assert answer.status_code == 201, answer.text
    assert stack.store.load(Patient, [f"r{number}"])


def book_by_api(stack: Stack, number: int) -> None:
    patient = add_patient(stack, number)
    body = {
        "patientId": patient,
        "practitionerId": "dr-a",
        "visitType": "check-up",
        "start": stack.day(number).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "timeZone": ZONE,
    }
    with stack.http() as caller:
        answer = caller.post("/api/appointments", json=body)
    assert answer.status_code == 201, answer.text


def cancel_by_api(stack: Stack, number: int) -> None:
    visit = visit_of(stack, number)
    with stack.http() as caller:
        answer = caller.post(f"/api/appointments/{visit.id}/cancel")
    assert answer.status_code == 200, answer.text
    assert stack.store.load(Appointment, [visit.id])[0].status is AppointmentStatus.CANCELLED


def read_by_api(stack: Stack, path: str) -> dict[str, Any]:
    with stack.http() as caller:
        answer = caller.get(path)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def find_by_api(stack: Stack, number: int) -> None:
    visit = visit_of(stack, number)
    day = visit.start.date().isoformat()
    read_by_api(stack, f"/api/appointments?patientId={visit.patient_id}")
    read_by_api(stack, f"/api/appointments/{visit.id}")
    read_by_api(stack, f"/api/patients?phone=%2B1212555{1000 + number:04d}")
    read_by_api(stack, f"/api/notifications?day={day}")
    read_by_api(stack, "/api/worklist")


def sweep(stack: Stack, number: int) -> None:
    reminder = due(stack, number)
    quiet(stack, "ReminderFunctionQueue", enabled=False)
    answer = stack.invoke("Sweep", {})
    assert answer["queued"] >= 1, answer
    assert answer["left"] == 0, answer
    assert stack.notifications(reminder.id)


def balance(stack: Stack, number: int) -> None:
    """Let a reminder be gone, and have it found by night."""
    reminder = due(stack, number)
    stack.store.submit(lambda tx: tx.delete(reminder)).result()
    answer = checked_by_night(stack)
    kept = load_nightly(stack.store)
    assert kept is not None
    assert kept.found == answer["found"]
    assert kept.found["missing"] >= 1, kept
    assert kept.checked_at.isoformat() == answer["checkedAt"]


def remind(stack: Stack, number: int) -> None:
    reminder = due(stack, number)
    assert stack.deliver("Reminder", {"notificationId": reminder.id}) == []
    assert_taken(stack, reminder.id, "sms")


def mail(stack: Stack, number: int) -> None:
    reminder = due(stack, number)
    stack.providers.refused.add(f"+1212555{1000 + number:04d}")
    assert stack.deliver("Reminder", {"notificationId": reminder.id}) == []
    assert_taken(stack, reminder.id, "email")


def request(stack: Stack, number: int) -> None:
    start = stack.day(number)
    body = {
        "appointmentId": f"apt_{number}",
        "patientId": add_patient(stack, number),
        "appointmentDate": start.date().isoformat(),
        "startTime": "11:00",
        "endTime": "11:30",
    }
    assert stack.deliver("Request", body) == []


def confirm(stack: Stack, number: int) -> None:
    visit = visit_of(stack, number, by_request=True)
    assert stack.deliver("Confirmation", {"appointmentId": visit.id}) == []
    assert stack.store.load(Appointment, [visit.id])[0].status is AppointmentStatus.CONFIRMED


def query(stack: Stack, number: int) -> None:
    visit = visit_of(stack, number)
    assert stack.invoke("Query", {"appointmentId": visit.id})["statusCode"] == 200
    found = stack.invoke("Query", {"patientId": visit.patient_id})
    assert visit.id in json.dumps(found)


def receive(stack: Stack, number: int) -> None:
    reminder = due(stack, number)
    stack.deliver("Reminder", {"notificationId": reminder.id})
    (text,) = [sent for sent in stack.providers.sent if sent.to == f"+1212555{1000 + number:04d}"]
    event = {
        "eventType": "TEXT_INVALID",
        "eventVersion": "1.0",
        "eventTimestamp": 1_777_899_623_470,
        "isFinal": True,
        "messageId": text.id,
        "context": text.context,
    }
    assert stack.deliver("Receipts", event) == []
    assert [a.state for a in stack.notifications(reminder.id)[0].attempts] == [AttemptState.UNDELIVERED]


def answer(stack: Stack, number: int) -> None:
    visit = visit_of(stack, number)
    event = {
        "originationNumber": f"+1212555{1000 + number:04d}",
        "destinationNumber": "+12125550100",
        "messageBody": "STOP",
        "inboundMessageId": f"in-{number}",
        "previousPublishedMessageId": "",
    }
    assert stack.deliver("Replies", event) == []
    number_of_hers = consent_id(ChannelName.SMS, f"+1212555{1000 + number:04d}")
    assert [c.granted for c in stack.store.load(Consent, [number_of_hers])] == [False], visit.id


def batch(stack: Stack, number: int) -> None:
    answer = stack.invoke("Batch", {"appointments": [_item(stack, number)]})
    assert answer["statusCode"] == 200
    assert _was_sent(stack, number)


def batch_start(stack: Stack, number: int) -> None:
    answer = stack.invoke("BatchStart", {"appointments": [_item(stack, number)], "batchId": f"bat_{number}"})
    assert len(answer["items"]) == 1, answer


def catch_up(stack: Stack, number: int) -> None:
    visit = visit_of(stack, number)
    stack.set_clock(visit.start - EVENING)
    assert isinstance(stack.invoke("BatchStart", {"catchUp": True})["items"], list)


def batch_send(stack: Stack, number: int) -> None:
    reminder = due(stack, number)
    answer = stack.invoke("BatchSend", {"notificationId": reminder.id, "channel": "sms"})
    assert answer["state"] == "sent", answer


def batch_send_mail(stack: Stack, number: int) -> None:
    reminder = due(stack, number)
    stack.providers.refused.add(f"+1212555{1000 + number:04d}")
    answer = stack.invoke("BatchSend", {"notificationId": reminder.id, "channel": "email"})
    assert answer["state"] == "sent", answer


def batch_finish(stack: Stack, number: int) -> None:
    stack.invoke("BatchStart", {"appointments": [_item(stack, number)], "batchId": f"bat_{number}"})
    answer = stack.invoke("BatchFinish", {"batchId": f"bat_{number}", "processed": 1, "refused": 0})
    assert answer["processed"] == 1, answer


def batch_of_two(stack: Stack, number: int) -> None:
    items = [
        _item(stack, number),
        _item(stack, number) | {"appointmentId": f"apt-c{number}", "patientId": f"c{number}"},
    ]
    answer = stack.invoke("BatchStart", {"appointments": items, "batchId": f"bat_{number}"})
    assert len(answer["items"]) == 2, answer


def quiet(stack: Stack, mapping: str, *, enabled: bool) -> None:
    """Let a queue be read, or not."""
    stack.client("lambda").update_event_source_mapping(UUID=stack.parts.ids[mapping], Enabled=enabled)


def checked_by_night(stack: Stack) -> dict[str, Any]:
    """Let the check run, for a practice that books three days ahead: an emulator takes seconds for three years."""
    with _horizon(stack, timedelta(days=3)):
        return dict(stack.invoke("Balance", {}))


@contextmanager
def _horizon(stack: Stack, horizon: timedelta) -> Iterator[None]:
    def put(new: timedelta) -> timedelta:
        (practice,) = stack.store.load(Practice, (PRACTICE_ID,))
        stack.store.submit(lambda tx: tx.put(msgspec.structs.replace(practice, horizon=new))).result()
        return practice.horizon

    usual = put(horizon)
    try:
        yield
    finally:
        put(usual)


def assert_taken(stack: Stack, notification_id: str, channel: str) -> None:
    (found,) = stack.notifications(notification_id)
    taken = [a.channel.value for a in found.attempts if a.state is AttemptState.ACCEPTED]
    assert taken == [channel], found.attempts


def _item(stack: Stack, number: int) -> dict[str, object]:
    start = stack.day(number)
    stack.set_clock(start - EVENING)
    return {
        "patientId": f"b{number}",
        "phoneNumber": f"+1212557{number:04d}",
        "email": f"b{number}@example.com",
        "appointmentTime": start.isoformat(),
        "doctorName": "Smith",
        "appointmentId": f"apt-b{number}",
    }


def _was_sent(stack: Stack, number: int) -> bool:
    return any(sent.to == f"+1212557{number:04d}" for sent in stack.providers.sent)


STEPS: Final[dict[str, tuple[Step, ...]]] = {
    "Api": (register_by_api, book_by_api, cancel_by_api, find_by_api),
    "Sweep": (sweep,),
    "Balance": (balance,),
    "Reminder": (remind, mail),
    "Request": (request,),
    "Confirmation": (confirm,),
    "Query": (query,),
    "Receipts": (receive,),
    "Replies": (answer,),
    "Batch": (batch,),
    "BatchStart": (batch_start, batch_of_two, catch_up),
    "BatchSend": (batch_send, batch_send_mail),
    "BatchFinish": (batch_finish,),
}
"""By function."""
