"""The one place where the program is put together from its parts."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from kept.adapters.clock import SystemClock, SystemIds
from kept.adapters.outbox import OutboxChannel, OutboxLedger
from kept.adapters.prometheus import PrometheusMeter
from kept.adapters.smtp import Security, SmtpChannel, SmtpSettings
from kept.adapters.sqlite import FileSeat, SqliteStore
from kept.core.access import AnsweredRequest, ApiKey
from kept.core.booking import Appointment
from kept.core.conversation import Reply
from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.notifications import Notification
from kept.core.people import ChannelName, Consent, Patient
from kept.core.practice import Practice
from kept.core.receipts import ProviderMessage, ReceivedCall
from kept.core.schedules import Schedule, ScheduleDay
from kept.core.worklist import WorklistItem
from kept.entrypoints.worker import Dispatcher, SeatedDispatcher, SendingThreads
from kept.main.settings import EmailChannel, Settings, SettingsError, SmsChannel
from kept.ports.channel import Channel
from kept.ports.store import Entity

KINDS: Final[tuple[type[Entity], ...]] = (
    AnsweredRequest,
    ApiKey,
    Appointment,
    Consent,
    Notification,
    Patient,
    Practice,
    ProviderMessage,
    ReceivedCall,
    Reply,
    Schedule,
    ScheduleDay,
    WorklistItem,
)
"""Everything that is ever stored."""

STORE_FILE: Final = "kept.db"
OUTBOX_FILE: Final = "outbox.db"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the program is made of."""

    settings: Settings
    clock: SystemClock
    ids: SystemIds
    meter: PrometheusMeter
    store: SqliteStore
    ledger: OutboxLedger
    channels: dict[ChannelName, Channel]


@contextmanager
def open_parts(settings: Settings, *, checkpoints: bool) -> Iterator[Parts]:
    """
    Open everything, and close it again.

    Args:
        settings: As they hold.
        checkpoints: True in the one process that keeps the database's log short: the one that has the sender's seat.

    Raises:
        SettingsError: the settings of a channel make no sense.
        StorageUnavailableError: a file cannot be opened.
    """
    use_pinned_zones()
    clock = SystemClock()
    with ExitStack() as stack:
        smtp = smtp_settings(settings) if settings.email is EmailChannel.SMTP else None
        store = SqliteStore(settings.data / STORE_FILE, kinds=KINDS, checkpoints=checkpoints)
        stack.callback(store.close)
        ledger = OutboxLedger(settings.data / OUTBOX_FILE)
        stack.callback(ledger.close)
        channels: dict[ChannelName, Channel] = {}
        if settings.sms is SmsChannel.OUTBOX:
            channels[ChannelName.SMS] = OutboxChannel(ledger, ChannelName.SMS, clock=clock)
        if settings.email is EmailChannel.OUTBOX:
            channels[ChannelName.EMAIL] = OutboxChannel(ledger, ChannelName.EMAIL, clock=clock)
        elif smtp:
            channels[ChannelName.EMAIL] = SmtpChannel(smtp, clock=clock)
        for channel in channels.values():
            stack.callback(channel.close)
        yield Parts(
            settings=settings,
            clock=clock,
            ids=SystemIds(),
            meter=PrometheusMeter(),
            store=store,
            ledger=ledger,
            channels=channels,
        )


def use_pinned_zones() -> None:
    """Take the rules of time zones from the pinned package and never from this machine, whose may be older."""
    zoneinfo.reset_tzpath(to=[])


def sender_of(parts: Parts, seat: FileSeat) -> SeatedDispatcher:
    """Return the worker, with threads of its own; once it has the seat it sends, and keeps the store's log short."""
    threads = parts.settings.sending_threads
    dispatcher = Dispatcher(
        parts.store,
        parts.channels,
        clock=parts.clock,
        meter=parts.meter,
        pool=SendingThreads(threads),
        max_in_flight=threads + max(1, threads // 4),
    )
    return SeatedDispatcher(dispatcher, seat, meter=parts.meter, on_seated=parts.store.keep_log_short)


def smtp_settings(settings: Settings) -> SmtpSettings:
    """
    Return what the mail channel needs.

    Raises:
        SettingsError: some of it is missing or makes no sense; each problem under the name of its setting.
    """
    try:
        return SmtpSettings(
            host=settings.smtp_host,
            port=settings.smtp_port,
            security=Security(settings.smtp_security.value),
            allow_plaintext=settings.smtp_allow_plaintext,
            ca_file=settings.smtp_ca_file,
            username=settings.smtp_username,
            password=settings.smtp_password.get_secret_value(),
            sender=settings.smtp_sender,
            sender_name=settings.smtp_sender_name,
            reply_to=settings.smtp_reply_to,
            message_id_domain=settings.smtp_message_id_domain,
        )
    except InvalidInputError as error:
        problems = (FieldProblem(field=f"smtp_{p.field}", code=p.code, message=p.message) for p in error.problems)
        raise SettingsError(*problems) from None
