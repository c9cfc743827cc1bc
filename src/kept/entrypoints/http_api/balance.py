"""Show whether everything is accounted for."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from kept.core.access import Scope
from kept.core.balance import Account, Finding
from kept.core.zones import zone_named
from kept.entrypoints.http_api.answers import Answer, json_answer
from kept.entrypoints.http_api.operations import Call, Operation
from kept.entrypoints.http_api.ranges import FROM, TO, wanted_range
from kept.flow.balance import Balance, Check
from kept.formats.shapes import Shape

MOST_DAYS: Final = 31

QUERY: Final = Shape(name="BalanceSearch", about="Which days.", members={"from": FROM, "to": TO})


class AccountView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of some notifications; planned = sent + skipped + failed + pending, each by its reasons."""

    planned: int
    sent: dict[str, int]
    skipped: dict[str, int]
    failed: dict[str, int]
    pending: dict[str, int]
    balances: bool


class DayAccountView(AccountView, frozen=True, kw_only=True):
    """The account of one day of the practice at one place, by the time things were due."""

    day: str
    place_id: str
    """Empty: visits without a place, and messages about no visit."""


class FindingView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One contradiction."""

    kind: str
    notification_id: str
    appointment_id: str
    remedy: str


class BalanceView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a check has found."""

    balances: bool
    days: tuple[DayAccountView, ...]
    total: AccountView
    found: dict[str, int]
    """How many of each kind."""
    findings: tuple[FindingView, ...]
    """At most 100 of a kind."""
    visits_to_come: int
    """Visits that were looked at."""


async def balance(call: Call) -> Answer:
    """Check the account of some days, all that is due and all visits to come."""
    zone = zone_named(call.practice().zone)
    today = call.now.astimezone(zone).date()
    wanted = wanted_range(call.query, zone, today=today, days=1, most_days=MOST_DAYS)
    check = Check(call.parts.store, wanted.first, wanted.last, now=call.now)
    return json_answer(balance_view(await asyncio.to_thread(check.run)))


def balance_view(found: Balance) -> BalanceView:
    """Return what a check has found, as it is shown."""
    days = tuple(
        DayAccountView(day=one.day.isoformat(), place_id=one.place, **_members(one.account)) for one in found.days
    )
    return BalanceView(
        balances=found.balances,
        days=days,
        total=AccountView(**_members(found.total)),
        found={about.value: count for about, count in sorted(found.found.items())},
        findings=tuple(map(_finding_view, found.findings)),
        visits_to_come=found.visits,
    )


def _members(account: Account) -> dict[str, Any]:
    return {"planned": account.planned, **account.columns(), "balances": account.balances}


def _finding_view(finding: Finding) -> FindingView:
    return FindingView(
        kind=finding.about.value,
        notification_id=finding.notification_id,
        appointment_id=finding.appointment_id,
        remedy=finding.remedy,
    )


OPERATIONS: Final = (
    Operation(
        name="getBalance",
        method="GET",
        path="/api/reports/balance",
        scope=Scope.READ,
        run=balance,
        summary="Check whether everything is accounted for",
        about="Days of the practice, today's if nothing is said; and, whatever the days, all that is due and all visits"
        " to come. It reads everything it checks: ask for it once a day, not once a second.",
        tag="Reports",
        query=QUERY,
        answers={200: (BalanceView,)},
    ),
)
