"""What a log line may hold."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from kept.core.people import Patient
from kept.core.zones import zone_named
from kept.main.logs import MOST_ITEMS, MOST_TEXT, set_up_logs

CANARIES = (
    "Canary-Name",
    "+12065550199",
    "canary@example.com",
    "1970-01-02",
    "canary reason of the visit",
    "canary text of the message",
)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Set the logs up on a stream, and put everything back afterwards."""
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    out = io.StringIO()
    set_up_logs("INFO", stream=out)
    yield out
    structlog.configure(**before)
    root.handlers, root.level = handlers, level


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_document_with_ids(stream: io.StringIO) -> None:
    structlog.get_logger().info("sent", notification_id="ntf_1", channel="sms", count=2, seconds=1.5, state=None)

    (line,) = lines(stream)

    assert line.pop("timestamp")
    assert line == {
        "event": "sent",
        "level": "info",
        "notification_id": "ntf_1",
        "channel": "sms",
        "count": 2,
        "seconds": 1.5,
        "state": None,
    }


def test_a_field_that_is_not_on_the_list_is_dropped_and_counted(stream: io.StringIO) -> None:
    name, phone, email, birth, reason, text = CANARIES

    structlog.get_logger().warning(
        "sent", name=name, phone=phone, email=email, birth=birth, reason_text=reason, message={"text": text}
    )

    (line,) = lines(stream)
    assert line["dropped"] == 6
    assert [canary for canary in CANARIES if canary in stream.getvalue()] == []


def test_an_error_is_told_by_type_and_place_without_its_text(stream: io.StringIO) -> None:
    log = structlog.get_logger()
    try:
        raise ValueError(CANARIES[1])
    except ValueError as error:
        log.exception("failed")
        log.warning("failed", exc_info=error)
        log.warning("failed", exc_info=ValueError(CANARIES[2]))
    try:
        zone_named("canary reason of the visit")
    except Exception:
        log.exception("failed")

    found = [(line["error"], str(line["place"]).partition(":")[0]) for line in lines(stream)]
    assert found == [
        ("ValueError", "test_logs.py"),
        ("ValueError", "test_logs.py"),
        ("ValueError", ""),
        ("InvalidInputError", "core/zones.py"),
    ]
    assert [canary for canary in CANARIES if canary in stream.getvalue()] == []


def test_what_libraries_log_loses_its_details(stream: io.StringIO) -> None:
    logging.getLogger("some.library").warning("cannot write to %s", CANARIES[2])
    logging.getLogger("some.library").warning(f"cannot write to {CANARIES[2]}")  # noqa: G004  as libraries do
    logging.getLogger("some.library").info("connected")
    logging.getLogger("uvicorn.error").error("Exception in ASGI application")

    assert [(line["logger"], line["event"]) for line in lines(stream)] == [
        ("some.library", "cannot write to %s"),
        ("some.library", "library_message"),
        ("uvicorn.error", "Exception in ASGI application"),
    ]
    assert CANARIES[2] not in stream.getvalue()


def test_values_are_short_plain_and_on_one_line(stream: io.StringIO) -> None:
    structlog.get_logger().info(
        "x" * 1000, remedy="two\nlines\x1b[31m", where=["core", "flow"] * 20, code="\ud800", state=Patient
    )

    (line,) = lines(stream)

    assert len(str(line["event"])) == MOST_TEXT
    assert line["remedy"] == "twolines[31m"
    assert isinstance(line["where"], list)
    assert len(line["where"]) == MOST_ITEMS
    assert line["state"] == "<class 'kept.core.people.Patient'>"


def test_what_is_below_the_level_is_not_written(stream: io.StringIO) -> None:
    structlog.get_logger().debug("small talk")

    assert lines(stream) == []


def test_ids_that_belong_to_a_request_are_on_each_of_its_lines(stream: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(correlation_id="req_1"):
        structlog.get_logger().info("booked")
    structlog.get_logger().info("idle")

    assert [line.get("correlation_id") for line in lines(stream)] == ["req_1", None]
