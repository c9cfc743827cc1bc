"""
Write back to somebody who has written, and hear what they choose: planned in the transaction of the reply.

At most one answer and one question an hour go to an address, so that two machines fall silent. Nothing is written to an
address that is opted out, unusable, or of nobody we know: after STOP the provider's own confirmation is the only one.

Source:
    47 CFR 64.1200(a)(12): one confirmation of an opt-out, and nothing else.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kept.core.answers import AnswerText, answer_to, cancel_link_for, question_about
from kept.core.booking import Appointment, sort_instant
from kept.core.conversation import Reply
from kept.core.exchanges import Exchange, OpenQuestion, VisitOption, options_of, question_ends
from kept.core.people import ChannelName, Consent, consent_id
from kept.core.practice import Practice
from kept.core.replies import Confidence, Intent, Understanding
from kept.core.reply_choices import MOST_OPTIONS, chosen_options
from kept.core.worklist import WorklistItem, closed
from kept.flow.matching import Matched, is_to_come
from kept.ports.store import Store, Transaction

CHOICE_RULE: Final = "chooses_a_visit"
"""Why a reply was taken as it was, when it answers a question of ours; no rule of the text alone."""
RESOLVED: Final = "a reply has said which visit was meant"
"""What is noted as done when nobody has to ask any more."""
PAGE: Final = 200

_COUNTS_FIRST: Final = frozenset({Intent.OPT_OUT, Intent.OPT_IN, Intent.HELP, Intent.WRONG_NUMBER})
"""What a reply says whatever was asked."""
_MAY_MEAN_STOP: Final = "may_mean_stop"
"""Somebody who perhaps wants no messages gets none until a person has read it."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A reply with all that its transaction knows of it."""

    reply: Reply
    taken: Understanding
    matched: Matched
    practice: Practice
    also: tuple[Appointment, ...] = ()
    """Further visits that a yes is about; the first one is what it is matched to."""


def chosen(tx: Transaction, heard: Heard, *, now: datetime) -> Heard | None:
    """
    Return a reply as the answer to the question that is open with its address, or None when it is none.

    The question is closed with it, and so is what was put on the worklist for it alone. A visit that has moved, begun
    or passed to another number since it was asked about is not chosen: the reply then is about none. Only a yes can be
    about several; whoever wants to change several visits is asked by a person.
    """
    exchange = tx.get(Exchange, _address_of(heard.reply))
    question = exchange.open_at(now) if exchange else None
    if exchange is None or question is None or heard.taken.intent in _COUNTS_FIRST:
        return None
    numbers = chosen_options(heard.reply.text, options=len(question.options))
    if not numbers or (len(numbers) > 1 and question.intent is not Intent.CONFIRM):
        return None
    visits = _as_asked(tx, heard, tuple(question.options[number - 1] for number in numbers), now=now)
    ids = {visit.patient_id for visit in visits}
    owners = tuple(patient for patient in heard.matched.patients if patient.id in ids)
    tx.put(msgspec.structs.replace(exchange, question=None))
    if visits:
        _close_item(tx, question, now=now)
    return msgspec.structs.replace(
        heard,
        taken=Understanding(
            intent=question.intent,
            confidence=Confidence.CERTAIN,
            rule=CHOICE_RULE,
            is_bare_cancel=question.is_bare_cancel,
        ),
        matched=Matched(patients=owners or heard.matched.patients, visit=visits[0] if visits else None),
        also=visits[1:],
    )


def tell(tx: Transaction, heard: Heard, text: AnswerText, *, now: datetime) -> bool:
    """Plan an answer that is no question, if the address may get one; tell whether it was planned."""
    exchange = _exchange(tx, heard)
    if not _may_write(tx, heard) or not exchange.may_answer(now=now) or heard.taken.rule == _MAY_MEAN_STOP:
        return False
    planned = answer_to(heard.reply, text, heard.matched.patients[0], heard.practice, now=now)
    if planned is None:
        return False
    tx.put(planned)
    tx.put(msgspec.structs.replace(exchange, answered_at=now))
    return True


def ask_which(tx: Transaction, heard: Heard, item: WorklistItem, *, now: datetime) -> bool:
    """
    Plan the question which visit a reply meant, if it can be asked; tell whether it was planned.

    Args:
        tx: The transaction.
        heard: The reply.
        item: What is on the worklist for it, until it is answered.
        now: The one reading of the clock.
    """
    options, exchange = heard.matched.options, _exchange(tx, heard)
    if not 1 < len(options) <= MOST_OPTIONS or not _may_write(tx, heard) or not exchange.may_ask(now=now):
        return False
    planned = question_about(heard.reply, options, heard.matched.patients[0], heard.practice, now=now)
    if planned is None:
        return False
    tx.put(planned)
    question = OpenQuestion(
        reply_id=heard.reply.id,
        item_id=item.id,
        intent=heard.taken.intent,
        is_bare_cancel=heard.taken.is_bare_cancel,
        options=options_of(options),
        ends_at=question_ends(options, now=now),
    )
    tx.put(msgspec.structs.replace(exchange, asked_at=now, question=question))
    return True


def mail_cancel_link(tx: Transaction, heard: Heard, *, now: datetime) -> bool:
    """Plan the mail that tells how to cancel the visit of a reply, if the patient may get one; tell whether it was."""
    visit, practice = heard.matched.visit, heard.practice
    patient = next((p for p in heard.matched.patients if visit and p.id == visit.patient_id), None)
    if visit is None or patient is None or not patient.email or not practice.answers_replies:
        return False
    consent = tx.get(Consent, consent_id(ChannelName.EMAIL, patient.email))
    if consent is None or not consent.granted or consent.unusable:
        return False
    planned = tx.put(cancel_link_for(heard.reply, visit, now=now))
    tx.put(msgspec.structs.replace(visit, notification_ids=(*visit.notification_ids, planned.id)))
    return True


def forgettable_exchanges(store: Store, *, now: datetime, limit: int = PAGE) -> tuple[str, ...]:
    """Return ids of exchanges on which nothing depends any more; candidates for :func:`forget_exchanges`."""
    page = store.query("exchanges_by_end", "all", before=sort_instant(now), limit=limit)
    return tuple(hit.id for hit in page.hits)


def forget_exchanges(tx: Transaction, ids: tuple[str, ...], *, now: datetime) -> int:
    """Remove exchanges that are over; return how many there were."""
    over = [e for e in (tx.get(Exchange, i) for i in ids) if e and e.ends_at <= now]
    for exchange in over:
        tx.delete(exchange)
    return len(over)


def _as_asked(
    tx: Transaction, heard: Heard, options: tuple[VisitOption, ...], *, now: datetime
) -> tuple[Appointment, ...]:
    """Return the visits of some options, if all of them are still as they were asked about; else none."""
    ids = {patient.id for patient in heard.matched.patients}
    visits = []
    for option in options:
        visit = tx.get(Appointment, option.appointment_id)
        if (
            visit is None
            or visit.sequence != option.sequence
            or not is_to_come(visit, now)
            or visit.patient_id not in ids
        ):
            return ()
        visits.append(visit)
    return tuple(visits)


def _exchange(tx: Transaction, heard: Heard) -> Exchange:
    address = _address_of(heard.reply)
    return tx.get(Exchange, address) or Exchange(id=address)


def _address_of(reply: Reply) -> str:
    return consent_id(reply.channel, reply.sender)


def _may_write(tx: Transaction, heard: Heard) -> bool:
    """Tell whether anything may be written back: the practice does so, we know whose address it is, and they let us."""
    consent = tx.get(Consent, _address_of(heard.reply))
    is_shut = consent is not None and (not consent.granted or bool(consent.unusable))
    return heard.practice.answers_replies and bool(heard.matched.patients) and not is_shut


def _close_item(tx: Transaction, question: OpenQuestion, *, now: datetime) -> None:
    """Close what was listed for a question, unless something else is listed with it."""
    item = tx.get(WorklistItem, question.item_id)
    if item and item.is_open and set(item.reply_ids) == {question.reply_id} and not item.notification_ids:
        tx.put(closed(item, done=RESOLVED, by="reply", now=now))
