"""The night, the caps, the budget and the countries are read in the transaction that claims a message."""

from datetime import UTC, datetime, time, timedelta
from functools import partial

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.core.booking import Appointment, AppointmentEvent, BookingRequest
from kept.core.intervals import Interval
from kept.core.limits import Caps, DaySpend
from kept.core.notifications import Notification, NotificationKind, NotificationState, Reason
from kept.core.people import Consent, Patient
from kept.core.practice import Practice
from kept.core.quiet_hours import QuietHours
from kept.flow.booking import Change, apply, book, move
from kept.flow.dispatch import Claimed, claim
from kept.flow.people import ConsentWish, prove, register
from tests.dispatching import DUE, EMAIL, PHONE, appointment, consent, notification, patient
from tests.flow.claims import MAIL, SMS, carriers, put, store_of

HOUR = timedelta(hours=1)
QUIET = QuietHours()
NINE_THERE = datetime(2026, 5, 3, 9, 0, tzinfo=UTC) + 7 * HOUR
"""Nine in the morning where the number 206-555-0111 is at home, noon in New York."""
EARLY_THERE = NINE_THERE - 2 * HOUR


def stored(practice: Practice, *planned: Notification, person: Patient | None = None) -> MemoryStore:
    visit = appointment(start=DUE + 30 * HOUR, end=DUE + 31 * HOUR)
    return store_of(
        practice, person or patient(), visit, consent(SMS, PHONE), consent(MAIL, EMAIL), *(planned or (late(),))
    )


def late(**changes: object) -> Notification:
    """Return a reminder that may be sent all day long."""
    return msgspec.structs.replace(notification(), deadline_at=DUE + 20 * HOUR, **changes)


def claimed(store: MemoryStore, *, now: datetime, id_: str = "ntf_1") -> Claimed:
    return store.submit(partial(claim, notification_id=id_, carriers=carriers(), now=now)).result()


def by_id(store: MemoryStore, id_: str = "ntf_1") -> Notification:
    return store.load(Notification, [id_])[0]


def test_a_text_waits_until_it_is_day_both_at_the_visit_and_at_the_number() -> None:
    store = stored(Practice(quiet_hours=QUIET))

    early = claimed(store, now=EARLY_THERE)
    later = claimed(store, now=NINE_THERE)

    assert early.handovers == ()
    assert early.notification
    assert early.notification.wake_at == NINE_THERE - HOUR
    assert [h.message.channel for h in later.handovers] == [SMS]


def test_a_patients_own_zone_counts_before_the_places() -> None:
    at_home = patient(zone="America/Los_Angeles")
    store = stored(Practice(quiet_hours=QUIET), person=at_home)

    assert claimed(store, now=EARLY_THERE).handovers == ()
    assert len(claimed(store, now=NINE_THERE).handovers) == 1


def test_no_provider_holds_a_text_into_the_night() -> None:
    store = stored(Practice(quiet_hours=QUIET))
    seven_in_new_york = NINE_THERE + 7 * HOUR

    (handover,) = claimed(store, now=seven_in_new_york).handovers

    assert handover.message.expires_at == seven_in_new_york + HOUR


def test_mails_know_no_night() -> None:
    store = stored(Practice(quiet_hours=QUIET), person=patient(phone=None))

    (handover,) = claimed(store, now=EARLY_THERE).handovers

    assert handover.message.channel is MAIL


def test_a_second_text_of_the_day_goes_by_mail() -> None:
    store = stored(Practice(caps=Caps()), late(), late(id="ntf_2"))

    (first,) = claimed(store, now=NINE_THERE).handovers
    (second,) = claimed(store, now=NINE_THERE, id_="ntf_2").handovers

    assert (first.message.channel, second.message.channel) == (SMS, MAIL)
    assert [note.reason for note in by_id(store, "ntf_2").notes] == [Reason.CAPPED]
    assert [len(number.told) for number in store.load(Consent, [consent(SMS, PHONE).id])] == [1]


def test_an_answer_is_neither_held_nor_counted() -> None:
    answer = notification(
        about=NotificationKind.ANSWER, plan=((SMS,),), deadline_at=DUE + 20 * HOUR, addresses={SMS: PHONE}
    )
    store = stored(Practice(quiet_hours=QUIET, caps=Caps()), answer)

    assert len(claimed(store, now=EARLY_THERE).handovers) == 1
    assert [number.told for number in store.load(Consent, [consent(SMS, PHONE).id])] == [()]


def test_a_day_spends_no_more_than_its_budget() -> None:
    store = stored(Practice(sms_per_day=1), late(), late(id="ntf_2"))

    claimed(store, now=NINE_THERE)
    (second,) = claimed(store, now=NINE_THERE, id_="ntf_2").handovers

    assert second.message.channel is MAIL
    assert [note.reason for note in by_id(store, "ntf_2").notes] == [Reason.OVER_BUDGET]
    assert store.load(DaySpend, ["sms/2026-05-03"])[0].segments == 1


@pytest.mark.parametrize(("countries", "channel"), [(("US", "CA"), SMS), (("FR",), MAIL), ((), SMS)])
def test_texts_go_to_the_countries_that_the_practice_names(countries: tuple[str, ...], channel: object) -> None:
    store = stored(Practice(sms_countries=countries))

    (handover,) = claimed(store, now=NINE_THERE).handovers

    assert handover.message.channel is channel


def test_no_text_goes_to_a_number_that_nobody_has_shown_to_be_theirs() -> None:
    unproven = msgspec.structs.replace(consent(SMS, PHONE), is_unproven=True)
    store = store_of(Practice(), patient(), appointment(), unproven, consent(MAIL, EMAIL), notification())

    (handover,) = claimed(store, now=DUE).handovers

    assert handover.message.channel is MAIL


# ---- planning


def booked(practice: Practice, *, start: datetime, person: Patient | None = None) -> MemoryStore:
    store = store_of(practice, person or patient(zone="America/New_York", phone="+12125550100"))
    wish = BookingRequest(patient_id="pat_1", start=start, end=start + HOUR, zone="America/New_York")
    store.submit(partial(book, request=wish, appointment_id="apt_1", now=DUE - timedelta(days=5))).result()
    return store


def planned(store: MemoryStore) -> dict[str, Notification]:
    (visit,) = store.load(Appointment, ["apt_1"])
    return {n.rule: n for n in store.load(Notification, visit.notification_ids)}


def eastern(text: str) -> datetime:
    return (datetime.fromisoformat(text) + 4 * HOUR).replace(tzinfo=UTC)


def test_a_reminder_of_the_night_comes_in_the_evening_before() -> None:
    rules = planned(booked(Practice(quiet_hours=QUIET), start=eastern("2026-05-05T02:00")))

    assert rules["24h"].due_at == eastern("2026-05-04T08:00")
    assert rules["1h"].state is NotificationState.DONE
    assert rules["1h"].reason is Reason.TOLD_THAT_DAY


def test_an_early_visit_is_told_once_on_the_day_before() -> None:
    rules = planned(booked(Practice(quiet_hours=QUIET), start=eastern("2026-05-05T08:20")))

    assert rules["24h"].due_at == eastern("2026-05-04T08:20")
    assert rules["1h"].reason is Reason.TOLD_THAT_DAY


def test_who_has_no_number_is_not_moved_out_of_the_night() -> None:
    nowhere = patient(phone=None)
    rules = planned(booked(Practice(quiet_hours=QUIET), start=eastern("2026-05-05T08:20"), person=nowhere))

    assert rules["1h"].due_at == eastern("2026-05-05T07:20")


def test_a_practice_may_keep_more_quiet_than_it_must() -> None:
    quiet = QuietHours(begin=time(19), end=time(10))

    rules = planned(booked(Practice(quiet_hours=quiet), start=eastern("2026-05-05T09:30")))

    assert rules["24h"].due_at == eastern("2026-05-04T10:00")


# ---- news

TELLS = Practice(notices=(NotificationKind.BOOKED, NotificationKind.MOVED, NotificationKind.CANCELLED))
START = eastern("2026-05-05T15:00")


def test_a_booking_a_move_and_a_cancellation_are_told_each_once() -> None:
    store = booked(TELLS, start=START)
    to = Interval(start=START + HOUR, end=START + 2 * HOUR)

    change = Change(appointment_id="apt_1", by="desk")
    store.submit(partial(move, change=change, to=to, zone="America/New_York", now=DUE)).result()
    store.submit(partial(apply, change=change, event=AppointmentEvent.CANCEL, now=DUE + HOUR)).result()

    rules = planned(store)
    assert [rules[name].about.value for name in ("booked", "moved", "cancelled")] == ["booked", "moved", "cancelled"]
    assert rules["moved"].deadline_at <= START
    assert rules["moved"].reason is Reason.APPOINTMENT_CANCELLED
    assert rules["cancelled"].state is NotificationState.PLANNED


def test_a_practice_that_tells_nothing_plans_nothing_more() -> None:
    assert set(planned(booked(Practice(), start=START))) == {"24h", "1h"}


# ---- numbers that a stranger has typed


def typed_in(store: MemoryStore, person: Patient) -> None:
    wish = ConsentWish(channel=SMS, granted=True, source="typed on a public page", is_unproven=True)
    store.submit(partial(register, patient=person, wishes=(wish,), by="site", now=DUE)).result()


def test_a_typed_number_gets_nothing_until_somebody_has_written_from_it() -> None:
    store = store_of(Practice(), appointment(), notification())
    typed_in(store, patient(email=None))

    refused = claimed(store, now=DUE).notification
    store.submit(partial(prove, channel=SMS, address=PHONE)).result()
    store.submit(partial(put, entity=notification(id="ntf_2"))).result()

    assert refused
    assert refused.reason is Reason.UNVERIFIED
    assert len(claimed(store, now=DUE, id_="ntf_2").handovers) == 1


def test_typing_a_number_that_is_known_already_changes_nothing_about_it() -> None:
    known = consent(SMS, PHONE)
    store = store_of(known)

    typed_in(store, patient())

    assert store.load(Consent, [known.id])[0].source == known.source
