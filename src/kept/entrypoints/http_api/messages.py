"""Show what a text would look like, cost and break, before anybody gets it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from kept.core.access import Scope
from kept.core.errors import InvalidInputError
from kept.core.people import ChannelName
from kept.core.text_checks import Draft, preview, preview_of_text, sample_facts
from kept.core.texts import REMINDER, TEXT_KINDS
from kept.entrypoints.http_api.answers import Answer, json_answer
from kept.entrypoints.http_api.operations import Body, Call, Operation
from kept.entrypoints.http_api.problems import told
from kept.formats.shapes import Member, Problems, Shape, Type, read, text_of

LONGEST_TEXT: Final = 10_000

PREVIEW: Final = Shape(
    name="MessagePreview",
    about="A template with {placeholders}, a finished text, or the name of a text that Kept has.",
    members={
        "template": Member(
            types=(Type.TEXT,), about="Text with placeholders, filled in here.", limit=LONGEST_TEXT, multiline=True
        ),
        "text": Member(
            types=(Type.TEXT,), about="A finished text, taken as it is.", limit=LONGEST_TEXT, multiline=True
        ),
        "name": Member(
            types=(Type.TEXT,),
            about="Which text it is, or takes the place of: reminder, if nothing is said. Alone: the shipped one.",
            choices=tuple(TEXT_KINDS),
        ),
        "subject": Member(types=(Type.TEXT,), about="Subject of a mail, where the template has one of its own."),
        "channel": Member(
            types=(Type.TEXT,), about="sms, if nothing is said.", choices=tuple(c.value for c in ChannelName)
        ),
        "language": Member(types=(Type.NOTATION,), about="The practice's, if nothing is said."),
    },
    needs=("template", "text", "name"),
    example={"template": "{practice}: appointment {day} at {time}, {place}. Call {phone}. STOP to opt out."},
)


class PreviewView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a text would look like, cost and break."""

    subject: str
    text: str
    """Empty when the template cannot be filled."""
    encoding: str | None
    """``GSM-7`` or ``UCS-2``; null for e-mail."""
    units: int
    segments: int
    problems: list[dict[str, Any]]
    """Every rule it breaks; those with ``warning`` are no reason to refuse it."""


async def show(call: Call) -> Answer:
    """Show a text as it would leave."""
    problems = Problems()
    values = read(PREVIEW, call.document, problems)
    problems.check()
    if {"template", "text"} <= values.keys():
        raise InvalidInputError.of("text", "conflicts_with", "stands beside template; give only one of them")
    practice = call.practice()
    channel = ChannelName(text_of(values, "channel") or ChannelName.SMS)
    facts = sample_facts(practice, now=call.now)
    if "text" in values:
        found = preview_of_text(text_of(values, "text"), channel, facts=facts)
    else:
        draft = Draft(
            template=text_of(values, "name") or REMINDER,
            channel=channel,
            language=text_of(values, "language") or practice.language,
            text=text_of(values, "template"),
            subject=text_of(values, "subject"),
        )
        found = preview(draft, facts=facts, now=call.now)
    view = PreviewView(
        subject=found.subject,
        text=found.text,
        encoding=found.encoding.value if found.encoding else None,
        units=found.units,
        segments=found.segments,
        problems=[told(problem) for problem in found.problems],
    )
    return json_answer(view)


OPERATIONS: Final = (
    Operation(
        name="previewMessage",
        method="POST",
        path="/api/messages/preview",
        scope=Scope.READ,
        run=show,
        summary="Preview a message",
        about="Filled with a made-up visit tomorrow: its encoding, units and segments, and every rule it breaks.",
        tag="Messages",
        body=Body.JSON,
        shapes=(PREVIEW,),
        answers={200: (PreviewView,)},
    ),
)
