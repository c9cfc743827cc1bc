"""Show what people have answered and what that led to, and what a reply would be taken for."""

from __future__ import annotations

from datetime import datetime
from typing import Final, cast

import msgspec

from kept.core.access import Scope
from kept.core.conversation import Reply
from kept.core.errors import InvalidInputError, NotFoundError
from kept.core.people import Patient
from kept.core.replies import understand
from kept.entrypoints.http_api.answers import Answer, json_answer
from kept.entrypoints.http_api.appointment_search import LIMIT, LONGEST_PAGE, USUAL_PAGE
from kept.entrypoints.http_api.operations import Body, Call, Operation
from kept.flow.replies import replies_of
from kept.formats.shapes import Member, Problems, Shape, Type, read, text_of
from kept.ports.store import Store

LONGEST_REPLY: Final = 10_000
_COUNTRY_LETTERS: Final = 2

PREVIEW: Final = Shape(
    name="ReplyPreview",
    about="What a person might answer.",
    members={
        "text": Member(
            types=(Type.TEXT,), about="As it would come in.", required=True, limit=LONGEST_REPLY, multiline=True
        ),
        "country": Member(
            types=(Type.NOTATION,),
            about="ISO 3166-1 code of the number that replies, which decides what CANCEL means; else the practice's.",
        ),
    },
    example={"text": "Yes, see you then!", "country": "US"},
)


OF_PATIENT: Final = Shape(name="PatientReplies", about="The last replies of a patient.", members={"limit": LIMIT})


class ReplyView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What somebody answered, what it was taken for, and what it has led to."""

    reply_id: str
    channel: str
    address: str
    """Number or address it came from; a family may share it."""
    text: str
    intent: str
    """confirm, reschedule, decline, opt_out, opt_in, help, wrong_number, unclear or ignore."""
    confidence: str
    """certain, likely or unsure."""
    rule: str
    effects: tuple[str, ...]
    """What it has led to; empty: nothing."""
    appointment_id: str | None
    """The visit it was taken to be about; null where that is not beyond doubt."""
    at: datetime
    """When the provider got it."""


class ReplyList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The last replies, the newest first."""

    replies: tuple[ReplyView, ...]


class ReplyPreviewView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a reply would be taken for, and by which rule."""

    intent: str
    """confirm, reschedule, decline, opt_out, opt_in, help, wrong_number, unclear or ignore."""
    confidence: str
    """certain, likely or unsure."""
    rule: str
    language: str | None
    """Of the words that decided, where they are of one language alone."""
    is_bare_cancel: bool
    """It says CANCEL and nothing else."""
    mentioned: tuple[str, ...]
    """Times and days that it names, as typed."""


def reply_preview(text: str, country: str) -> ReplyPreviewView:
    """
    Return what a reply from a number of a country would be taken for.

    Raises:
        InvalidInputError: no country has such a code.
    """
    if not (len(country) == _COUNTRY_LETTERS and country.isascii() and country.isalpha()):
        message = "must be the two letters of a country (ISO 3166-1), such as US"
        raise InvalidInputError.of("country", "not_a_country", message)
    taken = understand(text, country=country)
    return ReplyPreviewView(
        intent=taken.intent.value,
        confidence=taken.confidence.value,
        rule=taken.rule,
        language=taken.language,
        is_bare_cancel=taken.is_bare_cancel,
        mentioned=taken.mentioned,
    )


def reply_view(reply: Reply) -> ReplyView:
    """Return a reply as the API shows it."""
    return ReplyView(
        reply_id=reply.id,
        channel=reply.channel.value,
        address=reply.sender,
        text=reply.text,
        intent=reply.intent,
        confidence=reply.confidence,
        rule=reply.rule,
        effects=tuple(effect.value for effect in reply.effects),
        appointment_id=reply.appointment_id,
        at=reply.at,
    )


def patient_replies(store: Store, patient_id: str, *, now: datetime, limit: int = LONGEST_PAGE) -> ReplyList:
    """
    Return what came from a patient's number and address, the newest first.

    Raises:
        NotFoundError: no such patient.
    """
    if not store.load(Patient, (patient_id,)):
        raise NotFoundError("patient")
    return ReplyList(replies=tuple(map(reply_view, replies_of(store, patient_id, now=now, limit=limit))))


async def of_patient(call: Call) -> Answer:
    """Show a patient's last replies."""
    limit = cast("int", call.query.get("limit", USUAL_PAGE))
    return json_answer(patient_replies(call.parts.store, call.id_in_path("patient"), now=call.now, limit=limit))


async def show(call: Call) -> Answer:
    """Show what a reply would be taken for."""
    problems = Problems()
    values = read(PREVIEW, call.document, problems)
    problems.check()
    return json_answer(reply_preview(text_of(values, "text"), text_of(values, "country") or call.practice().region))


OPERATIONS: Final = (
    Operation(
        name="previewReply",
        method="POST",
        path="/api/replies/preview",
        scope=Scope.READ,
        run=show,
        summary="Preview what a reply is taken for",
        about="Nothing is stored or changed. What no rule understands for certain is unclear, and a person reads it.",
        tag="Replies",
        body=Body.JSON,
        shapes=(PREVIEW,),
        answers={200: (ReplyPreviewView,)},
    ),
    Operation(
        name="getPatientReplies",
        method="GET",
        path="/api/patients/{id}/replies",
        scope=Scope.READ,
        run=of_patient,
        summary="Show what a patient has answered",
        about="The newest first, with what each has led to. What people wrote is kept for 400 days.",
        tag="Replies",
        query=OF_PATIENT,
        answers={200: (ReplyList,)},
        problems=("not-found",),
    ),
)
