from __future__ import annotations

from typing import Any

import pytest

from kept.adapters.smtp import Security, SmtpSettings
from kept.core.errors import InvalidInputError

GOOD: dict[str, Any] = {"host": "mail.example.com", "sender": "reminders@practice.example"}


def test_asks_for_starttls_and_the_rfcs_patience_after_the_dot_unless_told_otherwise() -> None:
    settings = SmtpSettings(**GOOD)

    assert (settings.security, settings.port) == (Security.STARTTLS, 587)
    assert settings.after_data_timeout_s == 600
    assert settings.domain == "practice.example"


def test_never_shows_the_password() -> None:
    settings = SmtpSettings(**GOOD, username="kept", password="canary")

    assert "canary" not in repr(settings)
    assert "canary" not in str(settings.__rich_repr__())
    assert "password='***'" in repr(settings)
    assert "username='kept'" in repr(settings)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_plain_text_is_fine_on_this_machine(host: str) -> None:
    assert SmtpSettings(**{**GOOD, "host": host}, security=Security.NONE).host == host


def test_plain_text_to_another_machine_has_to_be_asked_for() -> None:
    settings = SmtpSettings(**GOOD, security=Security.NONE, allow_plaintext=True)

    assert settings.security is Security.NONE


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"security": Security.NONE}, "security"),
        ({"security": Security.NONE, "host": "localhost.example.com"}, "security"),
        ({"host": ""}, "host"),
        ({"host": "mail.example.com/x"}, "host"),
        ({"host": "mail..example.com"}, "host"),
        ({"port": 0}, "port"),
        ({"port": 65_536}, "port"),
        ({"sender": "Ann <ann@example.com>"}, "sender"),
        ({"sender": "ann@example.com,bob@example.com"}, "sender"),
        ({"sender_name": "Dr. M\r\nBcc: eve@example.com"}, "sender_name"),
        ({"reply_to": "nobody"}, "reply_to"),
        ({"bounce_address": "nobody"}, "bounce_address"),
        ({"bounce_address": "a@example.com> SIZE=1"}, "bounce_address"),
        ({"message_id_domain": "example.com>"}, "message_id_domain"),
        ({"username": "kept"}, "password"),
        ({"password": "secret"}, "password"),
        ({"username": "kept", "password": "pässword"}, "password"),
        ({"connect_timeout_s": 0}, "connect_timeout_s"),
        ({"after_data_timeout_s": float("nan")}, "after_data_timeout_s"),
        ({"idle_connections": -1}, "idle_connections"),
    ],
)
def test_names_the_setting_that_is_wrong(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        SmtpSettings(**{**GOOD, **changes})

    assert [problem.field for problem in caught.value.problems] == [field]


def test_names_all_settings_that_are_wrong_at_once() -> None:
    with pytest.raises(InvalidInputError) as caught:
        SmtpSettings(host="", sender="")

    assert [problem.field for problem in caught.value.problems] == ["host", "sender"]
