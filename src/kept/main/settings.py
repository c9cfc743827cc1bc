"""
What can be set, from the environment (``KEPT_…``) and from a settings file; the environment counts first.

Whatever is unknown or makes no sense stops the program before it does anything: a misspelt setting that is ignored is
a setting that somebody relies on.
"""

from __future__ import annotations

import difflib
import os
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from kept.core.errors import FieldProblem, InvalidInputError
from kept.main.setting_values import Secret, plain, read_value, wanted

PREFIX: Final = "KEPT_"
FILE_VARIABLE: Final = "KEPT_SETTINGS"
FILE_NAME: Final = "kept.toml"
"""Looked for in the data folder when no other file is named."""
SECRETS: Final = (
    "link_secret",
    "link_previous_secret",
    "smtp_password",
    "smtp_inbound_secret",
    "twilio_auth_token",
    "twilio_previous_auth_token",
)
"""Settings that are never shown, each with a setting ``…_file`` for a file with it."""
_OPEN_TO_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]


class StoreEngine(StrEnum):
    """What keeps everything."""

    SQLITE = "sqlite"
    DYNAMODB = "dynamodb"


class SmsChannel(StrEnum):
    """Who takes text messages."""

    OUTBOX = "outbox"
    SNS = "sns"
    END_USER_MESSAGING = "end_user_messaging"
    TWILIO = "twilio"
    NONE = "none"


class EmailChannel(StrEnum):
    """Who takes e-mail."""

    OUTBOX = "outbox"
    SMTP = "smtp"
    SES = "ses"
    NONE = "none"


class SmtpSecurity(StrEnum):
    """How the connection to the mail server is protected; the same words as the channel's own."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class LogLevel(StrEnum):
    """The least that is logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class SettingsError(InvalidInputError):
    """One or more settings are wrong; nothing was started."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings. In the environment a name is in capitals after ``KEPT_``; in the file it is as here."""

    data: Path = Path("var")
    """Folder with everything: database, outbox, settings file."""
    store: StoreEngine = StoreEngine.SQLITE
    """What keeps everything but the outbox: a file in the data folder, or tables of AWS; those need aws_region."""
    host: str = "127.0.0.1"
    """Address to listen on; beyond this machine the pages are off, because they have no sign-in."""
    port: Port = 8080
    """0: any free one."""
    public_url: str = ""
    """How others reach this server, for links and for what providers call; empty: host and port."""
    link_secret: Secret = Secret("")
    """Seals the links in messages; empty: one is made once, in the data folder; never shown."""
    link_secret_file: Path | None = None
    """File whose first line is that secret."""
    link_previous_secret: Secret = Secret("")
    """The one before it: links that it sealed open until they end; never shown."""
    link_previous_secret_file: Path | None = None
    """File whose first line is that one."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names that requests may name; empty: this machine's own, and host."""
    log_level: LogLevel = LogLevel.INFO
    """Plain LOG_LEVEL counts too."""
    sms: SmsChannel = SmsChannel.OUTBOX
    """Who takes text messages; none: nobody, and the reason stands with each message."""
    email: EmailChannel = EmailChannel.OUTBOX
    """Who takes e-mail."""
    outbox_receipts: bool = False
    """Whether messages in the outbox wait for word of what became of them, which you then give."""
    sending_threads: Annotated[int, msgspec.Meta(ge=1, le=256)] = 32
    """Calls to providers that are made at once."""
    sms_rate: Annotated[float, msgspec.Meta(gt=0, le=1_000)] | None = None
    """Text messages a second; none: what is usual for the provider."""
    email_rate: Annotated[float, msgspec.Meta(gt=0, le=1_000)] | None = None
    """Mails a second; none: what is usual for the provider."""
    requests_per_second: Annotated[float, msgspec.Meta(gt=0, le=1_000_000)] = 5_000.0
    """For each API key, over time."""
    request_burst: Annotated[int, msgspec.Meta(ge=1)] = 10_000
    """For each API key, at once."""
    smtp_host: str = ""
    """Mail server; needed for email = smtp."""
    smtp_port: Port = 587
    """587 for starttls, 465 for tls."""
    smtp_security: SmtpSecurity = SmtpSecurity.STARTTLS
    """How the connection is protected."""
    smtp_allow_plaintext: bool = False
    """Whether security none is right for a server on another machine."""
    smtp_ca_file: Path | None = None
    """Certificates to trust instead of the system's, PEM."""
    smtp_username: str = ""
    """Empty: no login."""
    smtp_password: Secret = Secret("")
    """Better kept in a file; never shown."""
    smtp_password_file: Path | None = None
    """File whose first line is the password; instead of smtp_password."""
    smtp_sender: str = ""
    """Address in From; failure notices go there too while smtp_bounce_address is empty; needed for email = smtp."""
    smtp_sender_name: str = ""
    """Name in From."""
    smtp_reply_to: str = ""
    """Address for answers; empty: the sender's."""
    smtp_bounce_address: str = ""
    """Where reports of delivery and failure go, handed on to Kept by the mail server; empty: to the sender, unread."""
    smtp_inbound_secret: Secret = Secret("")
    """Shown by who hands mail to /webhooks/smtp; empty: nobody may; never shown."""
    smtp_inbound_secret_file: Path | None = None
    """File whose first line is the secret; instead of smtp_inbound_secret."""
    smtp_message_id_domain: str = ""
    """After the @ of Message-ID; empty: the sender's domain."""
    sms_origination: str = ""
    """Number, sender id, pool or ARN from which texts go by AWS; needed for sms = end_user_messaging."""
    sms_configuration_set: str = ""
    """Configuration set for texts by End User Messaging; without it nobody tells what became of them."""
    sms_max_price: Decimal | None = None
    """Most that one part of a text may cost, in US dollars; dearer ones are refused by AWS."""
    twilio_account_sid: str = ""
    """AC and 32 hexadecimal digits; needed for sms = twilio."""
    twilio_auth_token: Secret = Secret("")
    """Opens the account and signs what Twilio says later; better kept in a file; never shown."""
    twilio_auth_token_file: Path | None = None
    """File whose first line is the token; instead of twilio_auth_token."""
    twilio_previous_auth_token: Secret = Secret("")
    """The other token while one replaces the other: what it signed counts too; never shown."""
    twilio_previous_auth_token_file: Path | None = None
    """File whose first line is that one."""
    twilio_sender: str = ""
    """Number, short code, sender id, or the SID of a messaging service; needed for sms = twilio."""
    aws_region: str = ""
    """Such as us-west-2; needed for everything of AWS. Credentials come the SDK's own way."""
    ses_sender: str = ""
    """Address in From; needed for email = ses."""
    ses_sender_name: str = ""
    """Name in From."""
    ses_reply_to: str = ""
    """Address for answers; empty: the sender's."""
    ses_configuration_set: str = ""
    """Configuration set for mails; without it nobody tells what became of them."""
    sns_topics: tuple[str, ...] = ()
    """ARNs of the topics that may call /webhooks/sns; empty: nobody may."""
    sns_ca_file: Path | None = None
    """Authorities that vouch for the certificate of SNS, PEM; empty: this machine's own."""
    tables_suffix: str = ""
    """On AWS: what stands after the names of the tables; it tells one deployment from another."""
    queue_reminder: str = ""
    """On AWS: address of the queue of reminders that are due."""
    queue_confirmation: str = ""
    """On AWS: address of the queue that confirms requests; empty: somebody else confirms them."""
    senders: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 1
    """On AWS: how many functions may send at once; they share the rates evenly, whether all run or one."""
    metrics_namespace: str = "Kept"
    """On AWS: where CloudWatch keeps the metrics."""


def load_settings() -> Settings:
    """
    Return the settings as they hold for this process.

    Raises:
        SettingsError: all that is wrong, each with its remedy.
    """
    variables = os.environ
    problems = list(_unknown_variables(variables))
    path = _settings_file(variables)
    in_file, problems_in_file = _file_values(path) if path else ({}, [])
    given = [(f"{path.name}: {name}" if path else name, name, value) for name, value in in_file.items()]
    given += [(variable, name, variables[variable]) for variable, name in _variables() if variables.get(variable)]
    values, senseless = _read(given)
    problems += [*problems_in_file, *senseless]
    if senseless:
        raise SettingsError(*problems)
    settings = Settings(**values)
    secrets, in_secrets = _secrets_in_files(settings)
    if problems or in_secrets:
        raise SettingsError(*problems, *in_secrets)
    return msgspec.structs.replace(settings, **secrets)


def changed(settings: Settings, **values: object) -> Settings:
    """
    Return the settings with some values replaced; those that are None stay.

    Raises:
        SettingsError: a value makes no sense.
    """
    changes, senseless = _read((name, name, value) for name, value in values.items() if value is not None)
    if senseless:
        raise SettingsError(*senseless)
    return msgspec.structs.replace(settings, **changes)


def masked(settings: Settings) -> dict[str, object]:
    """Return names and values for people to look at, without secrets."""
    return {name: plain(getattr(settings, name)) for name in setting_names()}


def public_url(settings: Settings) -> str:
    """Return how others reach this server, without a slash at the end."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return (settings.public_url or f"http://{host}:{settings.port}").rstrip("/")


def has_outbox(settings: Settings) -> bool:
    """Return whether any message goes to the outbox."""
    return settings.sms is SmsChannel.OUTBOX or settings.email is EmailChannel.OUTBOX


def setting_names() -> tuple[str, ...]:
    """Return the names of all settings, as the file has them."""
    return Settings.__struct_fields__


def _unknown_variables(variables: Mapping[str, str]) -> Iterator[FieldProblem]:
    known = {PREFIX + name.upper() for name in setting_names()} | {FILE_VARIABLE}
    for name in sorted(variables):
        if name.startswith(PREFIX) and name not in known:
            yield _unknown(name, known)


def _settings_file(variables: Mapping[str, str]) -> Path | None:
    """Return the file to read: the one that is named, or the one in the data folder if it is there."""
    if variables.get(FILE_VARIABLE):
        return Path(variables[FILE_VARIABLE])
    path = Path(variables.get("KEPT_DATA") or "var") / FILE_NAME
    return path if path.exists() else None


def _file_values(path: Path) -> tuple[dict[str, Any], list[FieldProblem]]:
    """Return what a settings file says, and what is wrong with it."""
    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
    except OSError as error:
        return {}, [_problem(path.name, f"cannot be read ({error.strerror}); check path and rights")]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        where = f" ({error})" if isinstance(error, tomllib.TOMLDecodeError) else ""
        return {}, [_problem(path.name, f"is not TOML{where}; write lines such as port = 8080")]
    problems = [_unknown(f"{path.name}: {name}", setting_names()) for name in values if name not in setting_names()]
    if any(values.get(name) for name in SECRETS) and path.stat().st_mode & _OPEN_TO_OTHERS:
        problems.append(_problem(path.name, "holds a secret and is open to other users; run chmod 600 on it"))
    return {name: value for name, value in values.items() if name in setting_names()}, problems


def _secrets_in_files(settings: Settings) -> tuple[dict[str, Secret], list[FieldProblem]]:
    """Return the secrets that are kept in files of their own, and what is wrong with those files."""
    found: dict[str, Secret] = {}
    problems = []
    for name in SECRETS:
        path: Path | None = getattr(settings, f"{name}_file")
        if path is None:
            continue
        is_given = bool(getattr(settings, name).text)
        secret, wrong = ("", f"is given beside {name}; keep one of them") if is_given else _first_line(path)
        found[name] = Secret(secret)
        problems += [_problem(f"{name}_file", wrong)] if wrong else []
    return found, problems


def _first_line(path: Path) -> tuple[str, str]:
    """Return the first line of a file, or nothing and what is wrong."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        return "", f"cannot be read ({type(error).__name__}); check path and rights"
    if not lines or not lines[0]:
        return "", "is empty; put the secret into its first line"
    return lines[0], ""


def _variables() -> Iterator[tuple[str, str]]:
    """Yield the variables of the environment with the settings that they are for; a later one counts before others."""
    yield "LOG_LEVEL", "log_level"
    yield from ((PREFIX + name.upper(), name) for name in setting_names())


def _read(given: Iterable[tuple[str, str, object]]) -> tuple[dict[str, Any], list[FieldProblem]]:
    """
    Return the settings that were given, and what makes no sense, under the name by which it was set; never its value.

    Args:
        given: How it was set, which setting it is, and its value; a later one counts before an earlier one.
    """
    last = {name: (source, value) for source, name, value in given}
    values, problems = {}, []
    for name, (source, value) in last.items():
        kind = _kinds()[name]
        try:
            values[name] = read_value(value, kind)
        except ValueError:
            problems.append(_problem(source, f"must be {wanted(kind)}; change it"))
    return values, problems


@cache
def _kinds() -> dict[str, Any]:
    """Return what each setting may be."""
    return {field.name: field.type for field in msgspec.structs.fields(Settings)}


def _unknown(name: str, known: Iterable[str]) -> FieldProblem:
    """Return what is said of a name that is none, with the nearest one that is."""
    bare_names = {other.removeprefix(PREFIX): other for other in known}
    near = difflib.get_close_matches(name.rpartition(" ")[2].removeprefix(PREFIX), bare_names, n=1)
    remedy = f"did you mean {bare_names[near[0]]}?" if near else "remove it; `kept config show` lists all settings"
    return FieldProblem(field=name, code="unknown_setting", message=f"is not a setting; {remedy}")


def _problem(field: str, message: str) -> FieldProblem:
    return FieldProblem(field=field, code="invalid_setting", message=message)
