"""Replies, applied on a store in memory: matched without guessing, once in effect, and no STOP that is not honoured."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from kept.core.booking import AppointmentStatus, ParticipationStatus
from kept.core.notifications import Notification, Reason
from kept.core.people import ChannelName, consent_id
from kept.core.receipts import ProviderMessage
from kept.core.worklist import ItemKind, WorklistItem
from kept.flow.dispatch import claim
from kept.flow.matching import Found
from kept.flow.people import ConsentWish, set_consent
from kept.flow.replies import WRONG_NUMBER, apply_reply
from kept.flow.worklist import Act, close_item, worklist
from kept.ports.store import Entity
from tests.dispatching import DUE, EMAIL, PHONE, START, appointment, attempt, consent, notification, patient
from tests.flow.answering import MAIL, SMS, World, incoming

HOUR = timedelta(hours=1)
SENT_TO_PHONE = msgspec.structs.replace(attempt("a"), destination_hash=consent_id(SMS, PHONE))


@pytest.fixture
def world() -> World:
    return World()


# ---- what each intent does


@pytest.mark.parametrize(
    ("text", "participation", "items"),
    [
        ("C", ParticipationStatus.ACCEPTED, []),
        ("👍", ParticipationStatus.ACCEPTED, []),
        ("can we move it to next week?", ParticipationStatus.TENTATIVE, [ItemKind.WANTS_TO_MOVE]),
        ("I can't make it", ParticipationStatus.DECLINED, [ItemKind.WANTS_TO_CANCEL]),
        ("cancel my appointment please", ParticipationStatus.DECLINED, [ItemKind.WANTS_TO_CANCEL]),
        ("see you at the end of May", ParticipationStatus.NEEDS_ACTION, [ItemKind.UNCLEAR_REPLY]),
        ("HELP", ParticipationStatus.NEEDS_ACTION, []),
        ("", ParticipationStatus.NEEDS_ACTION, []),
        ("I am on holiday. This is an automatic reply", ParticipationStatus.NEEDS_ACTION, []),
    ],
)
def test_an_answer_is_noted_and_a_person_asked_where_one_is_needed(
    world: World, text: str, participation: ParticipationStatus, items: list[ItemKind]
) -> None:
    kept = world.answer(text)

    visit = world.visit()
    assert (visit.participation, visit.status) == (participation, AppointmentStatus.CONFIRMED)
    assert world.items() == [(about, "apt_1") for about in items]
    assert world.allows()
    assert (kept.text, kept.appointment_id, kept.patient_ids) == (text, "apt_1", ("pat_1",))


def test_an_answer_stands_in_the_history_and_the_same_again_does_not(world: World) -> None:
    world.answer("C")
    world.answer("yes")

    assert [h.what for h in world.visit().history] == ["book", "accepted"]


@pytest.mark.parametrize("text", ["STOP", "Please stop texting me", "no más mensajes", "ARRET"])
def test_stop_ends_text_messages_and_leaves_mail_and_the_visit_alone(world: World, text: str) -> None:
    world.answer(text)

    known = world.consent()
    assert known
    assert (known.granted, known.source, known.wording, known.recorded_by) == (False, "reply", text, "fake/r1")
    assert world.allows(MAIL, EMAIL)
    assert (world.items(), world.visit().participation) == ([], ParticipationStatus.NEEDS_ACTION)


def test_stop_counts_beside_half_a_character_and_can_be_stored(world: World) -> None:
    kept = world.answer("STOP \ud83d")

    assert (kept.text, world.allows()) == ("STOP ?", False)
    assert msgspec.json.encode(world.consent())


def test_no_text_starts_once_stop_is_committed(world: World) -> None:
    world.put(notification(plan=((SMS,),)))
    world.answer("STOP")

    found = world.store.submit(lambda tx: claim(tx, "ntf_1", carriers={}, now=DUE)).result()

    assert found.handovers == ()
    assert found.notification
    assert found.notification.reason is Reason.OPTED_OUT
    assert world.items() == [(ItemKind.OPTED_OUT, "apt_1")]


def test_cancel_alone_ends_messages_cancels_nothing_and_asks_a_person(world: World) -> None:
    world.answer("CANCEL")

    assert not world.allows()
    assert world.visit().is_live
    assert world.visit().participation is ParticipationStatus.NEEDS_ACTION
    assert world.items() == [(ItemKind.WANTS_TO_CANCEL, "apt_1")]


def test_cancel_from_a_country_where_it_is_no_stop_is_a_refusal(world: World) -> None:
    abroad = "+447911123456"
    world.put(patient(id="pat_2", phone=abroad, version=0), appointment(id="apt_2", patient_id="pat_2", version=0))
    world.put(consent(SMS, abroad))

    world.answer("CANCEL", sender=abroad)

    assert world.allows(SMS, abroad)
    assert world.visit("apt_2").participation is ParticipationStatus.DECLINED


def test_start_lifts_an_opt_out(world: World) -> None:
    world.answer("STOP")
    world.answer("START")

    known = world.consent()
    assert known
    assert (known.granted, known.wording) == (True, "START")


def test_start_allows_nothing_that_nobody_had_forbidden(world: World) -> None:
    before = world.consent()
    world.answer("START")
    world.answer("START", sender="+12065550177")

    assert world.consent() == before
    assert world.consent(SMS, "+12065550177") is None


@pytest.mark.parametrize("text", ["YES", "C", "ok see you then"])
def test_yes_never_lifts_an_opt_out_and_a_person_asks_what_was_meant(world: World, text: str) -> None:
    world.answer("STOP")
    world.answer(text)

    assert not world.allows()
    assert world.visit().participation is ParticipationStatus.NEEDS_ACTION
    assert world.items() == [(ItemKind.UNCLEAR_REPLY, "apt_1")]


def test_a_refusal_counts_even_from_an_address_that_is_opted_out(world: World) -> None:
    world.answer("STOP")
    world.answer("I can't make it")

    assert world.visit().participation is ParticipationStatus.DECLINED


def test_a_wrong_number_is_written_to_no_more(world: World) -> None:
    world.put(notification(plan=((SMS,),)))
    world.answer("wrong number")

    found = world.store.submit(lambda tx: claim(tx, "ntf_1", carriers={}, now=DUE)).result()

    known = world.consent()
    assert known
    assert (known.unusable, known.granted) == (WRONG_NUMBER, True)
    assert found.notification
    assert found.notification.reason is Reason.UNUSABLE
    assert (ItemKind.WRONG_NUMBER, "apt_1") in world.items()


def test_a_wrong_number_that_nobody_gave_us_cannot_be_given_unseen_later(world: World) -> None:
    world.answer("wrong number", sender="+12065550177")

    known = world.consent(SMS, "+12065550177")
    assert known
    assert (known.granted, known.unusable) == (False, WRONG_NUMBER)


def test_stop_does_not_hide_that_a_number_is_wrong(world: World) -> None:
    world.answer("wrong number")
    world.answer("STOP")

    known = world.consent()
    assert known
    assert (known.granted, known.unusable) == (False, WRONG_NUMBER)


# ---- once in effect


def test_the_same_reply_again_changes_nothing(world: World) -> None:
    reply = incoming("STOP")
    world.apply(reply)
    again = ConsentWish(channel=SMS, granted=True, source="signed form")
    world.store.submit(lambda tx: set_consent(tx, PHONE, again, by="key_1", now=DUE)).result()

    world.apply(reply)

    assert world.allows()
    assert len(world.store.query("replies_by_patient", "pat_1").hits) == 1
    assert len(world.store.query("replies_by_day", DUE.date().isoformat()).hits) == 1


def test_a_new_unclear_reply_opens_an_item_again_that_was_closed(world: World) -> None:
    world.answer("hm?")
    item = worklist(world.store, now=DUE).rows[0].item
    act = Act(item_id=item.id, by="key_1")
    world.store.submit(lambda tx: close_item(tx, act, done="called", now=DUE)).result()

    world.answer("hm hm?")

    (row,) = worklist(world.store, now=DUE).rows
    assert [r.text for r in row.replies] == ["hm?", "hm hm?"]
    assert row.phone == PHONE


# ---- which visit


def test_two_visits_on_one_number_are_asked_about_and_never_guessed(world: World) -> None:
    world.put(patient(id="pat_2"), appointment(id="apt_2", patient_id="pat_2", start=START + HOUR))

    world.answer("C")

    assert {world.visit(i).participation for i in ("apt_1", "apt_2")} == {ParticipationStatus.NEEDS_ACTION}
    assert world.items() == [(ItemKind.UNCLEAR_REPLY, None)]
    (item,) = (row.item for row in worklist(world.store, now=DUE).rows)
    assert (item.patient_id, item.address) == ("", PHONE)


def test_two_visits_of_one_person_are_asked_about(world: World) -> None:
    world.put(appointment(id="apt_2", start=START + HOUR))

    world.answer("I can't make it")

    assert world.items() == [(ItemKind.UNCLEAR_REPLY, None)]
    assert worklist(world.store, now=DUE).rows[0].item.patient_id == "pat_1"


def test_a_reply_to_one_message_is_about_its_visit_whatever_else_is_booked(world: World) -> None:
    world.put(
        patient(id="pat_2"),
        appointment(id="apt_2", patient_id="pat_2", start=START + HOUR),
        notification(SENT_TO_PHONE),
        ProviderMessage(id="fake/m1", attempt_id=SENT_TO_PHONE.id, noted_at=DUE),
    )

    kept = world.answer("C", answers_message_id="m1")

    assert (kept.appointment_id, kept.patient_ids) == ("apt_1", ("pat_1",))
    assert world.visit("apt_1").participation is ParticipationStatus.ACCEPTED
    assert world.visit("apt_2").participation is ParticipationStatus.NEEDS_ACTION


@pytest.mark.parametrize(
    ("channel", "address", "participation"),
    [(SMS, PHONE, ParticipationStatus.NEEDS_ACTION), (MAIL, EMAIL, ParticipationStatus.ACCEPTED)],
)
def test_with_two_visits_asked_about_only_mail_tells_which_one_an_answer_means(
    world: World, channel: ChannelName, address: str, participation: ParticipationStatus
) -> None:
    sent = [
        msgspec.structs.replace(attempt("a", channel=channel), id=f"ntf_{n}.x.1", destination_hash=hashed)
        for n, hashed in enumerate([consent_id(channel, address)] * 2, start=1)
    ]
    world.put(
        patient(id="pat_2"),
        appointment(id="apt_2", patient_id="pat_2", start=START + HOUR, notification_ids=("ntf_2", "ntf_9")),
        notification(sent[0]),
        notification(sent[1], id="ntf_2", patient_id="pat_2", appointment_id="apt_2"),
        ProviderMessage(id="fake/m1", attempt_id="ntf_1.x.1", noted_at=DUE),
    )

    world.answer("C", channel=channel, sender=address, answers_message_id="m1")

    assert world.visit("apt_1").participation is participation
    assert world.visit("apt_2").participation is ParticipationStatus.NEEDS_ACTION


def test_a_yes_to_a_time_that_was_moved_since_is_none_to_the_new_one(world: World) -> None:
    world.put(
        notification(SENT_TO_PHONE),
        ProviderMessage(id="fake/m1", attempt_id=SENT_TO_PHONE.id, noted_at=DUE),
        msgspec.structs.replace(world.visit(), sequence=1, start=START + HOUR),
    )

    world.answer("C", answers_message_id="m1")

    assert world.visit().participation is ParticipationStatus.NEEDS_ACTION
    assert world.items() == [(ItemKind.UNCLEAR_REPLY, None)]


@pytest.mark.parametrize(
    "sent",
    [
        (),
        (ProviderMessage(id="fake/m1", noted_at=DUE),),
        (ProviderMessage(id="fake/m1", attempt_id="ntf_9.sms.1", noted_at=DUE),),
        (ProviderMessage(id="fake/m1", attempt_id="ntf_1.sms.1", noted_at=DUE), notification(attempt("a"))),
    ],
    ids=["unknown", "not ours yet", "forgotten", "to another address"],
)
def test_a_message_that_says_nothing_leaves_the_only_visit(world: World, sent: tuple[Entity, ...]) -> None:
    world.put(*sent)

    world.answer("C", answers_message_id="m1")

    assert world.visit().participation is ParticipationStatus.ACCEPTED


def test_a_reply_to_a_message_without_a_visit_of_ours_is_read_by_a_person(world: World) -> None:
    batch: Notification = notification(SENT_TO_PHONE, appointment_id=None, patient_id="pat_9")
    world.put(batch, ProviderMessage(id="fake/m1", attempt_id=SENT_TO_PHONE.id, noted_at=DUE))

    world.answer("C", answers_message_id="m1")

    assert world.items() == [(ItemKind.UNCLEAR_REPLY, None)]


@pytest.mark.parametrize(
    "changes",
    [{"status": AppointmentStatus.CANCELLED}, {"start": DUE - HOUR}],
    ids=["cancelled", "begun"],
)
def test_a_visit_that_is_over_is_answered_by_nobody(world: World, changes: dict[str, object]) -> None:
    world.put(msgspec.structs.replace(world.visit(), **changes))

    world.answer("C")

    assert world.visit().participation is ParticipationStatus.NEEDS_ACTION
    assert world.items() == [(ItemKind.UNCLEAR_REPLY, None)]


def test_whoever_gave_the_number_away_meanwhile_is_not_meant(world: World) -> None:
    found = Found(patient_ids=("pat_1", "pat_9"), appointment_ids=("apt_1", "apt_9"))
    world.put(msgspec.structs.replace(world.store.load(type(patient()), ["pat_1"])[0], phone=None))

    kept = world.store.submit(lambda tx: apply_reply(tx, incoming("C"), found=found, now=DUE)).result()

    assert (kept.patient_ids, kept.appointment_id) == ((), None)
    assert world.items() == [(ItemKind.UNCLEAR_REPLY, None)]


def test_a_stranger_is_heard_and_matched_to_nobody(world: World) -> None:
    kept = world.answer("who is this?", sender="+12065550177")

    (row,) = worklist(world.store, now=DUE).rows
    assert (kept.patient_ids, row.item.patient_id, row.phone) == ((), "", "+12065550177")


@pytest.mark.parametrize("sender", ["", "72345", "Elm"])
def test_a_sender_that_is_no_number_stops_nobody(world: World, sender: str) -> None:
    world.answer("STOP", sender=sender)

    assert world.allows()


def test_mail_is_matched_without_regard_to_case_and_follows_the_customs_of_the_practice(world: World) -> None:
    world.answer("CANCEL", channel=MAIL, sender="ANA@example.com")

    assert not world.allows(MAIL, EMAIL)
    assert world.allows()
    assert world.items() == [(ItemKind.WANTS_TO_CANCEL, "apt_1")]


def test_every_item_of_a_reply_names_it(world: World) -> None:
    kept = world.answer("R")

    items = world.store.load(WorklistItem, [hit.id for hit in world.store.query("worklist_open", "all").hits])
    assert [item.reply_ids for item in items] == [(kept.id,)]
