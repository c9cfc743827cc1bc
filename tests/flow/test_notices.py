"""A practice tells everybody whom it concerns, each once."""

from datetime import date, timedelta
from functools import partial

import pytest

from kept.adapters.memory import MemoryStore
from kept.core.booking import Appointment, AppointmentStatus
from kept.core.errors import InvalidInputError
from kept.core.notices import PublicNotice, words_said
from kept.core.notifications import Notification, NotificationKind
from kept.core.people import Patient
from kept.core.practice import Practice
from kept.flow.dispatch import Claimed, claim
from kept.flow.notices import Audience, check_notice, concerned, plan_notices
from tests.dispatching import DUE, EMAIL, PHONE, START, appointment, cancelled, consent, notification, patient
from tests.flow.claims import MAIL, SMS, carriers, put, store_of

MONDAY = date(2026, 5, 4)
CLOSED = PublicNotice(id="ntc_1", words={"en": "We are closed on Friday", "es": "Cerramos el viernes"})
TO_ALL = Audience(first=MONDAY, last=MONDAY)
NOON = START + timedelta(hours=3)


def practice(*visits: Appointment, person: Patient | None = None) -> MemoryStore:
    shown = Practice(name="Elm Clinic", phone="206-555-0100")
    return store_of(shown, person or patient(), consent(SMS, PHONE), consent(MAIL, EMAIL), *visits)


def visit(id_: str, **changes: object) -> Appointment:
    return appointment(id=id_, start_local=appointment().start_local, **changes)


def told(store: MemoryStore, ids: tuple[str, ...]) -> tuple[Notification, ...]:
    step = partial(plan_notices, notice=CLOSED, appointment_ids=ids, now=DUE)
    return store.load(Notification, store.submit(step).result())


def claimed(store: MemoryStore, id_: str) -> Claimed:
    return store.submit(partial(claim, notification_id=id_, carriers=carriers(), now=DUE)).result()


def test_everybody_with_a_visit_is_told_once_however_many_they_have() -> None:
    store = practice(visit("a"), visit("b", start=NOON, end=NOON + timedelta(hours=1)))

    (made,) = told(store, concerned(store, TO_ALL, now=DUE))

    assert (made.about, made.batch_id, made.patient_id) == (NotificationKind.NOTICE, "ntc_1", "pat_1")
    assert told(store, ("a", "b")) == (made, made)


@pytest.mark.parametrize(
    ("other", "audience"),
    [
        (visit("a", status=AppointmentStatus.CANCELLED), TO_ALL),
        (visit("a"), Audience(first=MONDAY + timedelta(days=1), last=MONDAY + timedelta(days=2))),
        (visit("a", place_id="elm"), Audience(first=MONDAY, last=MONDAY, place_id="lake")),
        (visit("a", practitioner_id="x"), Audience(first=MONDAY, last=MONDAY, practitioner_id="y")),
    ],
    ids=["cancelled", "another day", "another place", "another practitioner"],
)
def test_nobody_else_is_told(other: Appointment, audience: Audience) -> None:
    assert concerned(practice(other), audience, now=DUE) == ()


def test_a_visit_that_was_cancelled_meanwhile_is_left_out() -> None:
    store = practice(visit("a"))
    ids = concerned(store, TO_ALL, now=DUE)
    (stored,) = store.load(Appointment, ids)
    store.submit(partial(put, entity=visit("a", status=AppointmentStatus.CANCELLED, version=stored.version))).result()

    assert told(store, ids) == ()
    assert told(store, ("nobody",)) == ()


@pytest.mark.parametrize(("language", "words"), [("es", "Cerramos el viernes"), ("pl", "We are closed on Friday")])
def test_it_is_said_in_the_language_of_each(language: str, words: str) -> None:
    store = practice(visit("a"), person=patient(language=language))
    (made,) = told(store, ("a",))

    (handover,) = claimed(store, made.id).handovers

    assert words in handover.message.text


def test_a_message_that_is_no_notice_has_no_words_of_one() -> None:
    assert words_said(notification(), language="en") == ""
    assert cancelled().status is AppointmentStatus.CANCELLED


@pytest.mark.parametrize(
    ("notice", "audience", "code"),
    [
        (PublicNotice(id="n", words={}), TO_ALL, "required"),
        (PublicNotice(id="n", words={"en": "Reply CANCEL if you cannot come"}), TO_ALL, "asks_for_reserved_word"),
        (CLOSED, Audience(first=MONDAY, last=MONDAY - timedelta(days=1)), "out_of_range"),
        (CLOSED, Audience(first=MONDAY, last=MONDAY + timedelta(days=31)), "out_of_range"),
    ],
)
def test_a_notice_that_cannot_be_sent_is_refused(notice: PublicNotice, audience: Audience, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_notice(notice, audience)

    assert [p.code for p in caught.value.problems] == [code]


def test_a_day_with_more_visits_than_a_page_is_read_to_its_end() -> None:
    visits = [visit(f"a{number:03}", patient_id=f"p{number}") for number in range(501)]

    assert len(concerned(practice(*visits), TO_ALL, now=DUE)) == 501
