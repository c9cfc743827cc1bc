"""Show what a reply would be taken for, before anybody sends one."""

from __future__ import annotations

from typing import Final

import msgspec

from kept.core.access import Scope
from kept.core.errors import InvalidInputError
from kept.core.replies import understand
from kept.entrypoints.http_api.answers import Answer, json_answer
from kept.entrypoints.http_api.operations import Body, Call, Operation
from kept.formats.shapes import Member, Problems, Shape, Type, read, text_of

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
)
