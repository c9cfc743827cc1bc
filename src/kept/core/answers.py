"""What is written back to somebody who has written: help, that a person will call, or which visit was meant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from kept.core.booking import Appointment
from kept.core.conversation import Reply
from kept.core.notifications import Notification, NotificationKind, notification_id
from kept.core.people import ChannelName, Patient
from kept.core.practice import Practice
from kept.core.visit_lists import VisitFacts
from kept.core.zones import wall_of, zone_named

ANSWERED_WITHIN: Final = timedelta(minutes=30)
"""An answer that comes later than this after the reply is none, and is not sent. Ours."""
LINK_WITHIN: Final = timedelta(hours=24)
"""How long after the word CANCEL a mail that tells how to cancel is worth sending. Ours."""
CANCEL_LINK: Final = "cancel_link"
"""The rule that plans a mail after the word CANCEL."""
VISITS: Final = "visits"
"""The fact of a notification that holds, as JSON, the visits that it asks about."""


class AnswerText(StrEnum):
    """The texts that answer a reply, by the names of their templates."""

    HELP = "help"
    """Who writes, and how to reach them."""
    UNCLEAR = "unclear"
    """Nobody has understood; somebody will call."""
    WHICH_VISIT = "which_visit"
    """A numbered question."""
    WILL_YOU_COME = "reminder_asking"
    """By mail, after the word CANCEL: the visit still stands, and a link to confirm, move or cancel it."""


def answer_to(
    reply: Reply, text: AnswerText, patient: Patient, practice: Practice, *, now: datetime
) -> Notification | None:
    """
    Return the answer to a reply, to the very address that it came from; None when it would come too late.

    Its id is made from the reply's, so that no reply is answered twice with the same.
    """
    deadline = min(reply.at, now) + ANSWERED_WITHIN
    if deadline <= now:
        return None
    return Notification(
        id=notification_id("answer", reply.id, text.value),
        about=NotificationKind.ANSWER,
        rule=text.value,
        patient_id=patient.id,
        template=text.value,
        plan=((reply.channel,),),
        addresses={reply.channel: reply.sender},
        facts={"start": now.isoformat(), "zone": practice.zone, "place": ""},
        planned_at=now,
        due_at=now,
        wake_at=now,
        deadline_at=deadline,
    )


def question_about(
    reply: Reply, visits: Sequence[Appointment], patient: Patient, practice: Practice, *, now: datetime
) -> Notification | None:
    """
    Return the question which of several visits a reply meant, numbered in their order.

    It says day, time and place, and nobody's name, because a family shares a number. None when it would come too late,
    or when two of the visits begin together by any clock, which a short text could not tell apart.
    """
    answer = answer_to(reply, AnswerText.WHICH_VISIT, patient, practice, now=now)
    walls = {wall_of(visit.start, zone_named(visit.zone)) for visit in visits}
    if answer is None or min(len(walls), len({visit.start for visit in visits})) < len(visits):
        return None
    asked = [_said_of(visit, practice) for visit in visits]
    return msgspec.structs.replace(answer, facts={**answer.facts, VISITS: msgspec.json.encode(asked).decode()})


def visits_asked(notification: Notification) -> tuple[VisitFacts, ...]:
    """Return the visits of a question, in the order of their numbers; none when it is not a question."""
    written = notification.facts.get(VISITS)
    return msgspec.json.decode(written, type=tuple[VisitFacts, ...]) if written else ()


def _said_of(visit: Appointment, practice: Practice) -> VisitFacts:
    place = practice.place(visit.place_id)
    return VisitFacts(start=visit.start, zone=visit.zone, place=place.name if place else visit.location)


def cancel_link_for(reply: Reply, visit: Appointment, *, now: datetime) -> Notification:
    """
    Return the mail that lets somebody cancel by its link whose word CANCEL has ended text messages.

    It asks whether they will come, as a reminder does: nothing in it says what they have written.
    """
    return Notification(
        id=notification_id("answer", reply.id, CANCEL_LINK),
        about=NotificationKind.ANSWER,
        rule=CANCEL_LINK,
        patient_id=visit.patient_id,
        appointment_id=visit.id,
        appointment_sequence=visit.sequence,
        template=AnswerText.WILL_YOU_COME.value,
        plan=((ChannelName.EMAIL,),),
        planned_at=now,
        due_at=now,
        wake_at=now,
        deadline_at=min(now + LINK_WITHIN, visit.start),
    )
