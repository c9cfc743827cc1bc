"""``kept serve`` and ``kept worker`` as real programs."""

from __future__ import annotations

import signal
import socket
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from kept.adapters.outbox import OutboxLedger
from tests.main.programs import KEPT, Server, environment, eventually, key_for, run, serving


def messages(data: Path) -> list[str]:
    with OutboxLedger(data / "outbox.db") as ledger:
        return [message.text for message in ledger.messages()]


def healthy(server: Server) -> dict[str, str]:
    answer = server.get("/healthz")
    assert answer.status_code == 200
    checks: dict[str, str] = answer.json()["checks"]
    return checks


def test_the_sample_practice_sends_within_seconds_and_ends_in_order(tmp_path: Path) -> None:
    data = tmp_path / "var"
    with serving(data, "--demo") as server:
        assert eventually(lambda: len(messages(data)) >= 5)
        checks = healthy(server)
        metrics = server.get("/metrics").text
        page = server.get("/", headers={"Accept": "text/html"})
        code, seconds = server.end()

    assert (checks["store"], checks["worker"]) == ("ok", "sending")
    assert 'kept_skipped_notifications_total{reason="opted_out"} 1.0' in metrics
    assert "kept_sending 1.0" in metrics
    assert page.status_code == 200
    assert "Elm Street Clinic" in page.text
    assert any("cita" in text for text in messages(data))
    assert "key create" in server.said[1]
    assert code == 0
    assert seconds < 15


def test_a_visit_booked_over_http_is_there_and_reminded_of(tmp_path: Path) -> None:
    data = tmp_path / "var"
    with serving(data) as server:
        authorised = {"Authorization": f"Bearer {key_for(data)}"}
        start = datetime.now(ZoneInfo("America/New_York")) + timedelta(hours=30)  # noqa: TID251
        patient = httpx.post(
            f"{server.url}/api/patients",
            headers=authorised,
            json={"firstName": "Ana", "lastName": "R", "phone": "+12065550111", "email": "ana@example.com"},
        )
        booked = httpx.post(
            f"{server.url}/api/appointments",
            headers=authorised,
            json={
                "patientId": patient.json()["patientId"],
                "start": start.isoformat(),
                "end": (start + timedelta(minutes=30)).isoformat(),
                "timeZone": "America/New_York",
            },
        )
        assert booked.status_code == 201, booked.text
        found = server.get(f"/api/appointments/{booked.json()['appointmentId']}", headers=authorised)

    assert (patient.status_code, booked.status_code, found.status_code) == (201, 201, 200)


def test_a_second_sender_refuses_to_send_and_takes_over_when_the_first_has_ended(tmp_path: Path) -> None:
    data = tmp_path / "var"
    with serving(data, "--demo") as first, serving(data) as second:
        worker = run(data, "worker")
        before = healthy(second)["worker"]
        first.process.kill()
        took_over = eventually(lambda: healthy(second)["worker"] == "sending")

    assert worker.returncode == 75
    assert "another process sends from this store" in worker.stderr
    assert before == "another process sends"
    assert took_over


def test_the_worker_alone_sends_and_ends_when_told(tmp_path: Path) -> None:
    data = tmp_path / "var"
    with serving(data, "--demo") as server:
        assert eventually(lambda: len(messages(data)) >= 5)
        server.end(signal.SIGINT)

    with subprocess.Popen([KEPT, "worker"], env=environment(data), stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stderr is not None
        assert "worker_started" in worker.stderr.readline()
        worker.terminate()
        rest = worker.stderr.read()

    assert worker.returncode == 0
    assert '"event":"stopped"' in rest


def test_an_address_that_is_taken_is_told_with_its_remedy(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = run(tmp_path / "var", "serve", "--port", str(port))

    assert answer.returncode == 1
    assert (
        f"cannot listen on 127.0.0.1 port {port}: Address already in use; choose another with --port" in answer.stderr
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"KEPT_PROT": "1"}, "KEPT_PROT: is not a setting; did you mean KEPT_PORT?"),
        ({"KEPT_EMAIL": "smtp"}, "smtp_host: must be the name or IP address of a mail server"),
        ({"KEPT_SMTP_PASSWORD": "hunter2", "KEPT_EMAIL": "smtp"}, "smtp_password: must be given with username"),
    ],
)
def test_settings_that_make_no_sense_stop_everything(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    answer = run(tmp_path / "var", "serve", "--port", "0", **settings)

    assert answer.returncode == 78
    assert said in answer.stderr
    assert "hunter2" not in answer.stderr + answer.stdout
    assert answer.stdout == ""


def test_beyond_this_machine_the_pages_are_off_and_the_api_keeps_its_keys(tmp_path: Path) -> None:
    with serving(tmp_path / "var", "--host", "0.0.0.0", "--demo") as server:  # noqa: S104  that is what is tested
        url = server.url.replace("0.0.0.0", "127.0.0.1")  # noqa: S104
        page = httpx.get(url + "/")
        api = httpx.get(url + "/api/appointments")

        assert eventually(lambda: any("pages are off" in line for line in server.said))
    assert page.status_code == 403
    assert api.status_code == 401
