"""The commands as a person starts them, on a real folder."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import structlog

from kept.entrypoints.cli import app
from kept.main import cli
from tests.main.programs import run, serving

ITEM = {"patientId": "p1", "phoneNumber": "+12065550100", "appointmentTime": "2030-01-20T14:00:00Z"}
BATCH = {"appointments": [ITEM]}
HEAVY = ["babel", "botocore", "jinja2", "phonenumbers", "prometheus_client", "pydantic", "starlette", "uvicorn"]


def ask(data: Path, *words: str, exit_code: int = 0, **settings: str) -> Any:  # noqa: ANN401  JSON
    """Return the document that a command prints."""
    told = run(data, *words, "--json", **settings)
    assert told.returncode == exit_code, told.stderr
    return json.loads(told.stdout)


def states(data: Path, *, exit_code: int = 0, **settings: str) -> dict[str, str]:
    """Return what the doctor says of each thing."""
    return {c["name"]: c["state"] for c in ask(data, "doctor", exit_code=exit_code, **settings)["checks"]}


def test_the_version_is_told_without_loading_what_only_other_commands_need() -> None:
    program = (
        "import atexit, sys; sys.argv = ['kept', '--version']\n"
        f"atexit.register(lambda: print([m for m in {HEAVY} if m in sys.modules]))\n"
        "from kept.main.cli import run; run()"
    )

    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert told.stdout.splitlines()[-1] == "[]"
    assert told.stdout.startswith("kept ")


def test_a_batch_is_sent_by_the_command_alone(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(BATCH), encoding="utf-8")

    answer = ask(tmp_path / "var", "send", str(file))

    assert answer["results"] == {"success": 1, "failed": 0, "fallback": 0}
    assert len(ask(tmp_path / "var", "outbox", "list")["messages"]) == 1


def test_a_batch_is_sent_by_the_server_that_runs(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(BATCH), encoding="utf-8")

    with serving(tmp_path / "var"):
        answer = ask(tmp_path / "var", "send", str(file))
        second = run(tmp_path / "var", "worker")

    assert answer["results"] == {"success": 1, "failed": 0, "fallback": 0}
    assert second.returncode == 75
    assert "another process sends" in second.stderr


def test_a_copy_brings_back_what_was_there(tmp_path: Path) -> None:
    data, copy = tmp_path / "var", tmp_path / "copy.db"
    ask(data, "patients", "add", "--id", "p1", "--name", "Ann")
    made = ask(data, "backup", str(copy))
    ask(data, "patients", "add", "--id", "p2", "--name", "Ben")

    restored = ask(data, "restore", str(copy))

    assert made["bytes"] == copy.stat().st_size
    assert Path(restored["replaced"]).exists()
    assert ask(data, "patients", "show", "p1")["name"] == "Ann"
    assert run(data, "patients", "show", "p2").returncode == 3


def test_no_copy_is_put_under_a_running_server(tmp_path: Path) -> None:
    data, copy = tmp_path / "var", tmp_path / "copy.db"
    ask(data, "patients", "add", "--id", "p1", "--name", "Ann")
    ask(data, "backup", str(copy))

    with serving(data):
        refused = run(data, "restore", str(copy))

    assert refused.returncode == 1
    assert "stop it, then restore" in refused.stderr


def test_settings_are_shown_without_secrets(tmp_path: Path) -> None:
    shown = run(tmp_path / "var", "config", "show", KEPT_SMTP_PASSWORD="canary-secret")

    assert shown.returncode == 0
    assert "smtp_password = ********" in shown.stdout
    assert "canary-secret" not in shown.stdout + shown.stderr


@pytest.mark.parametrize("words", [("config", "show"), ("patients", "show", "p1"), ("serve",), ("worker",)])
def test_wrong_settings_have_their_own_exit_code(tmp_path: Path, words: tuple[str, ...]) -> None:
    told = run(tmp_path / "var", *words, KEPT_PORTT="1")

    assert told.returncode == 78
    assert told.stderr == "kept: KEPT_PORTT: is not a setting; did you mean KEPT_PORT?\n"


def test_a_channel_that_cannot_be_set_up_is_a_matter_of_settings(tmp_path: Path) -> None:
    told = run(tmp_path / "var", "patients", "show", "p1", KEPT_EMAIL="smtp")

    assert told.returncode == 78
    assert "smtp_host" in told.stderr


def test_the_doctor_of_a_fresh_machine_names_what_is_missing(tmp_path: Path) -> None:
    data = tmp_path / "var"
    before = states(data)
    ask(data, "patients", "add", "--id", "p1", "--name", "Ann")

    after = states(data)

    assert before["data folder"] == "warn"
    assert (after["data folder"], after["database"], after["settings"]) == ("ok", "ok", "ok")
    assert (after["practice"], after["channel sms"], after["sender"], after["due"]) == ("warn", "warn", "warn", "ok")


def test_the_doctor_of_a_running_practice_is_content(tmp_path: Path) -> None:
    data = tmp_path / "var"
    with serving(data, "--demo"):
        found = states(data)

    assert (found["practice"], found["sender"]) == ("ok", "ok")
    assert "fail" not in found.values()


def test_the_doctor_sees_wrong_settings_and_open_files(tmp_path: Path) -> None:
    data = tmp_path / "var"
    ask(data, "patients", "add", "--id", "p1", "--name", "Ann")

    assert states(data, exit_code=1, KEPT_PORTT="1")["settings"] == "fail"
    (data / "other.db").touch(mode=0o644)
    (data / "other.db").chmod(0o644)
    assert states(data, exit_code=1)["data folder"] == "fail"
    (data / "other.db").unlink()
    data.chmod(0o755)
    assert states(data)["data folder"] == "warn"


def test_the_doctor_tries_the_mail_server_without_sending(tmp_path: Path) -> None:
    data = tmp_path / "var"
    ask(data, "patients", "add", "--id", "p1", "--name", "Ann")
    server = {"KEPT_SMTP_HOST": "127.0.0.1", "KEPT_SMTP_PORT": "1", "KEPT_SMTP_SECURITY": "none"}
    smtp = {**server, "KEPT_EMAIL": "smtp", "KEPT_SMTP_SENDER": "clinic@example.com", "KEPT_SMS": "none"}

    found = states(data, exit_code=1, **smtp)
    unset = states(data, exit_code=1, KEPT_EMAIL="smtp")

    assert (found["channel email"], found["channel sms"]) == ("fail", "warn")
    assert unset["channel"] == "fail"


def test_the_doctor_sees_a_damaged_database(tmp_path: Path) -> None:
    data = tmp_path / "var"
    data.mkdir(mode=0o700)
    (data / "kept.db").write_bytes(b"not a database" * 100)
    (data / "kept.db").chmod(0o600)

    assert states(data, exit_code=1)["database"] == "fail"


def test_a_database_without_its_tables_is_told_without_a_traceback(tmp_path: Path) -> None:
    data = tmp_path / "var"
    ask(data, "patients", "add", "--id", "p1", "--name", "Canary")
    with contextlib.closing(sqlite3.connect(data / "kept.db")) as db, db:
        db.execute("DROP TABLE entry")

    told = run(data, "patients", "find", "--name", "Canary")

    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert "Canary" not in told.stderr


def test_a_mistake_of_ours_is_told_by_its_type_and_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr(app, "program", broken)

    with pytest.raises(SystemExit) as ended:
        cli.run()
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()

    said = capsys.readouterr().err
    assert ended.value.code == 70
    assert '"error":"RuntimeError"' in said
    assert "canary" not in said


def test_a_simulation_runs_on_the_folder_of_a_server_that_runs(tmp_path: Path) -> None:
    data = tmp_path / "var"
    with serving(data, "--demo"):
        report = ask(data, "simulate", "--from", "2020-01-01", "--to", "2020-01-02")

    assert report["balances"] is True
