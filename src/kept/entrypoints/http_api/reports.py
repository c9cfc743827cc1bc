"""Show what became of what was planned."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from kept.core.access import Scope
from kept.core.reports import Ledger
from kept.core.zones import zone_named
from kept.entrypoints.http_api.answers import Answer, json_answer
from kept.entrypoints.http_api.operations import Call, Operation
from kept.entrypoints.http_api.ranges import FROM, TO, wanted_range
from kept.flow.reports import ledger_of_days
from kept.formats.shapes import Shape

MOST_DAYS: Final = 93

QUERY: Final = Shape(name="LedgerSearch", about="Which days.", members={"from": FROM, "to": TO})


class LedgerView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of some notifications; planned = sent + skipped + failed + pending."""

    planned: int
    sent: int
    skipped: int
    failed: int
    pending: int
    fallback: int
    """Of those sent: taken after an earlier stage had failed."""
    segments: int
    reasons: dict[str, int]
    by_channel: dict[str, int]
    balances: bool


class DayLedgerView(LedgerView, frozen=True, kw_only=True):
    """The ledger of one UTC day, by the time things were due."""

    day: str


class LedgersView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Ledgers of some days."""

    days: tuple[DayLedgerView, ...]
    total: LedgerView


async def ledger(call: Call) -> Answer:
    """Show the ledger of each day on which something was due, and of all together."""
    today = call.now.date()
    wanted = wanted_range(call.query, zone_named("UTC"), today=today, days=1, most_days=MOST_DAYS)
    found = await asyncio.to_thread(ledger_of_days, call.parts.store, wanted.first, wanted.last)
    total = Ledger()
    for one in found.values():
        total = total.plus(one)
    days = tuple(DayLedgerView(day=day.isoformat(), **_members(one)) for day, one in found.items())
    return json_answer(LedgersView(days=days, total=ledger_view(total)))


def ledger_view(one: Ledger) -> LedgerView:
    """Return what is shown of a ledger."""
    return LedgerView(**_members(one))


def _members(one: Ledger) -> dict[str, Any]:
    by_channel = {channel.value: count for channel, count in one.by_channel.items()}
    return {**msgspec.structs.asdict(one), "by_channel": by_channel, "balances": one.balances}


OPERATIONS: Final = (
    Operation(
        name="getLedger",
        method="GET",
        path="/api/reports/ledger",
        scope=Scope.READ,
        run=ledger,
        summary="Show what became of what was planned",
        about="By UTC day, today's if nothing is said: planned = sent + skipped + failed + pending.",
        tag="Reports",
        query=QUERY,
        answers={200: (LedgersView,)},
    ),
)
