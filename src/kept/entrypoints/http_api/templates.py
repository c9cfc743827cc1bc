"""The texts of messages, over HTTP: what is said by now, write one anew, go back to the shipped one."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Final

from kept.core.access import Scope
from kept.core.errors import InvalidInputError, NotFoundError
from kept.core.own_texts import TextName, check_own, text_named
from kept.core.people import ChannelName
from kept.core.practice import Practice
from kept.core.text_checks import Draft, preview, sample_facts
from kept.core.texts import MessageText
from kept.entrypoints.http_api.answers import Answer, etag, json_answer
from kept.entrypoints.http_api.operations import Body, Call, Operation
from kept.entrypoints.http_api.preconditions import Precondition
from kept.entrypoints.http_api.problems import told
from kept.entrypoints.http_api.views import View
from kept.flow.texts import TextWish, Wording, reset_text, save_text, wording_of, wordings
from kept.formats.shapes import Member, Problems, Shape, Type, read, text_of

LONGEST_TEXT: Final = 10_000
TEXT: Final = Shape(
    name="TextWording",
    about="A text with {placeholders}.",
    members={
        "text": Member(types=(Type.TEXT,), about="What is said.", required=True, limit=LONGEST_TEXT, multiline=True),
        "subject": Member(types=(Type.TEXT,), about="Of a mail; none: the shipped one."),
        "channel": Member(
            types=(Type.TEXT,), about="As in the id; may be left out.", choices=tuple(c.value for c in ChannelName)
        ),
    },
    example={"text": "{practice}: see you {day} at {time}, {place}. Call {phone}. Reply STOP to opt out."},
)


class TextView(View, frozen=True, kw_only=True):
    """A text as it now leaves."""

    template_id: str
    template: str
    channel: str
    language: str
    subject: str
    text: str
    is_own: bool
    """False: it is the shipped one."""
    updated_at: datetime | None
    updated_by: str
    preview: str
    """Filled with a made-up visit tomorrow."""
    encoding: str | None
    """``GSM-7`` or ``UCS-2``; null for e-mail."""
    segments: int
    problems: list[dict[str, Any]]
    """Warnings; a text with worse is not kept."""
    version: int
    """0: the shipped one."""


class TextList(View, frozen=True, kw_only=True):
    """All texts."""

    templates: tuple[TextView, ...]


def text_view(wording: Wording, practice: Practice, *, now: datetime) -> TextView:
    """Return what is shown of a text."""
    name, message, own = wording.name, wording.message, wording.own
    draft = Draft(
        template=name.template,
        channel=name.channel,
        language=name.language,
        text=message.text,
        subject=message.subject if name.channel is ChannelName.EMAIL else "",
    )
    seen = preview(draft, facts=sample_facts(practice, now=now), now=now)
    return TextView(
        template_id=name.id,
        template=name.template,
        channel=name.channel.value,
        language=name.language,
        subject=message.subject,
        text=message.text,
        is_own=own is not None,
        updated_at=own.updated_at if own else None,
        updated_by=own.updated_by if own else "",
        preview=seen.text,
        encoding=seen.encoding.value if seen.encoding else None,
        segments=seen.segments,
        problems=[told(problem) for problem in seen.problems],
        version=own.version if own else 0,
    )


async def find(call: Call) -> Answer:
    """Show every text."""
    found = await asyncio.to_thread(wordings, call.parts.store)
    practice = call.practice()
    views = await asyncio.to_thread(lambda: tuple(text_view(w, practice, now=call.now) for w in found))
    return json_answer(TextList(templates=views))


async def show(call: Call) -> Answer:
    """Show one text."""
    return await _shown(call, _name(call))


async def write(call: Call) -> Answer:
    """Write a text anew."""
    problems = Problems()
    values = read(TEXT, call.document, problems)
    problems.check()
    message = MessageText(subject=text_of(values, "subject"), text=text_of(values, "text"))
    channel = ChannelName(text_of(values, "channel") or ChannelName.SMS)
    try:
        name = _name(call)
    except NotFoundError:
        check_own(message, None, channel=channel)  # what is wrong with the text is told first
        raise
    if "channel" in values and channel is not name.channel:
        raise InvalidInputError.of("channel", "conflicts_with", "is not that of the id; leave it out")
    wish = TextWish(name=name, message=message, by=call.by, version=_version(call))
    await call.done(lambda tx: save_text(tx, wish, now=call.now))
    return await _shown(call, name)


async def reset(call: Call) -> Answer:
    """Go back to the shipped text."""
    name, version = _name(call), _version(call)
    await call.done(lambda tx: reset_text(tx, name, version=version))
    return await _shown(call, name)


def _name(call: Call) -> TextName:
    return text_named(call.path["id"])


def _version(call: Call) -> int | None:
    return max(call.versions, default=0) if call.versions is not None else None


async def _shown(call: Call, name: TextName) -> Answer:
    wording = await asyncio.to_thread(wording_of, call.parts.store, name)
    view = text_view(wording, call.practice(), now=call.now)
    return json_answer(view, headers=(etag(view.version),))


_MAY_BREAK: Final = (
    "A text that breaks a rule is not kept: the answer names every rule, such as a placeholder that does not exist, a "
    "value that this channel may not carry, a missing sender or way out, or a reply that carriers take for STOP."
)

OPERATIONS: Final = (
    Operation(
        name="findTemplates",
        method="GET",
        path="/api/templates",
        scope=Scope.READ,
        run=find,
        summary="Show all texts of messages",
        about="Each as it now leaves, with a preview, its encoding and its segments.",
        tag="Messages",
        answers={200: (TextList,)},
    ),
    Operation(
        name="getTemplate",
        method="GET",
        path="/api/templates/{id}",
        scope=Scope.READ,
        run=show,
        summary="Show a text",
        about="Its id says what it is: `reminder.sms.en`.",
        tag="Messages",
        answers={200: (TextView,)},
        problems=("not-found",),
    ),
    Operation(
        name="putTemplate",
        method="PUT",
        path="/api/templates/{id}",
        scope=Scope.ADMIN,
        run=write,
        summary="Write a text of your own",
        about=_MAY_BREAK,
        tag="Messages",
        body=Body.JSON,
        shapes=(TEXT,),
        precondition=Precondition.OPTIONAL,
        answers={200: (TextView,)},
        problems=("not-found",),
    ),
    Operation(
        name="resetTemplate",
        method="DELETE",
        path="/api/templates/{id}",
        scope=Scope.ADMIN,
        run=reset,
        summary="Go back to the shipped text",
        tag="Messages",
        body=Body.EMPTY,
        precondition=Precondition.OPTIONAL,
        answers={200: (TextView,)},
        problems=("not-found",),
    ),
)
