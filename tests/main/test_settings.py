"""What can be set, and what is said of settings that make no sense."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from kept.main.channels import smtp_settings
from kept.main.setting_values import MASK, Secret
from kept.main.settings import (
    SECRETS,
    EmailChannel,
    LogLevel,
    Settings,
    SettingsError,
    SmsChannel,
    changed,
    load_settings,
    masked,
    setting_names,
)

SECRET = "correct horse battery staple"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away the settings of whoever runs the tests."""
    import os

    for name in list(os.environ):
        if name.startswith("KEPT_") or name == "LOG_LEVEL":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def problems(error: SettingsError) -> dict[str, str]:
    return {problem.field: problem.message for problem in error.problems}


def refused() -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    return problems(caught.value)


def written(path: Path, text: str, *, mode: int = 0o600) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_without_any_setting_everything_has_a_value() -> None:
    settings = load_settings()

    assert (settings.data, settings.host, settings.port) == (Path("var"), "127.0.0.1", 8080)
    assert settings.email is EmailChannel.OUTBOX


def test_the_environment_counts_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = written(tmp_path / "my.toml", 'port = 1000\nhost = "::1"\nallowed_hosts = ["a.example"]\n')
    monkeypatch.setenv("KEPT_SETTINGS", str(path))
    monkeypatch.setenv("KEPT_PORT", "2000")

    settings = load_settings()

    assert (settings.port, settings.host, settings.allowed_hosts) == (2000, "::1", ("a.example",))


def test_a_file_in_the_data_folder_is_found_by_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    written(tmp_path / "data" / "kept.toml", "port = 3000\n")
    monkeypatch.setenv("KEPT_DATA", str(tmp_path / "data"))

    assert load_settings().port == 3000


def test_names_with_commas_between_them_are_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT_ALLOWED_HOSTS", "a.example, b.example,")

    assert load_settings().allowed_hosts == ("a.example", "b.example")


@pytest.mark.parametrize(
    ("variables", "level"),
    [
        ({"LOG_LEVEL": "debug"}, LogLevel.DEBUG),
        ({"LOG_LEVEL": "debug", "KEPT_LOG_LEVEL": "ERROR"}, LogLevel.ERROR),
        ({}, LogLevel.INFO),
    ],
)
def test_the_plain_log_level_counts_too(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], level: LogLevel
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert load_settings().log_level is level


@pytest.mark.parametrize(
    ("name", "value", "field", "said"),
    [
        ("KEPT_PROT", "1", "KEPT_PROT", "is not a setting; did you mean KEPT_PORT?"),
        ("KEPT_ZZZZ", "1", "KEPT_ZZZZ", "is not a setting; remove it; `kept config show` lists all settings"),
        ("KEPT_PORT", "a", "KEPT_PORT", "must be a whole number from 0 to 65535; change it"),
        ("KEPT_PORT", "70000", "KEPT_PORT", "from 0 to 65535"),
        ("KEPT_PORT", "8_0", "KEPT_PORT", "must be a whole number"),
        ("KEPT_EMAIL", "pigeon", "KEPT_EMAIL", "must be outbox, smtp, ses or none; change it"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL", "must be DEBUG, INFO, WARNING or ERROR; change it"),
        ("KEPT_SENDING_THREADS", "0", "KEPT_SENDING_THREADS", "must be a whole number from 1 to 256; change it"),
        ("KEPT_SMS_RATE", "nan", "KEPT_SMS_RATE", "must be a number above 0 and up to 1000; change it"),
        ("KEPT_REQUESTS_PER_SECOND", "inf", "KEPT_REQUESTS_PER_SECOND", "must be a number above 0"),
        ("KEPT_REQUEST_BURST", "0", "KEPT_REQUEST_BURST", "must be a whole number from 1 on; change it"),
        ("KEPT_SMS_MAX_PRICE", "NaN", "KEPT_SMS_MAX_PRICE", "must be an amount such as 0.05; change it"),
        ("KEPT_SMS_MAX_PRICE", "1_0", "KEPT_SMS_MAX_PRICE", "must be an amount"),
        ("KEPT_SMTP_ALLOW_PLAINTEXT", "perhaps", "KEPT_SMTP_ALLOW_PLAINTEXT", "must be true or false; change it"),
    ],
)
def test_a_wrong_variable_is_named_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str, said: str
) -> None:
    monkeypatch.setenv(name, value)

    found = refused()

    assert list(found) == [field]
    assert said in found[field]


@pytest.mark.parametrize(
    ("text", "mode", "field", "said"),
    [
        ("prot = 1\n", 0o600, "kept.toml: prot", "did you mean port?"),
        ('port = "x"\n', 0o600, "kept.toml: port", "must be a whole number"),
        ("host = 7\n", 0o600, "kept.toml: host", "must be text; change it"),
        ("data = 7\n", 0o600, "kept.toml: data", "must be a path; change it"),
        ("allowed_hosts = 7\n", 0o600, "kept.toml: allowed_hosts", "must be names with commas between them, or a list"),
        ("port = \n", 0o600, "kept.toml", "is not TOML (Invalid value (at line 1, column 8))"),
        ('smtp_password = "x"\n', 0o644, "kept.toml", "open to other users; run chmod 600 on it"),
    ],
)
def test_a_wrong_line_of_the_file_is_named_with_its_remedy(
    tmp_path: Path, text: str, mode: int, field: str, said: str
) -> None:
    written(tmp_path / "var" / "kept.toml", text, mode=mode)

    found = refused()

    assert list(found) == [field]
    assert said in found[field]


def test_a_file_that_is_not_there_or_not_text_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KEPT_SETTINGS", str(tmp_path / "missing.toml"))
    missing = refused()
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    monkeypatch.setenv("KEPT_SETTINGS", str(tmp_path / "binary.toml"))
    binary = refused()

    assert missing == {"missing.toml": "cannot be read (No such file or directory); check path and rights"}
    assert binary == {"binary.toml": "is not TOML; write lines such as port = 8080"}


def test_all_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    written(tmp_path / "var" / "kept.toml", "prot = 1\n")
    monkeypatch.setenv("KEPT_PORT", "a")
    monkeypatch.setenv("KEPT_HOTS", "b")

    assert list(refused()) == ["KEPT_HOTS", "kept.toml: prot", "KEPT_PORT"]


# ---- secrets


def test_a_password_comes_from_a_file_and_is_shown_to_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = written(tmp_path / "password", f"{SECRET}\n")
    monkeypatch.setenv("KEPT_SMTP_PASSWORD_FILE", str(path))

    settings = load_settings()

    assert settings.smtp_password.text == SECRET
    assert SECRET not in repr(settings) + str(settings) + str(masked(settings))
    assert masked(settings)["smtp_password"] == MASK


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read (FileNotFoundError)"), ("", "is empty"), ("\nx", "is empty")]
)
def test_a_password_file_that_holds_none_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "password"
    if content is not None:
        written(path, content)
    monkeypatch.setenv("KEPT_SMTP_PASSWORD_FILE", str(path))

    assert said in refused()["smtp_password_file"]


def test_a_password_is_given_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KEPT_SMTP_PASSWORD_FILE", str(written(tmp_path / "password", SECRET)))
    monkeypatch.setenv("KEPT_SMTP_PASSWORD", SECRET)

    found = refused()

    assert found == {"smtp_password_file": "is given beside smtp_password; keep one of them"}
    assert SECRET not in str(found)


def test_no_password_is_shown_as_none() -> None:
    assert masked(load_settings())["smtp_password"] == ""


# ---- use


def test_settings_can_be_changed_by_the_command_line() -> None:
    settings = changed(load_settings(), host="::1", port=None)

    assert (settings.host, settings.port) == ("::1", 8080)


def test_a_change_that_makes_no_sense_is_named() -> None:
    with pytest.raises(SettingsError) as caught:
        changed(load_settings(), port=-1)

    assert problems(caught.value) == {"port": "must be a whole number from 0 to 65535; change it"}


def test_what_the_mail_channel_misses_is_named_as_it_is_set() -> None:
    with pytest.raises(SettingsError) as caught:
        smtp_settings(load_settings())

    assert sorted(problems(caught.value)) == ["smtp_host", "smtp_sender"]


def test_every_setting_of_the_mail_channel_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "host": "mail.example.com",
        "port": "465",
        "security": "tls",
        "username": "me",
        "password": SECRET,
        "sender": "reminders@example.com",
        "sender_name": "Elm Clinic",
        "reply_to": "desk@example.com",
        "message_id_domain": "example.com",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"KEPT_SMTP_{name.upper()}", value)

    made = smtp_settings(load_settings())

    assert {name: str(getattr(made, name)) for name in given} == given


def test_the_names_are_those_of_the_file() -> None:
    assert {"data", "port", "smtp_password_file"} <= set(setting_names())


def test_every_secret_is_masked_and_may_stand_in_a_file() -> None:
    secrets = {field.name for field in msgspec.structs.fields(Settings) if field.type is Secret}

    assert set(SECRETS) == secrets
    assert {f"{name}_file" for name in secrets} <= set(setting_names())


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("outbox_receipts", "true", True),
        ("outbox_receipts", "ON", True),
        ("outbox_receipts", "no", False),
        ("outbox_receipts", "0", False),
        ("sms", "Twilio", SmsChannel.TWILIO),
        ("sms_rate", "2.5", 2.5),
        ("sms_max_price", "0.05", Decimal("0.05")),
        ("smtp_ca_file", "/etc/ca.pem", Path("/etc/ca.pem")),
        ("sns_topics", "arn:1,arn:2", ("arn:1", "arn:2")),
        ("twilio_sender", "", ""),
    ],
)
def test_a_variable_is_read_as_what_it_is(monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object) -> None:
    monkeypatch.setenv(f"KEPT_{name.upper()}", text)

    assert getattr(load_settings(), name) == value


def test_what_is_shown_of_settings_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT_SMS_MAX_PRICE", "0.05")
    monkeypatch.setenv("KEPT_ALLOWED_HOSTS", "a.example,b.example")

    shown = masked(load_settings())

    assert json.loads(json.dumps(shown)) == shown
    assert (shown["data"], shown["sms"], shown["sms_max_price"]) == ("var", "outbox", "0.05")
    assert shown["allowed_hosts"] == ["a.example", "b.example"]


def test_a_secret_is_shown_to_nobody_and_still_told_from_another() -> None:
    assert repr(Secret(SECRET)) == str(Secret(SECRET)) == f"{Secret(SECRET)}" == MASK
    assert len({Secret(SECRET), Secret(SECRET), Secret("x")}) == 2
    assert Secret(SECRET) != SECRET
