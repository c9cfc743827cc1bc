from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.entrypoints.cli.world import Desk
from tests.key_opening import opened_key


def test_a_patient_is_registered_shown_and_found(desk: Desk) -> None:
    added = desk.ask(
        "patients", "add", "--id", "p1", "--first-name", "Ann", "--last-name", "Lee", "--phone", "(206) 555-0100",
        "--email", "ann@example.com", "--date-of-birth", "1990-05-17", "--language", "es", "--no-email",
    )  # fmt: skip

    assert (added["patientId"], added["phone"], added["consents"]["email"]["granted"]) == ("p1", "+12065550100", False)
    assert desk.ask("patients", "show", "p1") == added
    for words in (("--name", "ann l"), ("--phone", "206-555-0100"), ("--email", "ANN@example.com")):
        assert desk.ask("patients", "find", *words)["patients"] == [added]
    assert "Ann Lee" in desk.run("patients", "find", "--name", "Ann").stdout
    assert "ann@example.com" in desk.run("patients", "show", "p1").stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "--phone", "call me", "--name", "A"), 2),
        (("add",), 2),
        (("show", "nobody"), 3),
        (("find", "--name", "Zoe"), 3),
        (("find", "--name", "Zo"), 2),
        (("find",), 2),
        (("find", "--name", "Zoe", "--email", "a@example.com"), 2),
    ],
)
def test_what_cannot_be_is_said_by_the_exit_code(desk: Desk, words: tuple[str, ...], code: int) -> None:
    result = desk.run("patients", *words)

    assert result.exit_code == code
    assert result.stderr.startswith("kept: ")


def test_an_id_is_taken_once(desk: Desk) -> None:
    desk.run("patients", "add", "--id", "p1", "--name", "Ann")

    assert desk.run("patients", "add", "--id", "p1", "--name", "Ben").exit_code == 4


def test_a_key_is_printed_once_and_opens_until_it_is_taken_back(desk: Desk) -> None:
    made = desk.ask("key", "create", "--name", "front desk", "--scope", "desk", "--expires-days", "30")
    store, now = desk.parts.store, desk.parts.clock.now()

    assert opened_key(store, made["key"], now=now) is not None
    assert opened_key(store, made["key"], now=now + timedelta(days=31)) is None
    listed = desk.ask("key", "list")
    assert [key["id"] for key in listed["keys"]] == [made["id"]]
    assert made["key"] not in json.dumps(listed)
    assert desk.ask("key", "revoke", made["id"])["revokedAt"] is not None
    assert opened_key(store, made["key"], now=now) is None
    assert made["id"] in desk.run("key", "list").stdout


def test_a_key_alone_is_printed_for_a_person(desk: Desk) -> None:
    assert desk.run("key", "create", "--name", "n", "--scope", "read").stdout.startswith("kept.key_1.")
    assert desk.run("key", "revoke", "key_1").stdout == "key_1 is taken back.\n"
    assert desk.run("key", "revoke", "key_9").exit_code == 3
    assert desk.run("key", "create", "--name", "n", "--scope", "god").exit_code == 2


def test_the_practice_is_shown_as_the_file_that_loads_it(desk: Desk) -> None:
    shown = desk.run("practice", "show").stdout

    loaded = desk.ask("practice", "load", "-", stdin=shown)

    assert loaded == {"practice": "Elm Clinic", "places": 1, "schedules": 1, "visitTypes": 1, "reminderPolicies": 1}
    assert desk.ask("practice", "show") == json.loads(shown)
    file = desk.file("practice.toml", "[practice]\n[[places]]\nid = 'a'\nname = 'A'\n")
    assert "places 1" in desk.run("practice", "load", file).stdout


def test_a_wrong_practice_file_tells_every_mistake_and_changes_nothing(desk: Desk) -> None:
    before = desk.ask("practice", "show")

    result = desk.run("practice", "load", "-", stdin='{"practice": {"timeZone": "Mars", "nme": "x"}}')
    answer = desk.ask("practice", "load", "-", stdin='{"practice": {"timeZone": "Mars"}}', exit_code=2)

    assert result.exit_code == 2
    assert [line.split(": ")[1] for line in result.stderr.splitlines()] == ["practice/nme", "practice/timeZone"]
    assert answer["errors"][0]["field"] == "practice/timeZone"
    assert desk.ask("practice", "show") == before


@pytest.mark.parametrize("content", [b"\xff\xfe", b" " * (10 * 1024 * 1024 + 1)], ids=["no UTF-8", "too large"])
def test_a_file_that_cannot_be_read_as_text_is_told(desk: Desk, content: bytes) -> None:
    assert desk.run("practice", "load", "-", stdin=content).exit_code == 2
