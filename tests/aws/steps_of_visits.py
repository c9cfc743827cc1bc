"""Steps of the functions by which visits are booked, changed and found; see :mod:`tests.aws.steps`."""

from __future__ import annotations

import json
from typing import Any

from kept.core.booking import Appointment, AppointmentStatus
from kept.core.people import Patient
from tests.aws.stack import ZONE, Stack, add_patient
from tests.aws.visits import EVENING, HOUR, SECOND, second_visit, status_of, to_call, visit_of, wide_visit


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
    visit = wide_visit(stack, number)
    with stack.http() as caller:
        answer = caller.post(f"/api/appointments/{visit.id}/cancel")
    assert answer.status_code == 200, answer.text
    assert status_of(stack, visit.id) is AppointmentStatus.CANCELLED


def move_by_api(stack: Stack, number: int) -> None:
    visit = wide_visit(stack, number)
    start = {"start": (visit.start + 2 * EVENING).isoformat()}
    with stack.http() as caller:
        path = f"/api/appointments/{visit.id}"
        answer = caller.patch(path, json=start, headers={"If-Match": caller.get(path).headers["ETag"]})
    assert answer.status_code == 200, answer.text


def find_by_api(stack: Stack, number: int) -> None:
    visit = visit_of(stack, number)
    day = visit.start.date().isoformat()
    read_by_api(stack, f"/api/appointments?patientId={visit.patient_id}")
    read_by_api(stack, f"/api/appointments/{visit.id}")
    read_by_api(stack, f"/api/patients?phone=%2B1212555{1000 + number:04d}")
    read_by_api(stack, f"/api/notifications?day={day}")
    read_by_api(stack, "/api/worklist")


def find_several_by_api(stack: Stack, number: int) -> None:
    visit = visit_of(stack, number)
    items = {to_call(stack, each) for each in (visit, second_visit(stack, visit))}
    add_patient(stack, number + SECOND)
    day, last = visit.start.date(), (visit.start + EVENING).date()
    whose = f"/api/patients/{visit.patient_id}/notifications"
    assert len(read_by_api(stack, f"/api/appointments?patientId={visit.patient_id}")["appointments"]) == 2
    assert len(read_by_api(stack, whose)["notifications"]) == 2
    assert len(read_by_api(stack, "/api/patients?name=Ann")["patients"]) >= 2
    assert items <= {item["itemId"] for item in read_by_api(stack, "/api/worklist?limit=200")["items"]}
    slots = read_by_api(stack, f"/api/slots?visitType=check-up&from={day}&to={last}")["slots"]
    assert {slot["practitionerId"] for slot in slots} == {"dr-a", "dr-b"}


def read_by_api(stack: Stack, path: str) -> dict[str, Any]:
    with stack.http() as caller:
        answer = caller.get(path)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


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


def request_by_stranger(stack: Stack, number: int) -> None:
    start = stack.day(number)
    times = {"startTime": start.isoformat(), "endTime": (start + HOUR).isoformat()}
    assert stack.deliver("Request", {"appointmentId": f"apt_{number}", "userId": f"u{number}", **times}) == []
    assert status_of(stack, f"apt_{number}") is AppointmentStatus.CONFIRMED


def move_by_request(stack: Stack, number: int) -> None:
    visit = wide_visit(stack, number)
    day = {"appointmentDate": (visit.start + 2 * EVENING).date().isoformat(), "startTime": "11:00", "endTime": "11:30"}
    assert stack.deliver("Request", {"action": "UPDATE", "appointmentId": visit.id, **day}) == []
    (after,) = stack.store.load(Appointment, [visit.id])
    assert after.start.date() > visit.start.date()


def cancel_by_request(stack: Stack, number: int) -> None:
    visit = wide_visit(stack, number)
    assert stack.deliver("Request", {"action": "CANCEL", "appointmentId": visit.id}) == []
    assert status_of(stack, visit.id) is AppointmentStatus.CANCELLED


def confirm(stack: Stack, number: int) -> None:
    visit = visit_of(stack, number, by_request=True)
    assert stack.deliver("Confirmation", {"appointmentId": visit.id}) == []
    assert status_of(stack, visit.id) is AppointmentStatus.CONFIRMED


def refuse(stack: Stack, number: int) -> None:
    visit = wide_visit(stack, number, by_request=True)
    assert stack.deliver("Confirmation", {"action": "CANCEL", "appointmentId": visit.id}) == []
    assert status_of(stack, visit.id) is AppointmentStatus.CANCELLED


def cancel_after_all(stack: Stack, number: int) -> None:
    visit = wide_visit(stack, number)
    assert stack.deliver("Confirmation", {"action": "CANCEL", "appointmentId": visit.id}) == []
    assert status_of(stack, visit.id) is AppointmentStatus.CANCELLED


def query(stack: Stack, number: int) -> None:
    visit = visit_of(stack, number)
    assert stack.invoke("Query", {"appointmentId": visit.id})["statusCode"] == 200
    found = stack.invoke("Query", {"patientId": visit.patient_id})
    assert visit.id in json.dumps(found)


def query_several(stack: Stack, number: int) -> None:
    visit = visit_of(stack, number)
    second = second_visit(stack, visit)
    stack.set_clock(visit.start - EVENING)
    found = json.dumps(stack.invoke("Query", {"status": "CONFIRMED"}))
    assert visit.id in found
    assert second.id in found
