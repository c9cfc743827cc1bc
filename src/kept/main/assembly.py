"""The one place where the program is put together from its parts."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from kept.adapters.clock import SystemClock, SystemIds
from kept.adapters.outbox import PROVIDER, OutboxChannel, OutboxLedger, OutboxReader, OutboxVoice
from kept.adapters.prometheus import PrometheusMeter
from kept.adapters.sqlite import FileSeat, SqliteStore
from kept.core.errors import FieldProblem
from kept.core.links import Links
from kept.core.people import ChannelName
from kept.entrypoints.worker import CallReaders, Dispatcher, SeatedDispatcher, SendingThreads
from kept.flow.receipts import keep_call, received
from kept.flow.replies import reply_step
from kept.main.channels import open_outside
from kept.main.kinds import KINDS
from kept.main.link_keys import links_of
from kept.main.rates import rates_of
from kept.main.settings import EmailChannel, Settings, SettingsError, SmsChannel, StoreEngine
from kept.ports.channel import Channel
from kept.ports.store import ListingStore, Store
from kept.ports.webhook import WebhookReader, WebhookRequest

STORE_FILE: Final = "kept.db"
OUTBOX_FILE: Final = "outbox.db"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the program is made of."""

    settings: Settings
    clock: SystemClock
    ids: SystemIds
    meter: PrometheusMeter
    store: ListingStore
    ledger: OutboxLedger
    voice: OutboxVoice
    """Says what became of messages in the outbox, and answers them."""
    channels: dict[ChannelName, Channel]
    readers: dict[str, WebhookReader]
    """Of what providers call, by the name in the path; without the outbox, which nobody may call."""
    links: Links | None
    """None: people cannot reach the pages safely, so messages carry no links."""


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
        outside = open_outside(settings, clock=clock, stack=stack)
        store = _store_of(settings, checkpoints=checkpoints)
        stack.callback(store.close)
        ledger = OutboxLedger(settings.data / OUTBOX_FILE)
        stack.callback(ledger.close)
        outboxes = {
            ChannelName.SMS: settings.sms is SmsChannel.OUTBOX,
            ChannelName.EMAIL: settings.email is EmailChannel.OUTBOX,
        }
        voice = _voice_of(store, ledger, clock, is_awaited=settings.outbox_receipts)
        to_outbox = {
            name: OutboxChannel(ledger, name, clock=clock, voice=voice) for name, is_one in outboxes.items() if is_one
        }
        for channel in to_outbox.values():
            stack.callback(channel.close)
        yield Parts(
            settings=settings,
            clock=clock,
            ids=SystemIds(),
            meter=PrometheusMeter(),
            store=store,
            ledger=ledger,
            voice=voice,
            channels={**to_outbox, **outside.channels},
            readers=outside.readers,
            links=links_of(settings),
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
        aside=SendingThreads(1, name="kept-aside"),
        readers=CallReaders({**parts.readers, PROVIDER: OutboxReader()}, on_reply=reply_step),
        rates=rates_of(parts.settings, parts.channels),
        links=parts.links,
    )
    return SeatedDispatcher(dispatcher, seat, meter=parts.meter, on_seated=partial(_seated, parts.store))


def _store_of(settings: Settings, *, checkpoints: bool) -> ListingStore:
    """
    Return what keeps everything.

    Raises:
        SettingsError: it is of AWS, and no region is named.
    """
    if settings.store is StoreEngine.SQLITE:
        return SqliteStore(settings.data / STORE_FILE, kinds=KINDS, checkpoints=checkpoints)
    from kept.main.aws_store import open_store  # who uses it needs the SDK

    if not settings.aws_region:
        message = "is needed for store = dynamodb; name a region, such as us-west-2"
        raise SettingsError(FieldProblem(field="aws_region", code="missing_setting", message=message))
    return open_store(settings)


def _seated(store: Store) -> None:
    """Let whoever has the seat now do what only one process does: keep the log of a file short."""
    if isinstance(store, SqliteStore):
        store.keep_log_short()


def _voice_of(store: Store, ledger: OutboxLedger, clock: SystemClock, *, is_awaited: bool) -> OutboxVoice:
    """Return what speaks for the outbox: its calls are kept as any provider's, and the worker applies them."""

    def keep(request: WebhookRequest) -> None:
        call = received(PROVIDER, request, headers=request.headers)
        store.submit(partial(keep_call, call=call)).result()

    return OutboxVoice(ledger, clock=clock, ids=SystemIds(), call=keep, is_awaited=is_awaited)
