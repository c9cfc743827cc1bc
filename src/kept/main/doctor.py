"""``kept doctor``: look at everything that can be wrong with the set-up, and say what to do."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kept.entrypoints.cli.parts import Check

if TYPE_CHECKING:
    from kept.main.assembly import Parts
    from kept.main.settings import Settings

LEAST_FREE_BYTES: Final = 1024**3
BACKLOG_AGE: Final = timedelta(minutes=10)
"""Older than this, what is due should have been sent: something is wrong, or nobody sends."""
WAL_RESET_FIXED: Final = (3, 51, 3)
"""
From here on two processes may move the log of one database at once.

Source:
    https://www.sqlite.org/wal.html, "The WAL-reset bug".
"""
EARLIEST: Final = datetime.fromisoformat("2025-01-01T00:00:00Z")
"""This program did not exist before; a clock that says so is wrong."""
_OPEN_TO_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def examine(settings_of: Callable[[], Settings]) -> tuple[Check, ...]:
    """
    Return every check in the order in which a person should mend what fails.

    Args:
        settings_of: Loads the settings; raises ConfigurationError when they are wrong.
    """
    from kept.entrypoints.cli.screen import ConfigurationError

    checks = [*_of_machine()]
    try:
        settings = settings_of()
    except ConfigurationError as error:
        checks += [_fail("settings", f"{p.field}: {p.message}", "correct the setting") for p in error.problems]
        return tuple(checks)
    checks.append(_ok("settings", "read"))
    checks += _of_folder(settings.data)
    checks += _of_parts(settings)
    return tuple(checks)


def _of_machine() -> Iterator[Check]:
    zones = importlib.metadata.version("tzdata")
    yield _ok("time zones", f"tzdata {zones}, not this machine's own")
    from kept.adapters.clock import SystemClock

    now = SystemClock().now()
    told = now.isoformat(timespec="seconds")
    sound = now >= EARLIEST
    yield _ok("clock", told) if sound else _fail("clock", told, "set the clock, and switch time synchronisation on")
    yield _ok("Python", sys.version.split()[0])


def _of_folder(folder: Path) -> Iterator[Check]:
    if not folder.exists():
        yield _warn("data folder", f"{folder} is not there yet", "it is made by the first command that needs it")
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    files = [path.name for path in folder.iterdir() if path.suffix == ".db" and path.stat().st_mode & _OPEN_TO_OTHERS]
    if not os.access(folder, os.W_OK):
        yield _fail("data folder", f"{folder} cannot be written to", "give this user the right, or name another folder")
    elif files:
        yield _fail("data folder", f"{', '.join(files)} can be read by other users", "run chmod 600 on it")
    elif mode & stat.S_IRWXO:
        yield _warn("data folder", f"{folder} is open to other users ({mode:o})", f"run chmod 700 {folder}")
    else:
        yield _ok("data folder", str(folder))
    free = shutil.disk_usage(folder).free
    found = f"{free / 1024**3:.1f} GiB free"
    yield _ok("disk", found) if free >= LEAST_FREE_BYTES else _warn("disk", found, "make room: 1 GiB or more")


def _of_parts(settings: Settings) -> Iterator[Check]:
    """Open everything, and look at what is in it."""
    from kept.core.errors import KeptError
    from kept.main.assembly import open_parts
    from kept.main.settings import SettingsError

    if not settings.data.exists():
        return
    try:
        with open_parts(settings, checkpoints=False) as parts:
            yield _ok("database", "opens and is of this version")
            yield _engine(parts, settings)
            yield from _of_practice(parts)
            yield _links(parts)
            yield from _of_channels(parts, settings)
            yield from _of_sending(parts, settings)
    except SettingsError as error:
        yield from (_fail("channel", f"{p.field}: {p.message}", "correct the setting") for p in error.problems)
    except KeptError as error:
        yield _fail(
            "database", str(error), "see whether the disk is full or the file damaged; kept restore brings a copy"
        )


def _engine(parts: Parts, settings: Settings) -> Check:
    from kept.adapters.sqlite import SqliteStore

    if not isinstance(parts.store, SqliteStore):
        return _ok("store", f"tables of AWS in {settings.aws_region}")
    version = parts.store.engine_version
    if tuple(int(part) for part in version.split(".")) >= WAL_RESET_FIXED:
        return _ok("SQLite", version)
    remedy = "let one process only serve or work on the folder, which is the rule anyway; a later Python brings it"
    return _warn("SQLite", f"{version}, before the WAL-reset fix of 3.51.3", remedy)


def _of_practice(parts: Parts) -> Iterator[Check]:
    from kept.flow.practice import load_practice

    practice = load_practice(parts.store).practice
    missing = {"name": practice.version == 0, "phone": not practice.phone, "zone": practice.zone == "UTC"}
    lacks = [name for name, is_missing in missing.items() if is_missing]
    if lacks:
        remedy = "fill it in: kept practice show > practice.json, edit, kept practice load practice.json"
        yield _warn("practice", f"still without {', '.join(lacks)}", remedy)
    else:
        yield _ok("practice", f"{len(practice.places)} places, {len(practice.visit_types)} visit types")
    if practice.quiet_hours is None:
        yield _warn("quietHours", "nobody has set them: texts leave at any hour", "kept practice load practice.json")


def _of_channels(parts: Parts, settings: Settings) -> Iterator[Check]:
    for name in ("sms", "email"):
        channel = next((c for n, c in parts.channels.items() if n.value == name), None)
        if channel is None:
            yield _warn(f"channel {name}", "none", f"set {name} to a channel if messages should go that way")
        elif channel.provider == "outbox":
            remedy = "right for trying out; set another channel to reach people"
            yield _warn(f"channel {name}", "goes to the outbox on this machine and reaches nobody", remedy)
        elif channel.provider == "smtp":
            yield from _mail_server(settings)
        else:
            yield _ok(f"channel {name}", f"goes by {channel.provider}; the first message shows whether it lets us in")
        if channel is None or channel.provider == "outbox":
            continue
        if channel.provider == "smtp":
            continue
        if channel.capabilities.receipts or channel.provider in parts.readers:
            yield _returning(parts, settings, channel.provider)


def _returning(parts: Parts, settings: Settings, provider: str) -> Check:
    """Tell whether what a provider says later can come back."""
    from kept.main.settings import public_url

    name = f"receipts of {provider}"
    reader = "sns" if provider in {"end_user_messaging", "ses"} else provider
    if reader not in parts.readers:
        return _warn(name, "nobody reads them", "set sns_topics; until then the next channel takes over by time alone")
    if not settings.public_url.startswith("https://"):
        found = "providers cannot call this machine's own address"
        return _warn(name, found, "set public_url to the https address under which others reach this server")
    return _ok(name, f"come to {public_url(settings)}/webhooks/{reader}")


def _links(parts: Parts) -> Check:
    """Tell whether messages carry links, and how far those reach."""
    if parts.links is None:
        remedy = "set public_url to the https address under which patients reach this server"
        return _warn("links", "messages carry none, because the public address is not encrypted", remedy)
    if not parts.links.is_secure:
        remedy = "right for trying out; set public_url to the https address under which patients reach this server"
        return _warn("links", f"open on this machine only ({parts.links.base_url})", remedy)
    return _ok("links", f"begin with {parts.links.base_url}")


def _returned_mail(settings: Settings, *, offers_reports: bool) -> Check:
    """Tell whether failure notices and answers by mail can come back; the mail server hands them over."""
    name = "receipts of smtp"
    if not settings.smtp_bounce_address:
        remedy = "set smtp_bounce_address, and let the mail server hand what comes for it to kept receive-mail"
        return _warn(name, "nobody reads failure notices", remedy)
    if not offers_reports:
        remedy = "failures still come back; do not plan another channel after e-mail, since no word of success comes"
        return _warn(name, "the mail server offers no reports of delivery (DSN)", remedy)
    by_call = " or /webhooks/smtp" if settings.smtp_inbound_secret.text else ""
    return _ok(name, f"come to {settings.smtp_bounce_address}, and from there by kept receive-mail{by_call}")


def _mail_server(settings: Settings) -> Iterator[Check]:
    """Connect and sign in as the channel does, without sending."""
    from kept.adapters.smtp.connections import Connections
    from kept.adapters.smtp.outcomes import ConversationEndedError, code_of_failure
    from kept.main.channels import smtp_settings

    connections = Connections(smtp_settings(settings))
    where = f"{settings.smtp_host} port {settings.smtp_port}"
    try:
        wire = connections.take()
        connections.give_back(wire, reusable=True)
    except ConversationEndedError as error:
        code = error.outcome.code
    except Exception as error:  # noqa: BLE001  whatever it was, the person learns which
        code = code_of_failure(error)
    else:
        yield _ok("channel email", f"{where} lets us in")
        yield _returned_mail(settings, offers_reports=wire.has_extn("dsn"))
        return
    finally:
        connections.close()
    yield _fail("channel email", f"{where}: {code}", "check host, port, security, name and password")


def _of_sending(parts: Parts, settings: Settings) -> Iterator[Check]:
    from kept.adapters.sqlite import FileSeat
    from kept.flow.due import backlog

    seat = FileSeat(settings.data)
    is_free = seat.take()
    with suppress(OSError):
        seat.leave()
    waiting = backlog(parts.store, now=parts.clock.now())
    if is_free:
        yield _warn("sender", "nobody sends now", "start kept serve or kept worker")
    else:
        yield _ok("sender", "a process sends")
    age = parts.clock.now() - waiting.oldest_at if waiting.oldest_at else timedelta(0)
    found = f"{waiting.due} due" + (f", the oldest since {age}" if waiting.due else "")
    is_stuck = age > BACKLOG_AGE
    yield from _watched(parts, is_sending=not is_free)
    yield _warn("due", found, "see that a process sends, and kept why NOTIFICATION") if is_stuck else _ok("due", found)


def _watched(parts: Parts, *, is_sending: bool) -> Iterator[Check]:
    """Tell what whoever sends has noted: whether messages leave, word of them comes back, and the night's balance."""
    from kept.main.health import HealthWatch

    health = HealthWatch(parts.store, parts.clock, None)
    found, seen = health.report().checks, health.sending()
    said = found["lastMessage"]
    remedy = "see the log of kept serve or kept worker, which says what refuses" if is_sending else "start kept serve"
    yield _warn("last message", said, remedy) if seen.alarm else _ok("last message", said)
    remedy = "see that the provider is told to call this server's address, and that it can"
    yield _warn("word of delivery", found["receipts"], remedy) if seen.silent else _ok("word of delivery", "comes back")
    balance = found["balance"]
    remedy = "do what kept balance says" if seen.unbalanced else "see in the log why no check by night ends"
    is_well = not seen.unbalanced and "not checked since" not in balance
    yield _ok("balance", balance) if is_well else _warn("balance", balance, remedy)


def _ok(name: str, found: str) -> Check:
    return Check(name=name, state="ok", found=found)


def _warn(name: str, found: str, remedy: str) -> Check:
    return Check(name=name, state="warn", found=found, remedy=remedy)


def _fail(name: str, found: str, remedy: str) -> Check:
    return Check(name=name, state="fail", found=found, remedy=remedy)
