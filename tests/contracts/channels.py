"""Every channel, each with a provider that can be told to fail once and that keeps its own ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import msgspec

from kept.adapters.outbox import Behaviour, OutboxChannel, OutboxLedger
from kept.adapters.smtp import Security, SmtpChannel, SmtpSettings
from kept.core.people import ChannelName
from kept.ports.channel import Channel, OutgoingMessage
from tests.adapters.aws_channels import CASES, AwsCase, opened
from tests.adapters.aws_fakes import Act as Call
from tests.adapters.aws_fakes import FakeService
from tests.adapters.smtp_server import Act, ScriptedServer
from tests.adapters.twilio_fakes import TWILIO, twilio_at

NOW = datetime(2026, 5, 4, 13, tzinfo=UTC)


class StoppedClock:
    """A clock that moves when it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class Fault(StrEnum):
    """What the provider does to the next message; to the one after it, nothing."""

    UNREACHABLE = "unreachable"
    NOT_NOW = "not now"
    NEVER = "never"
    TAKEN_WITHOUT_ANSWER = "taken without answer"
    LOST_WITHOUT_ANSWER = "lost without answer"


class Provider(Protocol):
    """The other side, as a test sees it."""

    channel: Channel
    clock: StoppedClock
    address: str

    def fail_once(self, fault: Fault) -> None:
        """Do this to the next message."""

    def taken(self) -> int:
        """Return how many messages are in the provider's hands."""

    def seconds_waited(self) -> float:
        """Return how much time the channel spent that no clock on the wall saw."""


class ChannelCase(msgspec.Struct, frozen=True, kw_only=True):
    """A channel under test."""

    id: str
    opened: Callable[[Path], AbstractContextManager[Provider]]


_BEHAVIOURS = {
    Fault.UNREACHABLE: Behaviour.FAIL,
    Fault.NOT_NOW: Behaviour.THROTTLE,
    Fault.NEVER: Behaviour.REFUSE,
    Fault.TAKEN_WITHOUT_ANSWER: Behaviour.LATE,
    Fault.LOST_WITHOUT_ANSWER: Behaviour.LOST,
}

_STEPS = {
    Fault.UNREACHABLE: ("greeting", Act(then="hang up")),
    Fault.NOT_NOW: ("rcpt", Act(says="450 4.2.0 <ann@example.com>: greylisted")),
    Fault.NEVER: ("rcpt", Act(says="550 5.1.1 <ann@example.com>: no such user")),
    Fault.TAKEN_WITHOUT_ANSWER: ("dot", Act(then="hang up", takes=True)),
    Fault.LOST_WITHOUT_ANSWER: ("dot", Act(then="reset")),
}


class OutboxProvider:
    """The outbox, ordered about through its ledger."""

    def __init__(self, ledger: OutboxLedger, name: ChannelName) -> None:
        self.clock = StoppedClock()
        self.address = "+12065550100" if name is ChannelName.SMS else "ann@example.com"
        self._waits: list[float] = []
        self._name = name
        self._ledger = ledger
        self.channel: Channel = OutboxChannel(ledger, name, clock=self.clock, wait=self._waits.append)

    def fail_once(self, fault: Fault) -> None:
        self._ledger.tell(self._name, _BEHAVIOURS[fault], times=1)

    def taken(self) -> int:
        return self._ledger.count()

    def seconds_waited(self) -> float:
        return sum(self._waits)


class SmtpProvider:
    """A scripted mail server."""

    address = "ann@example.com"

    def __init__(self, server: ScriptedServer) -> None:
        self.clock = StoppedClock()
        self._server = server
        self.channel: Channel = SmtpChannel(
            quick_settings(server.port, bounce_address="bounces@practice.example"), clock=self.clock
        )

    def fail_once(self, fault: Fault) -> None:
        step, act = _STEPS[fault]
        self._server.once[step] = act

    def taken(self) -> int:
        return len(self._server.taken)

    def seconds_waited(self) -> float:
        return 0.0


class AwsProvider:
    """A service of AWS on this machine."""

    def __init__(self, fake: FakeService, channel: Channel, address: str, clock: StoppedClock) -> None:
        self.channel = channel
        self.address = address
        self.clock = clock
        self._fake = fake

    def fail_once(self, fault: Fault) -> None:
        calls = {
            Fault.UNREACHABLE: Call(connects="hang up"),
            Fault.NOT_NOW: self._fake.refusing(429, "TooManyRequestsException", Retry_After="7"),
            Fault.NEVER: self._fake.refusing(400, "InvalidParameter"),
            Fault.TAKEN_WITHOUT_ANSWER: Call(takes=True, then="hang up"),
            Fault.LOST_WITHOUT_ANSWER: Call(then="reset"),
        }
        self._fake.once.append(calls[fault])

    def taken(self) -> int:
        return len(self._fake.taken)

    def seconds_waited(self) -> float:
        return 0.0


class TwilioProvider:
    """Twilio on this machine."""

    address = "+12065550100"

    def __init__(self, fake: FakeService, folder: Path) -> None:
        self.clock = StoppedClock()
        self.channel: Channel = twilio_at(fake, folder, self.clock)
        self._fake = fake

    def fail_once(self, fault: Fault) -> None:
        calls = {
            Fault.UNREACHABLE: Call(connects="hang up"),
            Fault.NOT_NOW: self._fake.refusing(429, "20429", Retry_After="7"),
            Fault.NEVER: self._fake.refusing(400, "21211"),
            Fault.TAKEN_WITHOUT_ANSWER: Call(takes=True, then="hang up"),
            Fault.LOST_WITHOUT_ANSWER: Call(then="reset"),
        }
        self._fake.once.append(calls[fault])

    def taken(self) -> int:
        return len(self._fake.taken)

    def seconds_waited(self) -> float:
        return 0.0


def quick_settings(port: int, **changes: object) -> SmtpSettings:
    """Return settings for a server on this machine, with less patience than for the world."""
    settings = SmtpSettings(
        host="127.0.0.1",
        port=port,
        security=Security.NONE,
        sender="reminders@practice.example",
        connect_timeout_s=5.0,
        command_timeout_s=5.0,
        sending_limit_s=10.0,
        after_data_timeout_s=5.0,
    )
    return msgspec.structs.replace(settings, **changes)


def outgoing(channel: ChannelName, to: str, /, **changes: object) -> OutgoingMessage:
    """Return a message."""
    message = OutgoingMessage(
        dedupe_key=f"ntf_1.{channel.value}",
        attempt_id=f"ntf_1.{channel.value}.1",
        channel=channel,
        to=to,
        subject="" if channel is ChannelName.SMS else "Your visit on Monday",
        text="See you on Monday at 10:00.",
        expires_at=NOW + timedelta(hours=2),
    )
    return msgspec.structs.replace(message, **changes)


def _outbox(name: ChannelName) -> Callable[[Path], AbstractContextManager[Provider]]:
    @contextmanager
    def opened(folder: Path) -> Iterator[Provider]:
        with OutboxLedger(folder / "outbox.db") as ledger:
            yield OutboxProvider(ledger, name)

    return opened


@contextmanager
def _smtp(_folder: Path) -> Iterator[Provider]:
    with ScriptedServer({"ehlo": Act(says="250-scripted\n250-DSN\n250 ENHANCEDSTATUSCODES")}) as server:
        provider = SmtpProvider(server)
        yield provider
        provider.channel.close()


def _aws(case: AwsCase) -> Callable[[Path], AbstractContextManager[Provider]]:
    @contextmanager
    def opened_at_fake(folder: Path) -> Iterator[Provider]:
        clock = StoppedClock()
        with FakeService(case.dialect) as fake, opened(case, fake, folder, clock) as channel:
            yield AwsProvider(fake, channel, case.address, clock)

    return opened_at_fake


@contextmanager
def _twilio(folder: Path) -> Iterator[Provider]:
    with FakeService(TWILIO) as fake:
        provider = TwilioProvider(fake, folder)
        yield provider
        provider.channel.close()


CHANNELS = [
    ChannelCase(id="outbox-sms", opened=_outbox(ChannelName.SMS)),
    ChannelCase(id="outbox-email", opened=_outbox(ChannelName.EMAIL)),
    ChannelCase(id="smtp", opened=_smtp),
    ChannelCase(id="sns", opened=_aws(CASES["sns"])),
    ChannelCase(id="end_user_messaging", opened=_aws(CASES["end_user_messaging"])),
    ChannelCase(id="ses", opened=_aws(CASES["ses"])),
    ChannelCase(id="twilio", opened=_twilio),
]
"""A new provider adds its line here, and every promise is tested on it."""
