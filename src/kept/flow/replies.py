"""
Apply what people answer: understood by rules, matched without guessing, once in effect however often it comes.

A wish to end messages is in force with the commit that notes it: every send reads consent again in its own transaction.
What the rules do not understand, or cannot match to one visit, a person reads. Nothing here moves a visit, and only the
bare word CANCEL cancels one, where the practice has said that it shall.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

import msgspec

from kept.core.answers import AnswerText
from kept.core.booking import (
    Appointment,
    AppointmentEvent,
    AppointmentStatus,
    ParticipationStatus,
    answered,
    sort_instant,
)
from kept.core.conversation import Effect, Reply, country_of, kept_reply, reply_key
from kept.core.people import Consent, consent_id
from kept.core.practice import PRACTICE_ID, CancelWord, Practice
from kept.core.receipts import IncomingReply
from kept.core.replies import Intent, understand
from kept.core.worklist import ItemKind, Subject, WorklistItem, item_for_reply
from kept.flow.answers import Heard, ask_which, chosen, mail_cancel_link, tell
from kept.flow.booking import Change, apply
from kept.flow.matching import Found, found_for, matched
from kept.flow.people import prove
from kept.flow.reminders import touch_reminders
from kept.flow.worklist import open_item
from kept.ports.store import Store, Transaction

WRONG_NUMBER: Final = "wrong_number"
"""What is noted of an address that belongs to somebody else."""
BY: Final = "reply"

_Effects = tuple[Effect, ...]

_ANSWERS: Final = {
    Intent.CONFIRM: (ParticipationStatus.ACCEPTED, Effect.VISIT_CONFIRMED),
    Intent.RESCHEDULE: (ParticipationStatus.TENTATIVE, Effect.OTHER_TIME_WANTED),
    Intent.DECLINE: (ParticipationStatus.DECLINED, Effect.VISIT_DECLINED),
}
_TASKS: Final = {Intent.RESCHEDULE: ItemKind.WANTS_TO_MOVE, Intent.DECLINE: ItemKind.WANTS_TO_CANCEL}
_CANCELLABLE: Final = frozenset({AppointmentStatus.REQUESTED, AppointmentStatus.CONFIRMED})
"""States in which a reply may cancel a visit; who has arrived is asked."""


def reply_step(store: Store, reply: IncomingReply, *, now: datetime) -> Callable[[Transaction], Reply]:
    """Return the step that applies a reply, with what it may be about looked up already."""
    return partial(apply_reply, reply=reply, found=found_for(store, reply, now=now), now=now)


def apply_reply(tx: Transaction, reply: IncomingReply, *, found: Found, now: datetime) -> Reply:
    """
    Keep a reply and do what it asks for; one that is kept already changes nothing.

    Args:
        tx: The transaction.
        reply: As the provider told it.
        found: Whom and what it may be about.
        now: The one reading of the clock.
    """
    known = tx.get(Reply, reply_key(reply.provider, reply.id))
    if known:
        return known
    prove(tx, reply.channel, reply.sender)
    practice = tx.get(Practice, PRACTICE_ID) or Practice()
    taken = understand(reply.text, country=country_of(reply, fallback=practice.region))
    first = Heard(
        reply=kept_reply(reply, taken, now=now),
        taken=taken,
        matched=matched(tx, reply, found, now=now),
        practice=practice,
    )
    heard = chosen(tx, first, now=now) or first
    effects = _done(tx, heard, now=now)
    about = heard.matched
    return tx.put(
        msgspec.structs.replace(
            heard.reply,
            intent=heard.taken.intent.value,
            confidence=heard.taken.confidence.value,
            rule=heard.taken.rule,
            patient_ids=tuple(patient.id for patient in about.patients),
            appointment_id=about.visit.id if about.visit and not heard.also else None,
            effects=effects,
        )
    )


def replies_of(store: Store, patient_id: str, *, now: datetime, limit: int) -> tuple[Reply, ...]:
    """Return the last replies from a patient's number or address, the newest first; none whose time is over."""
    page = store.query("replies_by_patient", patient_id, limit=limit, newest_first=True)
    return tuple(reply for reply in store.load(Reply, [hit.id for hit in page.hits]) if reply.is_kept(now=now))


def forgettable_replies(store: Store, *, now: datetime, limit: int) -> tuple[str, ...]:
    """Return ids of replies whose time is over; candidates for :func:`forget_replies`."""
    page = store.query("replies_by_end", "all", before=sort_instant(now), limit=limit)
    return tuple(hit.id for hit in page.hits)


def forget_replies(tx: Transaction, ids: tuple[str, ...], *, now: datetime) -> int:
    """Remove replies whose time is over, with what they said and whence; return how many there were."""
    over = [reply for reply in (tx.get(Reply, i) for i in ids) if reply and not reply.is_kept(now=now)]
    for reply in over:
        tx.delete(reply)
    return len(over)


def _done(tx: Transaction, heard: Heard, *, now: datetime) -> _Effects:
    """Do what a reply asks for; return what was done."""
    intent = heard.taken.intent
    if intent in _ANSWERS:
        return _answer(tx, heard, now=now)
    if intent is Intent.OPT_OUT:
        return _end_messages(tx, heard, now=now)
    if intent is Intent.OPT_IN:
        return _allow_messages(tx, heard.reply, now=now)
    if intent is Intent.WRONG_NUMBER:
        _give_up_address(tx, heard.reply, now=now)
        _list(tx, heard, ItemKind.WRONG_NUMBER, now=now)
        return (Effect.ADDRESS_GIVEN_UP, Effect.LISTED)
    if intent is Intent.HELP:
        return (Effect.ANSWERED,) if tell(tx, heard, AnswerText.HELP, now=now) else ()
    return _leave_to_a_person(tx, heard, now=now) if intent is Intent.UNCLEAR else ()


def _answer(tx: Transaction, heard: Heard, *, now: datetime) -> _Effects:
    """
    Note an answer about a visit, if it is beyond doubt which visit and what is meant.

    A yes from an address that is opted out may mean the visit or the messages, so a person asks; it lifts nothing.
    """
    intent, visit = heard.taken.intent, heard.matched.visit
    consent = tx.get(Consent, consent_id(heard.reply.channel, heard.reply.sender))
    is_opted_out = consent is not None and not consent.granted
    if visit is None or (intent is Intent.CONFIRM and is_opted_out):
        return _leave_to_a_person(tx, heard, now=now)
    if _may_cancel(heard, visit, (CancelWord.CANCEL,)):
        return _cancel(tx, visit, now=now)
    answer, effect = _ANSWERS[intent]
    for each in (visit, *heard.also):
        after = answered(each, answer, by=BY, now=now)
        if after is not each:
            tx.put(after)
            touch_reminders(tx, after)
    if intent not in _TASKS:
        return (effect,)
    _list(tx, heard, _TASKS[intent], now=now)
    return (effect, Effect.LISTED)


def _leave_to_a_person(tx: Transaction, heard: Heard, *, now: datetime) -> _Effects:
    """List a reply that nobody but a person can understand, and ask which visit it meant, or say that one will call."""
    item = _list(tx, heard, ItemKind.UNCLEAR_REPLY, now=now)
    if heard.taken.intent in _ANSWERS and ask_which(tx, heard, item, now=now):
        return (Effect.LISTED, Effect.ASKED_WHICH_VISIT)
    is_told = tell(tx, heard, AnswerText.UNCLEAR, now=now)
    return (Effect.LISTED, Effect.ANSWERED) if is_told else (Effect.LISTED,)


def _end_messages(tx: Transaction, heard: Heard, *, now: datetime) -> _Effects:
    """
    Withdraw the consent of the address that a reply came from; other addresses of the person keep theirs.

    The word CANCEL alone may mean the visit too: it is cancelled if the practice wants that, else somebody asks, and
    the patient gets a mail that says how to.
    """
    tx.put(_said(tx, heard.reply, granted=False, now=now))
    if not heard.taken.is_bare_cancel:
        return (Effect.MESSAGES_ENDED,)
    visit = heard.matched.visit
    if visit and _may_cancel(heard, visit, (CancelWord.OPTOUT_AND_CANCEL,)):
        return (Effect.MESSAGES_ENDED, *_cancel(tx, visit, now=now))
    _list(tx, heard, ItemKind.WANTS_TO_CANCEL, now=now)
    is_mailed = mail_cancel_link(tx, heard, now=now)
    return (Effect.MESSAGES_ENDED, Effect.LISTED, *((Effect.CANCEL_LINK_MAILED,) if is_mailed else ()))


def _may_cancel(heard: Heard, visit: Appointment, ways: tuple[CancelWord, ...]) -> bool:
    """Tell whether the word CANCEL, and nothing but it, cancels a visit by itself: only where the practice says so."""
    return heard.taken.is_bare_cancel and heard.practice.cancel_word in ways and visit.status in _CANCELLABLE


def _cancel(tx: Transaction, visit: Appointment, *, now: datetime) -> _Effects:
    apply(tx, Change(appointment_id=visit.id, by=BY), AppointmentEvent.CANCEL, now=now)
    return (Effect.VISIT_CANCELLED,)


def _allow_messages(tx: Transaction, reply: Reply, *, now: datetime) -> _Effects:
    """Lift an opt-out of the address; where none is on record nothing is allowed that was not allowed before."""
    known = tx.get(Consent, consent_id(reply.channel, reply.sender))
    if known is None or known.granted:
        return ()
    tx.put(_said(tx, reply, granted=True, now=now))
    return (Effect.MESSAGES_ALLOWED,)


def _give_up_address(tx: Transaction, reply: Reply, *, now: datetime) -> None:
    """Note that an address belongs to somebody else: nothing is sent there until the desk has spoken to someone."""
    known = tx.get(Consent, consent_id(reply.channel, reply.sender))
    after = known or _said(tx, reply, granted=False, now=now)
    tx.put(msgspec.structs.replace(after, unusable=WRONG_NUMBER))


def _said(tx: Transaction, reply: Reply, *, granted: bool, now: datetime) -> Consent:
    """Return the consent of an address as a reply changes it, with the reply's own words as evidence."""
    record = consent_id(reply.channel, reply.sender)
    known = tx.get(Consent, record)
    return Consent(
        id=record,
        version=known.version if known else 0,
        channel=reply.channel,
        granted=granted,
        source=BY,
        wording=reply.text,
        recorded_at=now,
        recorded_by=reply.id,
        unusable=known.unusable if known else "",
        told=known.told if known else (),
        patient_ids=known.patient_ids if known else (),
    )


def _list(tx: Transaction, heard: Heard, about: ItemKind, *, now: datetime) -> WorklistItem:
    """Open the item that a reply calls for; return it as it stands."""
    patients = heard.matched.patients
    subject = Subject(
        patient_id=patients[0].id if len(patients) == 1 else "",
        appointment=heard.matched.visit,
        address=heard.reply.sender,
    )
    return open_item(tx, item_for_reply(about, subject, reply_id=heard.reply.id, now=now), now=now)
