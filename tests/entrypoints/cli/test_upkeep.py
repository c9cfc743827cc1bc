from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

import kept
from kept.core.errors import (
    ConflictError,
    InvalidInputError,
    KeptError,
    NotFoundError,
    OutsideError,
    RefusedError,
)
from kept.core.notifications import NotificationState
from kept.entrypoints.cli.parts import Check, ServeWishes
from kept.entrypoints.cli.screen import ConfigurationError, Exit, SeatTakenError, command, exit_code_of
from tests.dispatching import notification
from tests.entrypoints.cli.world import Desk


def test_says_its_version(desk: Desk) -> None:
    assert desk.run("--version").stdout == f"kept {kept.__version__}\n"


def test_serves_and_works_as_wished(desk: Desk) -> None:
    desk.run("serve", "--port", "0", "--demo")
    desk.run("serve")
    desk.run("worker", "--wait")

    assert desk.parts.wishes == [ServeWishes(port=0, demo=True), ServeWishes(), True]


def test_backs_up_and_restores(desk: Desk) -> None:
    assert desk.ask("backup", "copy.db") == {"backup": "copy.db", "bytes": 1}
    assert "copy.db is a whole copy" in desk.run("backup", "copy.db").stdout
    assert desk.ask("restore", "copy.db")["replaced"] is None
    assert desk.run("restore", "copy.db").stdout == "Restored.\n"


def test_shows_the_settings(desk: Desk) -> None:
    assert desk.ask("config", "show") == {"port": 8080, "smtp_password": "********"}
    assert desk.run("config", "show").stdout == "port = 8080\nsmtp_password = ********\n"


@pytest.mark.parametrize(("state", "code"), [("ok", 0), ("warn", 0), ("fail", 1)])
def test_the_doctor_tells_what_it_found(desk: Desk, state: str, code: int) -> None:
    desk.parts.checks = (Check(name="clock", state=state, found="wrong", remedy="set it"),)

    document = desk.ask("doctor", exit_code=code)

    assert document["checks"] == [{"name": "clock", "state": state, "found": "wrong", "remedy": "set it"}]
    assert "set it" in desk.run("doctor").stdout


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInputError.of("f", "c", "m"), Exit.USAGE),
        (NotFoundError("thing"), Exit.NOTHING),
        (ConflictError("moved"), Exit.CONFLICT),
        (RefusedError("code", "no"), Exit.FAILED),
        (OutsideError("down"), Exit.FAILED),
        (KeptError("other"), Exit.FAILED),
        (SeatTakenError("seat"), Exit.SEAT_TAKEN),
        (ConfigurationError.of("port", "c", "m"), Exit.CONFIGURATION),
    ],
)
def test_every_family_of_errors_has_its_exit_code(error: KeptError, code: Exit) -> None:
    assert exit_code_of(error) is code


def test_tables_are_as_wide_as_the_terminal_says(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.parts.checks = (Check(name="clock", state="fail", found="w" * 100, remedy="r" * 100),)

    wide = desk.run("doctor").stdout
    monkeypatch.setenv("COLUMNS", "60")
    narrow = desk.run("doctor").stdout

    assert max(map(len, wide.splitlines())) > 200
    assert max(map(len, narrow.splitlines())) <= 60


def test_a_refusal_is_one_line_and_one_document() -> None:
    app = typer.Typer()

    @command(app)
    def refuse(as_json: bool = False) -> None:  # noqa: FBT001, FBT002  an option
        raise RefusedError("too_many", "not today; come back tomorrow")

    result = CliRunner().invoke(app, ["--as-json"])

    assert result.exit_code == 1
    assert result.stderr == "kept: not today; come back tomorrow\n"
    assert '"code": "too_many"' in result.stdout


def test_checks_the_balance_and_names_what_does_not_balance(desk: Desk) -> None:
    lost = notification(wake_at=None, due_at=desk.parts.clock.now(), appointment_id=None)
    before = desk.run("balance")

    desk.parts.store.submit(lambda tx: tx.put(lost)).result()
    document = desk.ask("balance", exit_code=1)
    shown = desk.run("balance")

    assert (before.exit_code, "It balances. 0 visits to come were looked at." in before.stdout) == (0, True)
    assert document["found"] == {"not_scheduled": 1}
    assert document["days"][0]["day"] == "2024-01-15"
    assert document["days"][0]["pending"] == {"planned": 1}
    assert document["findings"][0]["notificationId"] == "ntf_1"
    assert shown.exit_code == 1
    assert "It does not balance: 1 not_scheduled." in shown.stdout
    assert "1 (planned 1)" in shown.stdout
    assert document["findings"][0]["remedy"] in shown.stdout


def test_an_account_that_does_not_add_up_is_shown_as_such(desk: Desk) -> None:
    broken = notification(
        state=NotificationState.DONE, wake_at=None, due_at=desk.parts.clock.now(), appointment_id=None
    )
    desk.parts.store.submit(lambda tx: tx.put(broken)).result()

    shown = desk.run("balance", "--from", "2024-01-15", "--to", "2024-01-16")

    assert shown.exit_code == 1
    assert "NO" in shown.stdout
    assert "1 unaccounted" in shown.stdout


@pytest.mark.parametrize("last", ["2024-01-14", "2025-01-16"])
def test_refuses_to_check_no_days_or_more_than_a_year_of_them(desk: Desk, last: str) -> None:
    shown = desk.run("balance", "--from", "2024-01-15", "--to", last)

    assert (shown.exit_code, "to: must be from the first day on, within 366 days" in shown.stderr) == (2, True)
