"""What a person must do, over HTTP: the list, closing an item with what was done, opening it again."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from kept.core.access import Scope
from kept.core.conversation import Effect, Reply
from kept.core.worklist import WHY, WorklistItem
from kept.entrypoints.http_api.answers import Answer, etag, json_answer
from kept.entrypoints.http_api.appointment_search import CURSOR, LIMIT, USUAL_PAGE
from kept.entrypoints.http_api.operations import Body, Call, Operation
from kept.entrypoints.http_api.preconditions import Precondition
from kept.entrypoints.http_api.views import View, local_text
from kept.flow.worklist import LONGEST_DONE, Act, Listed, close_item, listed, reopen_item, worklist
from kept.formats.shapes import Member, Problems, Shape, Type, read, text_of

QUERY: Final = Shape(name="WorklistSearch", about="The worklist.", members={"cursor": CURSOR, "limit": LIMIT})
CLOSING: Final = Shape(
    name="WorklistClosing",
    about="What was done about an item.",
    members={
        "done": Member(
            types=(Type.TEXT,), about="In your own words.", required=True, limit=LONGEST_DONE, multiline=True
        )
    },
    example={"done": "Called: she comes at nine."},
)


class ItemReplyView(View, frozen=True, kw_only=True):
    """A reply that a person must read."""

    at: datetime
    text: str
    intent: str
    effects: tuple[str, ...]
    """What it has led to beside this item, such as asked_which_visit."""


class ItemEventView(View, frozen=True, kw_only=True):
    """One line of an item's history."""

    at: datetime
    what: str
    by: str
    done: str


class WorklistItemView(View, frozen=True, kw_only=True):
    """One thing that a person must do."""

    item_id: str
    about: str
    why: str
    """In plain words, with what to do."""
    state: str
    patient_id: str | None
    """Null: several people, or nobody we know, have the number or address."""
    patient_name: str
    phone: str
    """Number to call; empty when none is known."""
    address: str
    """Number or address that a reply came from."""
    appointment_id: str | None
    visit_start: str | None
    """With the offset of the place; null when no visit is known."""
    notification_ids: tuple[str, ...]
    replies: tuple[ItemReplyView, ...]
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str
    done: str
    history: tuple[ItemEventView, ...]
    version: int


class WorklistPage(View, frozen=True, kw_only=True):
    """A page of the worklist."""

    items: tuple[WorklistItemView, ...]
    next_cursor: str | None


def item_view(row: Listed) -> WorklistItemView:
    """Return what is shown of an item."""
    item, visit = row.item, row.appointment
    return WorklistItemView(
        item_id=item.id,
        about=item.about.value,
        why=WHY[item.about],
        state=item.state.value,
        patient_id=item.patient_id or None,
        patient_name=row.patient.name if row.patient else "",
        phone=row.phone,
        address=item.address,
        appointment_id=item.appointment_id,
        visit_start=local_text(item.visit_start, visit.zone if visit else "UTC") if item.visit_start else None,
        notification_ids=item.notification_ids,
        replies=tuple(_reply_view(r) for r in row.replies),
        opened_at=item.opened_at,
        closed_at=item.closed_at,
        closed_by=item.closed_by,
        done=item.done,
        history=tuple(ItemEventView(at=e.at, what=e.what, by=e.by, done=e.done) for e in item.history),
        version=item.version,
    )


def _reply_view(reply: Reply) -> ItemReplyView:
    effects = tuple(effect.value for effect in reply.effects if effect is not Effect.LISTED)
    return ItemReplyView(at=reply.at, text=reply.text, intent=reply.intent, effects=effects)


async def find(call: Call) -> Answer:
    """Show a page of what is open."""
    limit, cursor = call.query.get("limit", USUAL_PAGE), text_of(call.query, "cursor") or None
    page = await asyncio.to_thread(worklist, call.parts.store, now=call.now, limit=int(str(limit)), cursor=cursor)
    return json_answer(WorklistPage(items=tuple(item_view(row) for row in page.rows), next_cursor=page.cursor))


async def show(call: Call) -> Answer:
    """Show one item, open or closed."""
    return _shown(call, call.loaded(WorklistItem, "item on the worklist"))


async def close(call: Call) -> Answer:
    """Close an item with what was done."""
    problems = Problems()
    done = text_of(read(CLOSING, call.document, problems), "done")
    problems.check()
    act = _act(call)
    return _shown(call, await call.done(lambda tx: close_item(tx, act, done=done, now=call.now)))


async def reopen(call: Call) -> Answer:
    """Let an item wait for somebody again."""
    act = _act(call)
    return _shown(call, await call.done(lambda tx: reopen_item(tx, act, now=call.now)))


def _act(call: Call) -> Act:
    item = call.loaded(WorklistItem, "item on the worklist")
    return Act(item_id=item.id, by=call.by, version=item.version)


def _shown(call: Call, item: WorklistItem) -> Answer:
    return json_answer(item_view(listed(call.parts.store, (item,))[0]), headers=(etag(item.version),))


OPERATIONS: Final = (
    Operation(
        name="findWorklist",
        method="GET",
        path="/api/worklist",
        scope=Scope.READ,
        run=find,
        summary="Show what a person must do",
        about=(
            "Everyone a machine could not reach or understand, the soonest visit first. A page may be shorter than its"
            " limit and still have a next one."
        ),
        tag="Worklist",
        query=QUERY,
        answers={200: (WorklistPage,)},
    ),
    Operation(
        name="getWorklistItem",
        method="GET",
        path="/api/worklist/{id}",
        scope=Scope.READ,
        run=show,
        summary="Show an item of the worklist",
        tag="Worklist",
        answers={200: (WorklistItemView,)},
        problems=("not-found",),
    ),
    Operation(
        name="closeWorklistItem",
        method="POST",
        path="/api/worklist/{id}/close",
        scope=Scope.DESK,
        run=close,
        summary="Close an item with what was done",
        tag="Worklist",
        body=Body.JSON,
        shapes=(CLOSING,),
        precondition=Precondition.OPTIONAL,
        answers={200: (WorklistItemView,)},
        problems=("not-found", "state-conflict"),
    ),
    Operation(
        name="reopenWorklistItem",
        method="POST",
        path="/api/worklist/{id}/reopen",
        scope=Scope.DESK,
        run=reopen,
        summary="Let an item wait for somebody again",
        about="What was done before stays in its history.",
        tag="Worklist",
        body=Body.EMPTY,
        precondition=Precondition.OPTIONAL,
        answers={200: (WorklistItemView,)},
        problems=("not-found", "state-conflict"),
    ),
)
