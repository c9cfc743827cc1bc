"""Send a batch of reminders now, and answer when it has ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from kept.core.access import Scope
from kept.core.batches import BatchItem
from kept.core.notifications import Notification, Outcome
from kept.core.reports import is_sent
from kept.entrypoints.http_api.answers import Answer, json_answer
from kept.entrypoints.http_api.booking_forms import home_of
from kept.entrypoints.http_api.operations import Body, Call, Operation
from kept.entrypoints.http_api.problems import told
from kept.flow.access import earlier_answer, note_answer
from kept.flow.reminders import plan_batch
from kept.formats.seed_events import (
    BATCH,
    BOTH_ITEM,
    SMS_ITEM,
    BatchReading,
    BatchResults,
    RefusedItem,
    batch,
    batch_answer,
    batch_results,
)
from kept.ports.store import Store, Transaction

FIRST_LOOK_S: Final = 0.02
LONGEST_LOOK_S: Final = 0.5
"""Pauses between looks at what is still pending; each half as long again as the one before."""
MOST_ERRORS: Final = 100
"""Refused items that the answer lists; the others only count."""

_SENT: Final = frozenset({Outcome.ACCEPTED, Outcome.DELIVERED})


class BatchView(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How a batch went."""

    batch_id: str
    processed: int
    results: BatchResults
    success_rate: str
    pending: int = 0
    """Still under way when the answer was due; not given when there are none."""
    errors: list[dict[str, Any]] = []
    """Items that were refused, by their index, and why; they count as failed."""


async def send(call: Call) -> Answer:
    """Plan every item, wake the worker, and wait for the end, for a while."""
    reading = await asyncio.to_thread(batch, call.document, home_of(call.practice()))
    key = call.request_key
    batch_id = f"bat_{key.id[:32]}" if key else call.parts.ids.new("bat")
    await call.done(lambda tx: _begin(tx, call, batch_id))
    ids: list[str] = []
    chunk = call.parts.limits.batch_chunk
    for first in range(0, len(reading.items), chunk):
        ids.extend(await call.done(_planning(call, reading.items[first : first + chunk], batch_id)))
    call.parts.wake()
    ended = await _ended(call, ids)
    view = batch_view(batch_id, reading, [ended.get(i) for i in ids])
    return json_answer(view, status=202 if view.pending else 200)


def _begin(tx: Transaction, call: Call, batch_id: str) -> None:
    """Note the key with the batch's id, which is made from it: a retry plans the same again, which plans nothing."""
    if not earlier_answer(tx, call.request_key):
        note_answer(tx, call.request_key, result_id=batch_id, now=call.now)


def _planning(call: Call, items: tuple[BatchItem, ...], batch_id: str) -> Callable[[Transaction], tuple[str, ...]]:
    """Return the step that plans some items."""

    def step(tx: Transaction) -> tuple[str, ...]:
        return plan_batch(tx, items, batch_id=batch_id, now=call.now)

    return step


async def _ended(call: Call, ids: list[str]) -> dict[str, Notification]:
    """Return what has ended or is with a provider, by id, once all is or the time is up."""
    ended: dict[str, Notification] = {}
    until = time.monotonic() + call.parts.limits.batch_wait_s
    pause = FIRST_LOOK_S
    while True:
        pending = [i for i in dict.fromkeys(ids) if i not in ended]
        ended |= await asyncio.to_thread(_done, call.parts.store, pending)
        left = until - time.monotonic()
        if len(ended) == len(set(ids)) or left <= 0:
            return ended
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, LONGEST_LOOK_S)


def _done(store: Store, ids: Iterable[str]) -> dict[str, Notification]:
    return {n.id: n for n in store.load(Notification, ids) if n.is_done or is_sent(n)}


def batch_view(batch_id: str, reading: BatchReading, ended: list[Notification | None]) -> BatchView:
    """Return the answer: every item counts once, and one that is under way counts nowhere but in *pending*."""
    known = [n for n in ended if n is not None]
    results, under_way = batch_results(known, refused=len(reading.refused))
    answer = batch_answer(batch_id, results)
    return BatchView(
        batch_id=batch_id,
        processed=reading.processed,
        results=results,
        success_rate=answer.success_rate,
        pending=len(ended) - len(known) + under_way,
        errors=[_refused(item) for item in reading.refused[:MOST_ERRORS]],
    )


def _refused(item: RefusedItem) -> dict[str, object]:
    at = f"appointments/{item.index}"
    problems = [told(msgspec.structs.replace(p, field=f"{at}/{p.field}" if p.field else at)) for p in item.problems]
    return {"index": item.index, "errors": problems}


OPERATIONS: Final = (
    Operation(
        name="sendBatch",
        method="POST",
        path="/api/notifications/batch",
        scope=Scope.DESK,
        run=send,
        summary="Send a batch of reminders now",
        about=(
            "Items with `phoneNumber` and `email` go by SMS, and by e-mail if that is not taken; items with "
            "`customerPhone` and `customerEmail` by both at once. The answer comes when every item has ended, or after "
            "25 s with status 202 and the number still pending. An item that cannot be read never stops the others. "
            "With an Idempotency-Key a retry sends nothing twice."
        ),
        tag="Notifications",
        body=Body.JSON,
        shapes=(msgspec.structs.replace(BATCH, about=f"{BATCH.about} Items: {SMS_ITEM.name} or {BOTH_ITEM.name}."),),
        is_long=True,
        answers={200: (BatchView,), 202: (BatchView,)},
        problems=("bad-request",),
        takes_key=True,
    ),
)
