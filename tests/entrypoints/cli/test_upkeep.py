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
from kept.entrypoints.cli.parts import Check, ServeWishes
from kept.entrypoints.cli.screen import ConfigurationError, Exit, SeatTakenError, command, exit_code_of
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
