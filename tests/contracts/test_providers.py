"""The table of providers in the reference says of each what its channel says of itself."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from kept.adapters.clock import SystemIds
from kept.adapters.outbox import OutboxChannel, OutboxLedger, OutboxVoice
from kept.core.people import ChannelName
from kept.ports.channel import Channel
from tests.architecture.sources import sources
from tests.contracts.channels import CHANNELS, ChannelCase, StoppedClock

TABLE = Path(__file__).parents[2] / "docs" / "reference" / "providers.csv"

BY_SETTING = "if set"
"""Where a provider can do something when a setting says so."""
ABILITIES = ["lookup", "receipts", "names_attempt", "replies", "opt_out_list"]
COLUMNS = ["provider", "channels", "idempotency_window", *ABILITIES]


def rows() -> dict[str, dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(lines)
        assert table.fieldnames == COLUMNS
        return {row["provider"]: row for row in table}


def said_by(channel: Channel) -> dict[str, str]:
    """Return what the table should say."""
    able = channel.capabilities
    window = able.idempotency_window
    return {
        "provider": channel.provider,
        "idempotency_window": "none" if window is None else f"{window.total_seconds():.0f} s",
        "lookup": "yes" if able.lookup else "no",
        "receipts": "yes" if able.receipts else "no",
        "names_attempt": "yes" if able.names_attempt else "no",
    }


@pytest.mark.parametrize("case", CHANNELS, ids=lambda case: case.id)
def test_the_table_says_what_the_channel_can_do(case: ChannelCase, tmp_path: Path) -> None:
    with case.opened(tmp_path) as provider:
        row = rows()[provider.channel.provider]

        assert provider.channel.name.value in row["channels"].split()
        said = {name: cell for name, cell in said_by(provider.channel).items() if row[name] != BY_SETTING}
        assert {name: row[name] for name in said} == said


def test_the_table_names_no_channel_that_is_not_there(tmp_path: Path) -> None:
    there = set()
    for case in CHANNELS:
        folder = tmp_path / case.id
        folder.mkdir()
        with case.opened(folder) as provider:
            there.add((provider.channel.provider, provider.channel.name.value))

    named = {(row["provider"], channel) for row in rows().values() for channel in row["channels"].split()}

    assert named == there


def test_replies_are_claimed_where_an_adapter_reads_them() -> None:
    reads = ("return IncomingReply(", "mail_reply(")  # of its own making, or by the format that mails share
    reading = {
        source.path.split("/")[3]
        for source in sources("src/kept/adapters")
        if any(word in source.text for word in reads)
    }

    assert {name for name, row in rows().items() if row["replies"] in {"yes", BY_SETTING}} == reading


def test_the_outbox_reports_deliveries_if_set(tmp_path: Path) -> None:
    with OutboxLedger(tmp_path / "outbox.db") as ledger:
        able = [
            OutboxChannel(ledger, ChannelName.SMS, clock=StoppedClock(), voice=voice).capabilities.receipts
            for voice in (voice_of(ledger, is_awaited=True), voice_of(ledger, is_awaited=False), None)
        ]

    assert (able, rows()["outbox"]["receipts"]) == ([True, False, False], BY_SETTING)


def voice_of(ledger: OutboxLedger, *, is_awaited: bool) -> OutboxVoice:
    return OutboxVoice(ledger, clock=StoppedClock(), ids=SystemIds(), call=lambda _: None, is_awaited=is_awaited)


def test_every_cell_of_yes_or_no_says_one_of_them_or_that_a_setting_does() -> None:
    cells = {row[column] for row in rows().values() for column in ABILITIES}

    assert cells == {"yes", "no", BY_SETTING}
