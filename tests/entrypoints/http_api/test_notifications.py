"""Batches, and the story of each message, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from kept.core.notifications import AttemptState, Notification, SendOutcome
from kept.core.people import ChannelName
from kept.entrypoints.http_api import Limits
from kept.entrypoints.worker import Dispatcher, InlineExecutor
from tests.entrypoints.http_api.test_bookings import seed
from tests.entrypoints.http_api.world import FULL, World, world
from tests.entrypoints.worker.world import RecordingChannel

PATH = "/api/notifications/batch"
NOW_2024 = datetime(2024, 1, 19, 12, tzinfo=UTC)
ITEM = {"patientId": "p1", "phoneNumber": "+12065550101", "email": "one@example.com"}


def with_worker(here: World, *sms_outcomes: SendOutcome) -> tuple[RecordingChannel, RecordingChannel]:
    """Let a worker do what is due whenever it is woken; return its channels."""
    sms, mail = RecordingChannel(ChannelName.SMS, *sms_outcomes), RecordingChannel(ChannelName.EMAIL)
    worker = Dispatcher(
        here.store,
        {ChannelName.SMS: sms, ChannelName.EMAIL: mail},
        clock=here.clock,
        meter=here.meter,
        pool=InlineExecutor(),
        max_in_flight=8,
        record_pauses_s=(0.0,),
    )
    here.on_wake.append(worker.run_due)
    return sms, mail


@pytest.fixture
def then() -> Iterator[World]:
    """The day before the documented visits."""
    made = world(now=NOW_2024)
    yield made
    made.close()


def test_answers_the_documented_batch_as_documented(then: World) -> None:
    wanted = seed("sms_then_email_batch")
    sms, mail = with_worker(then)

    reply = then.call("POST", PATH, json=wanted["request"])

    told = reply.json
    assert reply.status == 200
    assert list(told) == ["batchId", "processed", "results", "successRate", "errors"]
    assert told["processed"] == 4
    assert told["results"] == wanted["results"]
    assert told["successRate"] == wanted["successRate"]
    assert [(e["index"], e["errors"][0]["pointer"]) for e in told["errors"]] == [(3, "#/appointments/3/patientId")]
    assert [message.to for message in sms.sent] == ["+12065550101"]
    assert [message.to for message in mail.sent] == ["two@example.com"]


def test_a_batch_without_errors_answers_exactly_the_documented_members(then: World) -> None:
    with_worker(then)

    told = then.call("POST", PATH, json={"appointments": [seed("sms_then_email_batch")["request"]["appointments"][0]]})

    assert list(told.json) == ["batchId", "processed", "results", "successRate"]
    assert told.json["successRate"] == "100.00%"


def test_an_sms_that_is_refused_is_followed_by_an_email_and_counts_as_fallback(then: World) -> None:
    _, mail = with_worker(then, SendOutcome(state=AttemptState.REFUSED, code="landline"))

    told = then.call("POST", PATH, json={"appointments": [{**ITEM, "appointmentTime": "2024-01-20T14:00:00Z"}]}).json

    assert told["results"] == {"success": 0, "failed": 0, "fallback": 1}
    assert [message.to for message in mail.sent] == ["one@example.com"]


def test_sends_both_at_once_where_the_item_says_so(then: World) -> None:
    sms, mail = with_worker(then)

    told = then.call("POST", PATH, json={"appointments": [seed("both_at_once_item")["item"]]}).json

    assert told["results"] == {"success": 1, "failed": 0, "fallback": 0}
    assert (len(sms.sent), len(mail.sent)) == (1, 1)


def test_a_retry_under_the_same_key_sends_nothing_twice(then: World) -> None:
    sms, _ = with_worker(then)
    asked = seed("sms_then_email_batch")["request"]
    headers = {"Idempotency-Key": "batch-1"}

    first = then.call("POST", PATH, json=asked, headers=headers)
    again = then.call("POST", PATH, json=asked, headers=headers)
    other = then.call("POST", PATH, json={"appointments": asked["appointments"][:1]}, headers=headers)

    assert again.json == first.json
    assert other.json["type"] == "problems/idempotency-key-reused"
    assert len(sms.sent) == 1


def test_a_batch_without_a_key_is_a_new_one_each_time(then: World) -> None:
    sms, _ = with_worker(then)
    asked = {"appointments": [{**ITEM, "appointmentTime": "2024-01-20T14:00:00Z"}]}

    ids = {then.call("POST", PATH, json=asked).json["batchId"] for _ in range(2)}

    assert len(ids) == 2
    assert len(sms.sent) == 2


def test_what_is_not_done_in_time_is_told_as_pending(then: World) -> None:
    reply = then.call("POST", PATH, json={"appointments": [{**ITEM, "appointmentTime": "2024-01-20T14:00:00Z"}]})

    assert reply.status == 202
    assert reply.json["pending"] == 1
    assert reply.json["results"] == {"success": 0, "failed": 0, "fallback": 0}
    assert then.woken == [1]


def test_waits_for_a_worker_that_takes_a_while() -> None:
    here = world(now=NOW_2024, limits=Limits(batch_wait_s=10.0, recent_s=0.0))
    with_worker(here)
    work = here.on_wake.pop()
    here.on_wake.append(lambda: here.loop.call_later(0.05, work))

    reply = here.call("POST", PATH, json={"appointments": [{**ITEM, "appointmentTime": "2024-01-20T14:00:00Z"}]})

    assert reply.status == 200
    assert reply.json["results"]["success"] == 1
    here.close()


def test_many_items_are_planned_in_chunks_and_all_end(then: World) -> None:
    with_worker(then)
    items = [
        {"patientId": f"p{n}", "phoneNumber": f"+1206555{n:04}", "appointmentTime": 1705760400} for n in range(130)
    ]

    told = then.call("POST", PATH, json={"appointments": [*items, items[0]]}).json

    assert told["processed"] == 131
    assert told["results"] == {"success": 131, "failed": 0, "fallback": 0}


def test_an_item_too_late_to_be_of_use_fails_with_its_reason(then: World) -> None:
    with_worker(then)

    told = then.call("POST", PATH, json={"appointments": [{**ITEM, "appointmentTime": "2024-01-19T12:05:00Z"}]}).json

    found = then.call("GET", "/api/notifications", query=f"batchId={told['batchId']}").json["notifications"]
    assert told["results"] == {"success": 0, "failed": 1, "fallback": 0}
    assert [(one["outcome"], one["reason"]) for one in found] == [("skipped", "late")]


def test_of_bad_items_only_the_first_hundred_are_listed(then: World) -> None:
    told = then.call("POST", PATH, json={"appointments": [{}] * 150}).json

    assert told["results"]["failed"] == 150
    assert len(told["errors"]) == 100


def test_errors_of_items_repeat_nothing_that_was_sent(then: World) -> None:
    reply = then.call(
        "POST", PATH, json={"appointments": [{"phoneNumber": "+12065550177", "email": "canary@x.example"}]}
    )

    assert b"0177" not in reply.body
    assert b"canary" not in reply.body


def test_shows_a_notification_with_every_attempt_and_its_story(then: World) -> None:
    with_worker(then, SendOutcome(state=AttemptState.REFUSED, code="landline"))
    then.call("POST", PATH, json={"appointments": [{**ITEM, "appointmentTime": "2024-01-20T14:00:00Z"}]})

    listed = then.call("GET", "/api/patients/p1/notifications").json["notifications"]
    shown = then.call("GET", f"/api/notifications/{listed[0]['notificationId']}")

    told = shown.json
    assert [(a["channel"], a["state"], a["code"]) for a in told["attempts"]] == [
        ("sms", "refused", "landline"),
        ("email", "accepted", ""),
    ]
    assert told["plan"] == [["sms"], ["email"]]
    assert (told["state"], told["outcome"], told["stage"]) == ("done", "accepted", 1)
    assert len(told["story"]) >= 3
    assert b"+12065550101" not in shown.body
    assert b"one@example.com" not in shown.body


def test_a_reminder_names_its_appointment_and_tells_what_comes_next(here: World) -> None:
    appointment_id = here.call("POST", "/api/appointments", json=FULL).json["appointmentId"]

    found = here.call("GET", "/api/notifications", query="day=2026-05-03").json["notifications"]
    shown = here.call("GET", f"/api/notifications/{found[0]['notificationId']}").json

    assert [(one["rule"], one["appointmentId"], one["state"]) for one in found] == [("24h", appointment_id, "planned")]
    assert "2026" in shown["story"][-1]["text"] or shown["story"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        pytest.param("state=planned", 2, id="planned"),
        pytest.param("state=done", 0, id="done"),
        pytest.param("outcome=accepted", 0, id="taken"),
        pytest.param("limit=1", 1, id="one"),
    ],
)
def test_narrows_a_patients_notifications(here: World, query: str, count: int) -> None:
    here.call("POST", "/api/appointments", json=FULL)

    reply = here.call("GET", "/api/patients/pat_1/notifications", query=query)

    assert len(reply.json["notifications"]) == count


def test_lists_todays_notifications_when_nothing_is_said(here: World) -> None:
    here.call("POST", "/api/appointments", json={**FULL, "start": "2026-01-06T09:00:00-05:00"})

    reply = here.call("GET", "/api/notifications")

    assert [one["rule"] for one in reply.json["notifications"]] == ["24h"]


def test_the_ledger_balances_and_counts_by_day(then: World) -> None:
    with_worker(then)
    then.call("POST", PATH, json=seed("sms_then_email_batch")["request"])

    told = then.call("GET", "/api/reports/ledger", query="from=2024-01-19&to=2024-01-20").json

    day = told["days"][0]
    assert (day["day"], day["planned"], day["sent"], day["skipped"], day["balances"]) == ("2024-01-19", 3, 2, 1, True)
    assert told["total"]["byChannel"] == {"sms": 1, "email": 1}
    assert told["total"]["reasons"] == {"no_contact": 1}


def test_a_notification_of_a_batch_keeps_the_senders_own_id(then: World) -> None:
    then.call("POST", PATH, json={"appointments": [seed("both_at_once_item")["item"]]})
    found = next(iter(then.store.query("notifications_by_day", "2024-01-19").hits))

    shown = then.call("GET", f"/api/notifications/{found.id}").json

    assert shown["appointmentId"] == "apt-100"
    assert then.store.load(Notification, (found.id,))[0].appointment_id is None
