"""Ledgers by day, as documents and rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import msgspec

from kept.core.errors import InvalidInputError
from kept.core.reports import Ledger
from kept.core.zones import parse_date
from kept.entrypoints.cli.parts import Parts
from kept.flow.reports import ledger_of_days

MOST_DAYS: Final = 366
COLUMNS: Final = ("day", "planned", "sent", "skipped", "failed", "pending", "fallback", "segments", "balances")


def ledgers(parts: Parts, first: str | None, last: str | None) -> dict[str, Any]:
    """
    Return the ledger of each day on which something was due, and of all together.

    Raises:
        InvalidInputError: no days, or more than a year of them.
    """
    begin = parse_date(first, field="from") if first else parts.clock.now().date()
    end = parse_date(last, field="to") if last else begin
    if not timedelta(0) <= end - begin < timedelta(days=MOST_DAYS):
        raise InvalidInputError.of("to", "out_of_range", f"must be from the first day on, within {MOST_DAYS} days")
    found = ledger_of_days(parts.store, begin, end)
    total = Ledger()
    for one in found.values():
        total = total.plus(one)
    days = [{"day": day.isoformat(), **ledger_document(one)} for day, one in found.items()]
    return {"days": days, "total": ledger_document(total)}


def ledger_document(ledger: Ledger) -> dict[str, Any]:
    """Return a ledger as the API shows it."""
    plain: dict[str, Any] = msgspec.to_builtins(ledger)
    plain["byChannel"] = plain.pop("by_channel")
    return {**plain, "balances": ledger.balances}


def row_of(day: dict[str, Any]) -> list[object]:
    """Return a line of the table."""
    return [("yes" if day[c] else "NO") if c == "balances" else day[c] for c in COLUMNS]
