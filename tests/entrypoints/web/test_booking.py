"""Booking on the page, without script: from a free time to a visit with its reminders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from kept.core.booking import Appointment, AppointmentStatus
from kept.core.notifications import Notification
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.core.practice import Practice
from kept.flow.people import ConsentWish, set_consent
from tests.entrypoints.web.world import PRACTICE, Shown, World

ELEVEN = datetime(2026, 5, 4, 15, tzinfo=UTC)
TOMORROW = "/book?visit=check&practitioner=lee&day=2026-05-05"
AT_NINE = f"{TOMORROW}&start=2026-05-05T09:00:00-04:00"


def visits(world: World) -> list[Appointment]:
    hits = world.store.query("appointments_by_day", "2026-05-05").hits
    return list(world.store.load(Appointment, [hit.id for hit in hits]))


def plain(text: str) -> str:
    return text.replace("\u202f", " ")


def errors(shown: Shown) -> dict[str, str]:
    """Return the errors of a page by the field that they are tied to."""
    found = {}
    for message in shown.page.all("p", class_="error"):
        name = message.get("id") or ""
        tied = [e for e in shown.page.walk() if name in (e.get("aria-describedby") or "").split()]
        assert len(tied) == 1, name
        found[name.removeprefix("e-")] = message.text
    return found


def test_a_visit_is_booked_from_search_to_confirmation(world: World) -> None:
    times = world.browser.look(TOMORROW)
    nine = next(a for a in times.page.one("ul", class_="slots").all("a") if plain(a.text) == "9:00 AM")
    form = world.browser.look((nine.get("href") or "").partition("#")[0])
    found = world.browser.submit(form, "/book#step-3", press=1, q="Ann")

    done = world.browser.submit(found, "/book", press=1)

    (visit,) = visits(world)
    assert (visit.patient_id, visit.practitioner_id, visit.place_id) == ("ann", "lee", "elm")
    assert (visit.start, visit.end - visit.start) == (datetime(2026, 5, 5, 13, tzinfo=UTC), timedelta(minutes=30))
    assert visit.history[0].by == "pages"
    assert done.url.endswith(f"/appointments/{visit.id}?done=booked")
    assert "Booked. Its reminders are planned below." in done.text
    assert "1 hour before: planned" in done.text
    assert world.wakes == 1


def test_a_new_patient_is_registered_with_the_visit(world: World) -> None:
    form = world.browser.look(AT_NINE)

    world.browser.submit(
        form, "/book", press=1, patient="new", first_name="Zoë", phone="(206) 555-0199", email="zoe@example.com"
    )

    (visit,) = visits(world)
    (patient,) = world.store.load(Patient, [visit.patient_id])
    assert (patient.name, patient.phone, patient.email) == ("Zoë", "+12065550199", "zoe@example.com")
    assert all(c.granted for c in consents(world, patient))
    assert len(world.store.load(Notification, visit.notification_ids)) == 2


def consents(world: World, patient: Patient) -> tuple[Consent, ...]:
    ids = [consent_id(channel, address) for channel in ChannelName if (address := patient.address(channel))]
    return world.store.load(Consent, ids)


def test_a_box_that_is_not_ticked_is_a_no(world: World) -> None:
    form = world.browser.look(AT_NINE)

    world.browser.submit(form, "/book", press=1, patient="new", first_name="Zoë", phone="+12065550199", allow_sms="")

    patient = world.store.load(Patient, [visits(world)[0].patient_id])[0]
    assert [c.granted for c in consents(world, patient)] == [False]


def test_a_ticked_box_does_not_lift_an_earlier_opt_out(world: World) -> None:
    stop = ConsentWish(channel=ChannelName.SMS, granted=False, source="reply STOP")
    world.do(lambda tx: set_consent(tx, "+12065550199", stop, by="test", now=world.clock.now()))
    form = world.browser.look(AT_NINE)

    world.browser.submit(form, "/book", press=1, patient="new", first_name="Zoë", phone="+12065550199")

    patient = world.store.load(Patient, [visits(world)[0].patient_id])[0]
    assert [c.source for c in consents(world, patient)] == ["reply STOP"]


def test_sending_the_form_twice_books_once(world: World) -> None:
    form = world.browser.look(AT_NINE)

    first = world.browser.submit(form, "/book", press=1, patient="new", first_name="Zoë")
    again = world.browser.submit(form, "/book", press=1, patient="new", first_name="Zoë")

    assert len(visits(world)) == 1
    assert first.url == again.url


def test_what_was_typed_is_kept_and_every_error_stands_at_its_field(world: World) -> None:
    typed = {"first_name": "", "last_name": "", "phone": "12", "email": "no", "notes": "brings a dog"}

    shown = world.browser.submit(world.browser.look(AT_NINE), "/book", press=1, patient="new", **typed)

    fields = {f.get("name"): f.get("value") for f in shown.page.all("input")}
    links = [a.get("href") for a in shown.page.one("div", class_="summary").all("a")]
    ids = {e.get("id") for e in shown.page.walk()}
    assert shown.status == 422
    assert set(errors(shown)) == {"first_name", "phone", "email"}
    assert (fields["phone"], fields["email"]) == ("12", "no")
    assert shown.page.one("textarea", name="notes").text == "brings a dog"
    assert {href[1:] for href in links if href} <= ids
    assert visits(world) == []


def test_a_patient_must_be_chosen(world: World) -> None:
    shown = world.browser.submit(world.browser.look(AT_NINE), "/book", press=1)

    assert (shown.status, set(errors(shown))) == (422, {"patient"})


@pytest.mark.parametrize("patient", ["nobody", "../etc", "x" * 200])
def test_a_patient_must_be_known(world: World, patient: str) -> None:
    shown = world.browser.submit(world.browser.look(AT_NINE), "/book", press=1, patient=patient)

    assert (shown.status, set(errors(shown))) == (422, {"patient"})


def test_a_time_that_was_taken_meanwhile_leads_to_the_next_free_ones(world: World) -> None:
    form = world.browser.look(AT_NINE)
    world.book("a1", "ben", datetime(2026, 5, 5, 13, tzinfo=UTC))
    typed = {"patient": "new", "first_name": "Zoë", "phone": "+12065550199"}

    shown = world.browser.submit(form, "/book", press=1, **typed)

    offered = [plain(label.text) for label in shown.page.all("label", for_="f-start")]
    assert shown.status == 409
    assert "That time is taken" in shown.text
    assert offered == ["Tue, May 5, 9:30 AM (New York, GMT-4)"]
    assert "Ben" not in shown.text
    assert len(visits(world)) == 1

    start = shown.page.one("input", id_="f-start").get("value") or ""
    world.browser.submit(shown, "/book", press=1, start=start)
    assert sorted(plain(str(v.start_local.time())) for v in visits(world)) == ["09:00:00", "09:30:00"]


def test_says_when_the_patient_is_the_one_who_is_taken(world: World) -> None:
    world.book("a1", "ann", datetime(2026, 5, 5, 13, tzinfo=UTC), practitioner="night")

    shown = world.browser.submit(world.browser.look(AT_NINE), "/book", press=1, patient="ann")

    assert shown.status == 409
    assert "The patient has another visit at that time." in shown.text


def test_a_wall_time_that_does_not_exist_is_asked_about(world: World) -> None:
    world.clock.set(datetime(2026, 3, 1, tzinfo=UTC))

    shown = world.browser.look("/book?visit=check&practitioner=night&day=2026-03-08&time=02:30")

    offered = [plain(c.text) for c in shown.page.all("div", class_="choice") if "GMT" in c.text]
    assert shown.status == 422
    assert "does not exist" in errors(shown)["start"]
    assert offered == [
        "Sun, Mar 8, 1:30 AM (New York, GMT-5)",
        "Sun, Mar 8, 3:00 AM (New York, GMT-4)",
        "Sun, Mar 8, 3:30 AM (New York, GMT-4)",
    ]


def test_a_wall_time_that_occurs_twice_is_asked_about_and_either_can_be_booked(world: World) -> None:
    asked = world.browser.look("/book?visit=check&practitioner=night&day=2026-11-01&time=01:30")
    starts = [f.get("value") or "" for f in asked.page.all("input", name="start", type="radio")]

    for start, patient in zip(starts, ("ann", "ben"), strict=True):
        world.browser.submit(asked, "/book", press=1, start=start, patient=patient, id="")

    booked = world.store.query("appointments_by_day", "2026-11-01").hits
    assert starts == ["2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"]
    assert len({a.start for a in world.store.load(Appointment, [hit.id for hit in booked])}) == 2


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ("2026-05-05T09:00:00-09:00", "offset"),
        ("2026-05-05", "not a date and time"),
        ("2026-05-03T09:00:00-04:00", "past"),
        ("2026-05-05T05:00:00-04:00", "outside the hours"),
        ("2036-05-05T09:00:00-04:00", "days ahead"),
    ],
)
def test_a_start_that_cannot_be_is_refused_and_free_ones_are_offered(world: World, start: str, says: str) -> None:
    form = world.browser.look(AT_NINE)

    shown = world.browser.submit(form, "/book", press=1, start=start, patient="ann")

    assert shown.status == 422
    assert says in errors(shown).get("start", "") or says in shown.text
    assert visits(world) == []


def test_a_day_without_free_times_names_the_next_ones(world: World) -> None:
    shown = world.browser.look("/book?visit=check&practitioner=lee&day=2026-05-09")

    assert "No time is free on this day." in shown.text
    assert "Mon, May 11, 8:00 AM" in plain(shown.text)


def test_a_time_besides_the_offered_ones_can_be_typed(world: World) -> None:
    shown = world.browser.submit(world.browser.look(TOMORROW), "/book#step-3", time="09:05")

    assert "Tue, May 5, 9:05 AM" in plain(shown.page.one("p", id_="f-start").text)


def test_a_practice_without_visit_types_books_by_minutes(world: World) -> None:
    world.do(lambda tx: tx.put(msgspec.structs.replace(PRACTICE, version=1, visit_types=())))
    form = world.browser.look("/book?practitioner=lee&day=2026-05-05")

    wrong = world.browser.submit(form, "/book", press=1, time="09:00", minutes="ten", patient="ann")
    world.browser.submit(form, "/book", press=1, time="09:00", minutes="50", patient="ann")

    assert (wrong.status, set(errors(wrong))) == (422, {"minutes"})
    assert [v.end - v.start for v in visits(world)] == [timedelta(minutes=50)]


def test_a_time_must_be_given(world: World) -> None:
    world.do(lambda tx: tx.put(msgspec.structs.replace(PRACTICE, version=1, visit_types=())))

    shown = world.browser.submit(world.browser.look("/book?day=2026-05-05"), "/book", press=1, patient="ann")

    assert errors(shown) == {"start": "✕ must be chosen"}


def test_minutes_that_are_none_are_told_before_anything_is_sent(world: World) -> None:
    world.do(lambda tx: tx.put(msgspec.structs.replace(PRACTICE, version=1, visit_types=())))

    assert set(errors(world.browser.look("/book?minutes=-5"))) == {"minutes"}


def test_a_fresh_practice_can_book_too(world: World) -> None:
    world.do(lambda tx: tx.put(Practice(version=1)))
    form = world.browser.look("/book?day=2026-05-05")

    world.browser.submit(form, "/book", press=1, time="12:00", patient="new", first_name="Zoë")

    assert [(v.zone, v.status) for v in visits(world)] == [("UTC", AppointmentStatus.CONFIRMED)]


@pytest.mark.parametrize(
    ("q", "says"),
    [
        ("An", "three letters"),
        ("Xyz", "Nobody is found"),
        ("ann", "Ann Lee"),
        ("206 555 0101", "Ann Lee"),
        ("ANN@example.com", "Ann Lee"),
        ("@", "three letters"),
        ("nobody@example.com", "Nobody is found"),
    ],
)
def test_a_patient_is_found_by_name_number_or_address(world: World, q: str, says: str) -> None:
    shown = world.browser.submit(world.browser.look(AT_NINE), "/book#step-3", press=1, q=q)

    assert says in shown.text


def test_a_visit_is_booked_from_the_patients_own_page(world: World) -> None:
    links = [a.get("href") or "" for a in world.browser.look("/patients/ann").page.all("a")]
    (link,) = [href for href in links if "patient=" in href]

    form = world.browser.look(f"{link}&{AT_NINE.partition('?')[2]}")
    world.browser.submit(form, "/book", press=1)

    assert [v.patient_id for v in visits(world)] == ["ann"]
