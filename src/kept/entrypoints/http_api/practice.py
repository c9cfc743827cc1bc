"""Show and replace what the practice is set up with: the same document as in ``kept practice load``."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from kept.core.access import Scope
from kept.core.practice import PRACTICE_ID, Practice, PracticeSetup
from kept.entrypoints.http_api.answers import Answer, etag, json_answer
from kept.entrypoints.http_api.operations import Body, Call, Operation
from kept.entrypoints.http_api.preconditions import Precondition
from kept.flow.practice import load_practice, save_practice
from kept.formats.fields import MAX_ITEMS
from kept.formats.practice_file import document_of, practice_from
from kept.formats.shapes import Member, Shape, Type
from kept.ports.store import Transaction

_LISTS: Final = {
    "places": "Where visits take place: `id`, `name`, `timeZone`, `phone`.",
    "practitioners": "Who is visited: `id`, `name`, `placeId`, `hours`, `away`. One that is left out stays.",
    "rooms": "As practitioners.",
    "visitTypes": "`id`, `name`, `minutes`, buffers, `noticeHours`, `capacity`, `byRequest`, `reminderPolicy`.",
    "reminderPolicies": "`id` and `reminders`, each with `name`, `lead`, `usefulFor`, `insideLead`, `plan`.",
}
SETUP: Final = Shape(
    name="PracticeSetup",
    about="All that the practice is set up with. What is left out falls back to its default.",
    members={
        "practice": Member(types=(Type.OBJECT,), about="`name`, `phone`, `timeZone`, `language`, `region` and limits."),
        **{name: Member(types=(Type.LIST,), about=about, limit=MAX_ITEMS) for name, about in _LISTS.items()},
    },
    example={"practice": {"name": "Elm Clinic", "phone": "206-555-0100", "timeZone": "America/Los_Angeles"}},
)


class PracticeView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the practice is set up with."""

    practice: dict[str, Any]
    places: list[dict[str, Any]]
    practitioners: list[dict[str, Any]]
    rooms: list[dict[str, Any]]
    visit_types: list[dict[str, Any]]
    reminder_policies: list[dict[str, Any]]


async def show(call: Call) -> Answer:
    """Show the practice."""
    return _shown(await asyncio.to_thread(load_practice, call.parts.store))


async def replace(call: Call) -> Answer:
    """Replace the practice's settings and the schedules that are given."""
    setup = practice_from(call.document)

    def step(tx: Transaction) -> PracticeSetup:
        known = tx.get(Practice, PRACTICE_ID)
        call.check_version(known.version if known else 0)
        return save_practice(tx, setup)

    await call.done(step)
    call.room.recent.forget(Practice, PRACTICE_ID)
    return await show(call)


def _shown(setup: PracticeSetup) -> Answer:
    return json_answer(document_of(setup), headers=(etag(setup.practice.version),))


OPERATIONS: Final = (
    Operation(
        name="getPractice",
        method="GET",
        path="/api/practice",
        scope=Scope.ADMIN,
        run=show,
        summary="Show what the practice is set up with",
        tag="Practice",
        answers={200: (PracticeView,)},
    ),
    Operation(
        name="replacePractice",
        method="PUT",
        path="/api/practice",
        scope=Scope.ADMIN,
        run=replace,
        summary="Replace what the practice is set up with",
        about=(
            "Practitioners and rooms that are not given stay, because visits may be booked with them. New hours and "
            "reminders count for what is booked from now on. With If-Match, only if nobody changed it since."
        ),
        tag="Practice",
        body=Body.JSON,
        shapes=(SETUP,),
        is_long=True,
        precondition=Precondition.OPTIONAL,
        answers={200: (PracticeView,)},
    ),
)
