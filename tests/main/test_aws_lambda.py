"""The functions put together: from the environment, once per process, and each answers its events."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zoneinfo
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from kept.adapters.dynamodb import DynamoStore
from kept.adapters.memory import MemoryStore
from kept.adapters.sqs import SqsQueue
from kept.core.links import VISIT_PATH
from kept.core.practice import Practice
from kept.entrypoints.aws_lambda.invocation import Answer, Context
from kept.main import aws_lambda
from kept.main.aws_health import cloud_health
from kept.main.aws_parts import CloudParts, open_cloud_parts
from kept.main.settings import SettingsError
from kept.ports.store import Transaction
from tests.entrypoints.worker.breaking import BreakingStore

SENDING = {"KEPT_SMS": "none", "KEPT_EMAIL": "none"}


class Call:
    """What the runtime tells of a call."""

    aws_request_id = "req-1"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudParts]:
    """Put the parts together on a store in memory."""
    for name, value in {**SENDING, "AWS_REGION": "us-west-2", "KEPT_TABLES_SUFFIX": "test"}.items():
        monkeypatch.setenv(name, value)
    made = open_cloud_parts()
    made.__dict__["store"] = MemoryStore()
    monkeypatch.setattr(aws_lambda, "parts_of_process", lambda: made)
    yield made
    made.close()
    zoneinfo.reset_tzpath()


HANDLERS: list[tuple[Callable[[object, Context], Answer], object, Answer]] = [
    (aws_lambda.reminder, {"Records": []}, {"batchItemFailures": []}),
    (aws_lambda.request, {"Records": []}, {"batchItemFailures": []}),
    (aws_lambda.confirmation, {"Records": []}, {"batchItemFailures": []}),
    (aws_lambda.receipts, {"Records": []}, {"batchItemFailures": []}),
    (aws_lambda.replies, {"Records": []}, {"batchItemFailures": []}),
    (
        aws_lambda.batch_start,
        {"appointments": [], "batchId": "b"},
        {"batchId": "b", "processed": 0, "refused": 0, "items": []},
    ),
    (
        aws_lambda.batch_send,
        {"notificationId": "n", "channel": "sms"},
        {"notificationId": "n", "channel": "sms", "state": "not_used"},
    ),
]


@pytest.mark.parametrize(("handler", "event", "wanted"), HANDLERS)
def test_each_function_answers_its_events(
    parts: CloudParts, handler: Callable[[object, Context], Answer], event: object, wanted: Answer
) -> None:
    assert handler(event, Call()) == wanted


def test_a_batch_that_is_asked_for_is_summed_up_by_other_functions_too(
    parts: CloudParts, capsys: pytest.CaptureFixture[str]
) -> None:
    later = (datetime.now(tz=UTC) + timedelta(hours=20)).isoformat()  # noqa: TID251  a real clock is behind it
    items = [{"patientId": "p-1", "phoneNumber": "+12065550100", "appointmentTime": later}]

    answer = aws_lambda.batch({"appointments": items}, Call())
    again = aws_lambda.batch_finish({"batchId": "bat_req-1"}, Call())
    asked = aws_lambda.query({"appointmentId": "apt_1"}, Call())

    assert json.loads(cast("str", answer["body"])) == again
    assert again["results"] == {"success": 0, "failed": 1, "fallback": 0}
    assert asked["statusCode"] == 404
    line = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (line["Environment"], line["SkippedNotifications"]) == ("test", 1)


def _asked(path: str) -> Answer:
    return aws_lambda.api({"rawPath": path, "requestContext": {"http": {"method": "GET"}}}, Call())


def test_the_api_answers_behind_the_gateway(parts: CloudParts) -> None:

    def step(tx: Transaction) -> None:
        tx.put(Practice(name="Elm Clinic"))

    parts.store.submit(step).result()
    answers = {path: _asked(path)["statusCode"] for path in ("/api/practice", "/healthz", "/metrics", "/day")}

    assert answers == {"/api/practice": 401, "/healthz": 200, "/metrics": 200, "/day": 404}


def test_the_pages_behind_links_are_there_with_a_secret_and_an_address(
    parts: CloudParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = parts.links
    monkeypatch.setenv("KEPT_LINK_SECRET", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("KEPT_PUBLIC_URL", "https://kept.example")
    with_links = open_cloud_parts()
    with_links.__dict__["store"] = MemoryStore()

    answer = with_links.gateway.answer(
        {
            "rawPath": f"{VISIT_PATH}none",
            "headers": {"accept": "text/html"},
            "requestContext": {"http": {"method": "GET"}},
        }
    )
    with_links.close()

    assert without is None
    assert with_links.links is not None
    assert answer["statusCode"] == 404
    assert "text/html" in cast("dict[str, str]", answer["headers"])["content-type"]


def test_health_is_what_the_sweep_has_noted(parts: CloudParts, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = BreakingStore()
    broken.close()
    before = cloud_health(parts.store, parts.clock)
    monkeypatch.setenv("KEPT_QUEUE_REMINDER", "https://sqs.us-west-2.amazonaws.com/123456789012/q")
    swept = open_cloud_parts()
    swept.__dict__["store"] = parts.store
    monkeypatch.setattr(aws_lambda, "parts_of_process", lambda: swept)

    answer = aws_lambda.sweep({}, Call())
    after = cloud_health(parts.store, parts.clock)
    swept.close()

    assert before.checks["sending"] == "nobody has looked yet"
    assert answer == {"due": 0, "queued": 0, "left": 0}
    assert (after.ok, after.checks) == (True, {"store": "ok", "sending": "ok", "balance": "not checked yet"})
    assert cloud_health(broken, parts.clock).ok is False


def test_health_says_what_the_night_has_found(parts: CloudParts) -> None:
    def step(tx: Transaction) -> None:
        tx.put(Practice(name="Elm Clinic"))

    parts.store.submit(step).result()

    answer = aws_lambda.balance({}, Call())
    health = json.loads(cast("str", _asked("/healthz")["body"]))

    assert answer["found"] == {}
    assert health["checks"]["balance"].startswith("balanced at ")


def test_what_is_missing_is_said_under_the_name_of_its_setting(
    parts: CloudParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError, match="queue_reminder"):
        _ = parts.sweep
    monkeypatch.setenv("KEPT_SMS", "outbox")
    with pytest.raises(SettingsError, match="sms: is the outbox"):
        _ = open_cloud_parts().sender


def test_queues_are_opened_where_they_are_named(parts: CloudParts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT_QUEUE_CONFIRMATION", "https://sqs.us-west-2.amazonaws.com/123456789012/c")
    monkeypatch.setenv("KEPT_QUEUE_REMINDER", "https://sqs.us-west-2.amazonaws.com/123456789012/r")
    made = open_cloud_parts()
    made.__dict__["store"] = MemoryStore()

    queues = [made.requests._confirmations, made.reminders._queue]  # noqa: SLF001  nothing shows them
    made.close()

    assert all(isinstance(queue, SqsQueue) for queue in queues)


def test_the_parts_are_built_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT_AWS_REGION", "eu-west-1")
    aws_lambda.parts_of_process.cache_clear()

    first, second = aws_lambda.parts_of_process(), aws_lambda.parts_of_process()
    aws_lambda.parts_of_process.cache_clear()
    zoneinfo.reset_tzpath()

    assert first is second
    assert first.settings.aws_region == "eu-west-1"


def test_the_store_is_the_tables(parts: CloudParts, monkeypatch: pytest.MonkeyPatch) -> None:
    made = open_cloud_parts()

    store = made.store
    made.close()

    assert isinstance(store, DynamoStore)


LOADED = "import sys, kept.main.aws_lambda; print(sorted(m for m in sys.modules if m.startswith('kept.')))"


def _loaded(**environment: str) -> Any:  # noqa: ANN401 a list of names
    run = subprocess.run(
        [sys.executable, "-c", LOADED], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout.replace("'", '"'))


def test_a_snapshot_holds_what_the_function_needs_imported_and_nothing_built() -> None:
    usual = _loaded()
    snapshot = _loaded(AWS_LAMBDA_INITIALIZATION_TYPE="snap-start", _HANDLER="kept.main.aws_lambda.api")

    assert "kept.main.aws_parts" not in usual
    assert {"kept.main.aws_application", "kept.main.aws_store"} <= set(snapshot)
