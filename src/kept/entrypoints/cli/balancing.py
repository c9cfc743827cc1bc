"""``kept balance``: the account of some days and what contradicts itself, as a document and as text."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from kept.core.errors import InvalidInputError
from kept.core.zones import parse_date, zone_named
from kept.entrypoints.cli.progress import progress
from kept.entrypoints.cli.screen import table
from kept.entrypoints.http_api.balance import balance_view
from kept.flow.balance import Balance, Check
from kept.flow.practice import load_practice

if TYPE_CHECKING:
    from kept.entrypoints.cli.parts import Parts

MOST_DAYS: Final = 366
COLUMNS: Final = ("day", "place", "planned", "sent", "skipped", "failed", "pending", "balances")


def checked(parts: Parts, first: str | None, last: str | None) -> Balance:
    """
    Return what a check of some days, of what is due and of all visits to come finds.

    Raises:
        InvalidInputError: no days, or more than a year of them.
    """
    now = parts.clock.now()
    today = now.astimezone(zone_named(load_practice(parts.store).practice.zone)).date()
    begin = parse_date(first, field="from") if first else today
    end = parse_date(last, field="to") if last else begin
    if not timedelta(0) <= end - begin < timedelta(days=MOST_DAYS):
        raise InvalidInputError.of("to", "out_of_range", f"must be from the first day on, within {MOST_DAYS} days")
    with progress("Checking", 1.0) as bar:
        check = Check(parts.store, begin, end, now=now, on_progress=lambda done: bar(lambda: done))
        return check.run()


def document_of(found: Balance) -> dict[str, Any]:
    """Return what was found as the API shows it."""
    document: dict[str, Any] = msgspec.to_builtins(balance_view(found))
    return document


def account_table(document: dict[str, Any]) -> object:
    """Return the accounts as a table, each column with its reasons."""
    rows = [*document["days"], {"day": "total", "placeId": "", **document["total"]}]
    return table(COLUMNS, map(_row, rows))


def findings_table(document: dict[str, Any]) -> object:
    """Return what contradicts itself, with what to do."""
    shown = [(f["kind"], f["notificationId"], f["appointmentId"], f["remedy"]) for f in document["findings"]]
    return table(("found", "notification", "visit", "remedy"), shown)


def summary(document: dict[str, Any]) -> str:
    """Return the last line: whether it balances, and what was looked at."""
    looked = f"{document['visitsToCome']} visits to come were looked at."
    if document["balances"]:
        return f"It balances. {looked}"
    found = ", ".join(f"{count} {kind}" for kind, count in document["found"].items())
    return f"It does not balance: {found or 'see the accounts'}. {looked}"


def _row(day: dict[str, Any]) -> list[object]:
    cells = [_cell(day[name]) for name in COLUMNS[3:7]]
    return [day["day"], day["placeId"], day["planned"], *cells, "yes" if day["balances"] else "NO"]


def _cell(reasons: dict[str, int]) -> str:
    """Return a column's number and, where there is anything to tell, its reasons."""
    named = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
    return f"{sum(reasons.values())} ({named})" if named else "0"
