"""Appointments, notifications, patients and the outbox: what each page tells."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from kept.core.batches import BatchItem
from kept.core.booking import Appointment
from kept.core.errors import ConflictError, RefusedError, StorageUnavailableError
from kept.core.notifications import SMS_THEN_EMAIL, Notification
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.core.reports import tally
from kept.entrypoints.web import day
from kept.entrypoints.web.app import build_pages
from kept.entrypoints.web.calls import Call
from kept.flow.reminders import plan_batch
from tests.entrypoints.web.world import NOW, Browser, World

ELEVEN = datetime(2026, 5, 4, 15, tzinfo=UTC)


def reminder(world: World, rule: str = "1h") -> Notification:
    ids = world.stored("a1").notification_ids
    return next(n for n in world.store.load(Notification, ids) if n.rule == rule)


def send_in_time(world: World) -> None:
    world.clock.set(ELEVEN - timedelta(hours=1))
    world.send()


@pytest.fixture
def visit(world: World) -> Appointment:
    return world.book("a1", "ann", ELEVEN)


def test_a_sent_reminder_tells_its_story_and_shows_its_message(world: World, visit: Appointment) -> None:
    send_in_time(world)

    shown = world.browser.look(f"/notifications/{reminder(world).id}")
    read = next(a for a in shown.page.all("a") if a.text == "Read it")
    message = world.browser.look(read.get("href") or "")

    assert "Reminder: 1 hour before" in shown.text
    assert "Text message 1: taken by outbox." in shown.text
    assert "Done: the provider has it." in shown.text
    assert "May 4, 10:00:00" in shown.text
    assert [th.get("scope") for th in shown.page.one("table").all("th")] == ["col"] * 7 + ["row"]
    assert {"/appointments/a1", "/patients/ann"} <= {a.get("href") for a in shown.page.all("a")}
    assert "+12065550101" in message.text
    assert "1 segment, GSM-7" in message.text


def test_a_refused_text_message_falls_back_to_mail_and_the_page_says_so(world: World, visit: Appointment) -> None:
    orders = world.browser.look("/outbox/orders")
    told = world.browser.submit(orders, "/outbox/orders", channel="sms", behaviour="refuse", times="1")
    send_in_time(world)

    story = world.browser.look(f"/notifications/{reminder(world).id}").text
    outbox = world.browser.look("/outbox").text

    assert "The outbox has been told." in told.text
    assert "refuses them (for 1 more message)" in told.text
    assert "Text message 1: refused by outbox (refused); it will not be tried again this way." in story
    assert "E-mail 1: taken by outbox." in story
    assert "refused" in outbox
    assert outbox.index("ann@example.com") < outbox.index("+12065550101")


def test_a_reminder_that_was_not_sent_says_why(world: World, visit: Appointment) -> None:
    send_in_time(world)

    shown = world.browser.look(f"/notifications/{reminder(world, '24h').id}")

    assert "not sent · it would have come too late to be of use" in shown.text
    assert "Nothing has been handed over." in shown.text


def test_a_message_of_a_batch_has_a_story_too(world: World) -> None:
    item = BatchItem(
        patient_id="new", start=NOW + timedelta(days=1), zone="Europe/Madrid", place="Here", plan=SMS_THEN_EMAIL
    )
    (made,) = world.do(lambda tx: plan_batch(tx, (item,), batch_id="b1", now=NOW))

    shown = world.browser.look(f"/notifications/{made}")

    assert "Message of a batch" in shown.text
    assert "Madrid, GMT+2" in shown.text


def test_an_appointment_shows_details_history_and_all_its_notifications(world: World, visit: Appointment) -> None:
    world.browser.submit(world.browser.look("/"), "/appointments/a1/check-in")

    shown = world.browser.look("/appointments/a1")

    assert "Ann Lee" in shown.page.one("h1").text
    assert "Dr. Lee" in shown.text
    assert "12 Elm St" in shown.text
    assert "Checked in" in shown.page.one("ol", class_="story").text
    assert len(shown.page.one("ul", class_="told").all("li")) == 2


def test_a_change_on_the_appointments_page_leads_back_to_it(world: World, visit: Appointment) -> None:
    shown = world.browser.submit(world.browser.look("/appointments/a1"), "/appointments/a1/cancel")

    assert shown.url.endswith("/appointments/a1?done=cancel")
    assert "Cancelled" in shown.text


@pytest.mark.parametrize(
    "path",
    [
        "/appointments/none",
        "/appointments/none/move",
        "/notifications/none",
        "/patients/none",
        "/outbox/99",
        "/outbox/x",
    ],
)
def test_what_does_not_exist_is_not_found(world: World, path: str) -> None:
    assert world.browser.look(path).status == 404


@pytest.mark.parametrize(
    ("event", "version", "status"), [("explode", "1", 404), ("cancel", "", 422), ("cancel", "x", 422)]
)
def test_a_change_must_be_one_and_name_a_version(
    world: World, visit: Appointment, event: str, version: str, status: int
) -> None:
    world.browser.look("/")
    fields = {"token": world.browser.cookies["kept_form"], "version": version}

    assert world.browser.post(f"/appointments/a1/{event}", fields).status == status


def test_a_patient_without_a_name_is_shown_by_id(world: World) -> None:
    world.do(lambda tx: tx.put(Patient(id="blank", created_at=NOW, updated_at=NOW)))
    world.book("a1", "blank", ELEVEN)

    assert "Patient blank" in world.browser.look("/").text
    assert "Patient blank" in world.browser.look("/appointments/a1").text
    assert "No number and no address is known" in world.browser.look("/patients/blank").text


def test_a_patients_page_tells_the_day_of_birth_if_known(world: World) -> None:
    (ann,) = world.store.load(Patient, ["ann"])
    world.do(lambda tx: tx.put(msgspec.structs.replace(ann, date_of_birth=date(1980, 2, 29))))

    assert "Feb 29, 1980" in world.browser.look("/patients/ann").text


def test_a_patients_page_shows_ways_visits_and_messages(world: World, visit: Appointment) -> None:
    send_in_time(world)

    shown = world.browser.look("/patients/ann")

    assert "Text message: +12065550101" in shown.text
    assert "given to the practice" in shown.text
    assert "1 hour before: sent" in shown.text
    assert "/appointments/a1" in [a.get("href") for a in shown.page.all("a")]


def test_consent_is_written_down_with_its_evidence_and_counts_at_once(world: World, visit: Appointment) -> None:
    page = world.browser.look("/patients/ann")

    shown = world.browser.submit(
        page, "/patients/ann/consent", granted="no", source="told us by phone", wording="no texts please"
    )
    send_in_time(world)

    (kept,) = world.store.load(Consent, [consent_id(ChannelName.SMS, "+12065550101")])
    assert (kept.granted, kept.source, kept.wording, kept.recorded_by) == (
        False,
        "told us by phone",
        "no texts please",
        "pages",
    )
    assert "Must not be written to" in shown.text
    assert [m.channel for m in world.ledger.messages()] == [ChannelName.EMAIL]


@pytest.mark.parametrize(
    "fields",
    [
        {"channel": "sms", "granted": "maybe", "address": "+12065550101"},
        {"channel": "sms", "granted": "no", "address": "+19995550101"},
        {"channel": "pigeon", "granted": "no"},
    ],
)
def test_consent_that_makes_no_sense_is_refused(world: World, fields: dict[str, str]) -> None:
    world.browser.look("/")

    answer = world.browser.post("/patients/ann/consent", {"token": world.browser.cookies["kept_form"], **fields})

    assert answer.status == 422
    assert world.store.load(Consent, [consent_id(ChannelName.SMS, "+12065550101")])[0].granted


@pytest.mark.parametrize(("q", "says"), [("ann", "Ann Lee"), ("An", "three letters"), ("zzz", "Nobody"), ("", "Find")])
def test_patients_are_searched(world: World, q: str, says: str) -> None:
    assert says in world.browser.look(f"/patients?q={q}").text


def test_the_outbox_loads_itself_anew_until_paused(world: World) -> None:
    live, paused = world.browser.look("/outbox"), world.browser.look("/outbox?paused=1")

    assert [m.get("content") for m in live.page.all("meta") if m.get("http-equiv") == "refresh"] == ["5"]
    assert [m for m in paused.page.all("meta") if m.get("http-equiv")] == []
    assert "/outbox?paused=1" in [a.get("href") for a in live.page.all("a")]
    assert "Nothing has left yet." in live.text


def test_the_outbox_shows_older_messages_on_the_next_page(world: World) -> None:
    items = tuple(
        BatchItem(
            patient_id=f"p{n}",
            start=NOW + timedelta(days=1),
            zone="UTC",
            place="Here",
            plan=SMS_THEN_EMAIL,
            email=f"p{n}@example.com",
        )
        for n in range(51)
    )
    world.do(lambda tx: plan_batch(tx, items, batch_id="b1", now=NOW))
    world.send()

    first = world.browser.look("/outbox")
    older = next(a.get("href") or "" for a in first.page.all("a") if a.text == "Older messages")

    assert len(first.page.one("ol", class_="messages").all("h3")) == 50
    assert len(world.browser.look(older).page.one("ol", class_="messages").all("h3")) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"channel": "pigeon", "behaviour": "refuse", "times": ""},
        {"channel": "sms", "behaviour": "explode", "times": ""},
        {"channel": "sms", "behaviour": "refuse", "times": "7"},
    ],
)
def test_an_order_that_makes_no_sense_is_refused(world: World, fields: dict[str, str]) -> None:
    world.browser.look("/")

    answer = world.browser.post("/outbox/orders", {"token": world.browser.cookies["kept_form"], **fields})

    assert answer.status == 422
    assert world.ledger.orders() == {}


def test_without_an_outbox_there_is_no_page_of_it(world: World) -> None:
    world.parts.__dict__["outbox"] = None

    assert world.browser.look("/outbox").status == 404
    assert "/outbox" not in [a.get("href") for a in world.browser.look("/").page.all("a")]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StorageUnavailableError("busy"), 503),
        (ConflictError("raced"), 409),
        (RefusedError("no", "a rule says no"), 422),
        (ValueError("Ann Lee broke it"), 500),
    ],
)
def test_a_failure_is_a_page_that_says_what_to_do_and_nothing_of_anybody(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(_: Call) -> None:
        raise error

    monkeypatch.setattr(day, "appointments_on", lambda *_: fail(_))

    shown = world.browser.look("/")

    assert shown.status == status
    assert "Ann" not in shown.text


def test_no_page_needs_the_store_to_say_that_it_is_gone(world: World, tmp_path: Path) -> None:
    world.store.close()

    shown = Browser(world.parts).look("/")

    assert shown.status == 503
    assert "The data cannot be reached just now" in shown.text


def test_the_sentence_of_the_ledger_complains_when_it_does_not_balance(
    world: World, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day, "tally", lambda found: msgspec.structs.replace(tally(found), planned=9))

    assert "The ledger does not balance" in world.browser.look("/").text
    assert build_pages(world.parts).routes
