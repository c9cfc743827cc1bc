"""One simulation from wishes to report, with its progress on standard error."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kept.core.errors import InvalidInputError
from kept.core.notifications import AttemptState, Notification
from kept.core.zones import parse_date
from kept.entrypoints.cli.ledgers import COLUMNS, ledger_document, row_of
from kept.entrypoints.cli.parts import Parts, SimulationReport, SimulationWatch, SimulationWishes
from kept.entrypoints.cli.progress import progress
from kept.entrypoints.cli.screen import table


def run_simulation(parts: Parts, wishes: SimulationWishes, list_to: Path | None) -> SimulationReport:
    """Return what would be sent; write every message to a file if one is named."""
    begin = datetime.combine(parse_date(wishes.first, field="from"), datetime.min.time(), UTC) - timedelta(days=1)
    end = datetime.combine(parse_date(wishes.last, field="to"), datetime.min.time(), UTC) + timedelta(days=1)
    total = max(1.0, (end - begin).total_seconds())
    with progress("Simulating", total) as bar, _listing(list_to) as listed:
        watch = SimulationWatch(
            on_done=listed, on_time=lambda at: bar(lambda: min(total, max(0.0, (at - begin).total_seconds())))
        )
        return parts.simulate(wishes, watch)


def share_of(text: str, field: str) -> float:
    """
    Return a share from 0 to 1, written as a percentage or a number.

    Raises:
        InvalidInputError: it is none.

    >>> share_of("5%", "refuse"), share_of("0.05", "refuse")
    (0.05, 0.05)
    """
    is_percent = text.endswith("%")
    try:
        share = float(text.removesuffix("%")) / (100 if is_percent else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise InvalidInputError.of(field, "not_a_share", "must be a share such as 5% or 0.05")
    return share


def document_of(report: SimulationReport, price: float | None) -> dict[str, Any]:
    """Return the report as plain values."""
    document: dict[str, Any] = {
        "appointments": report.appointments,
        **ledger_document(report.ledger),
        "attempts": report.attempts,
        "days": [{"day": day, **ledger_document(ledger)} for day, ledger in report.days.items()],
        "hours": {f"{hour:02}": count for hour, count in report.hours.items()},
        "seconds": round(report.seconds, 2),
    }
    if price is not None:
        document["cost"] = round(report.ledger.segments * price, 2)
    return document


def shown(report: SimulationReport, document: dict[str, Any]) -> object:
    """Return the report for a person."""
    from rich.console import Group

    days = [row_of(day) for day in document["days"]]
    most = max(report.hours.values(), default=1)
    hours = [(f"{hour:02}:00", count, "█" * round(40 * count / most)) for hour, count in report.hours.items()]
    channels = ", ".join(f"{count} by {channel}" for channel, count in document["byChannel"].items()) or "none"
    lines = [
        f"{report.appointments} appointments: {document['planned']} messages planned",
        " + ".join(f"{document[end]} {end}" for end in ("sent", "skipped", "failed", "pending")),
        f"the ledger {'balances' if document['balances'] else 'DOES NOT BALANCE'}",
        f"{channels}; {document['segments']} segments; {document['attempts']} attempts",
        *(f"  {count} not sent: {reason}" for reason, count in document["reasons"].items()),
        *([f"cost {document['cost']:.2f}"] if "cost" in document else []),
        f"{document['seconds']} s",
    ]
    return Group(
        table(COLUMNS, days, title="By day"),  # type: ignore[arg-type]
        table(("hour", "messages", ""), hours, title="By hour of the practice's day"),  # type: ignore[arg-type]
        "\n".join(lines),
    )


class _List:
    """Writes every message taken: when, how and for what; neither texts nor addresses."""

    def __init__(self, path: Path | None) -> None:
        self._file = None
        if path:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(descriptor, "w", encoding="utf-8", newline="")
            self._rows = csv.writer(self._file)
            self._rows.writerow(
                ["startedAt", "channel", "state", "segments", "rule", "notificationId", "appointmentId", "patientId"]
            )

    def __call__(self, notification: Notification) -> None:
        if self._file is None:
            return
        ids = (notification.rule, notification.id, notification.appointment_id, notification.patient_id)
        for attempt in notification.attempts:
            segments = attempt.segments if attempt.state is AttemptState.ACCEPTED else 0
            at = attempt.started_at.isoformat().replace("+00:00", "Z")
            self._rows.writerow([at, attempt.channel.value, attempt.state.value, segments, *ids])

    def close(self) -> None:
        if self._file:
            self._file.close()


@contextmanager
def _listing(path: Path | None) -> Iterator[_List]:
    listed = _List(path)
    try:
        yield listed
    finally:
        listed.close()
