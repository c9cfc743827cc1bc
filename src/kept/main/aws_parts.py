"""The parts of the functions on AWS: each built when first asked for, once per cold start, from the environment."""

from __future__ import annotations

import os
import sys
import zoneinfo
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Final

from kept.adapters.clock import SystemClock, SystemIds
from kept.adapters.cloudwatch_logs import EmfMeter
from kept.core.errors import FieldProblem
from kept.main.logs import set_up_logs
from kept.main.settings import EmailChannel, Settings, SettingsError, SmsChannel, changed, load_settings

if TYPE_CHECKING:
    from kept.adapters.aws import AwsService, Session
    from kept.adapters.sqs import SqsQueue
    from kept.core.links import Links
    from kept.core.people import ChannelName
    from kept.entrypoints.aws_lambda.balancing import Balancing
    from kept.entrypoints.aws_lambda.batches import Batches
    from kept.entrypoints.aws_lambda.proxy import Gateway
    from kept.entrypoints.aws_lambda.queries import Queries
    from kept.entrypoints.aws_lambda.reminders import Reminders
    from kept.entrypoints.aws_lambda.requests import Requests
    from kept.entrypoints.aws_lambda.returns import Returns
    from kept.entrypoints.aws_lambda.sending import Sender
    from kept.entrypoints.aws_lambda.sweeping import Sweep
    from kept.ports.channel import Channel
    from kept.ports.clock import Clock
    from kept.ports.provider_api import ProviderApi
    from kept.ports.store import Store

SENDING_THREADS: Final = 24
"""Calls to providers side by side: as many notifications as one call works on, and some that go two ways at once."""
QUEUEING_THREADS: Final = 8


class CloudParts:
    """
    The parts of one process.

    Args:
        settings: As they hold.
    """

    def __init__(self, settings: Settings) -> None:
        zoneinfo.reset_tzpath(to=[])
        self.settings = settings
        self._stack = ExitStack()

    def close(self) -> None:
        """Release connections."""
        self._stack.close()

    @cached_property
    def clock(self) -> Clock:
        """The machine's clock."""
        return SystemClock()

    @cached_property
    def meter(self) -> EmfMeter:
        """Writes figures into the log."""
        namespace, environment = self.settings.metrics_namespace, self.settings.tables_suffix
        return EmfMeter(namespace, environment, clock=self.clock, write=_print)

    @cached_property
    def store(self) -> Store:
        """The tables."""
        from kept.main.aws_store import open_store

        store = open_store(self.settings, session=self._session)
        self._stack.callback(store.close)
        return store

    @cached_property
    def links(self) -> Links | None:
        """Makes the links in messages; None without a secret or an address."""
        if not self.settings.link_secret.text or not self.settings.public_url:
            return None
        from kept.main.link_keys import links_of

        return links_of(self.settings)

    @cached_property
    def channels(self) -> dict[ChannelName, Channel]:
        """
        The ways out.

        Raises:
            SettingsError: one goes to the outbox, which is on one machine; or settings make no sense.
        """
        chosen = {"sms": self.settings.sms is SmsChannel.OUTBOX, "email": self.settings.email is EmailChannel.OUTBOX}
        message = "is the outbox, which is not here; choose a provider, or none"
        problems = [
            FieldProblem(field=name, code="invalid_setting", message=message) for name in chosen if chosen[name]
        ]
        if problems:
            raise SettingsError(*problems)
        from kept.main.channels import open_channels

        return open_channels(self.settings, clock=self.clock, stack=self._stack, session=self._session)

    @cached_property
    def sender(self) -> Sender:
        """Sees notifications through."""
        from kept.entrypoints.aws_lambda.sending import Sender
        from kept.entrypoints.worker import SendingThreads
        from kept.entrypoints.worker.counting import EndCounter
        from kept.entrypoints.worker.in_flight import Gear
        from kept.main.rates import shares_of

        gear = Gear(
            store=self.store,
            channels=self.channels,
            clock=self.clock,
            meter=self.meter,
            ends=EndCounter(self.meter),
            pool=SendingThreads(SENDING_THREADS),
            links=self.links,
        )
        return Sender(gear, shares_of(self.settings, self.channels))

    @cached_property
    def gateway(self) -> Gateway:
        """The application behind the gateway."""
        from kept.entrypoints.aws_lambda.proxy import Gateway
        from kept.main.aws_application import cloud_application

        gateway = Gateway(cloud_application(self))
        self._stack.callback(gateway.close)
        return gateway

    @cached_property
    def ids(self) -> SystemIds:
        """The machine's chance."""
        return SystemIds()

    @cached_property
    def sweep(self) -> Sweep:
        """The look that is taken each minute."""
        from kept.entrypoints.aws_lambda.sweeping import Sweep
        from kept.entrypoints.worker import SendingThreads

        queue = self._queue("queue_reminder", self.settings.queue_reminder)
        pool = SendingThreads(QUEUEING_THREADS, name="kept-queue")
        return Sweep(self.store, queue, clock=self.clock, meter=self.meter, pool=pool)

    @cached_property
    def balancing(self) -> Balancing:
        """The check that is made each night."""
        from kept.entrypoints.aws_lambda.balancing import Balancing

        return Balancing(self.store, clock=self.clock, meter=self.meter)

    @cached_property
    def reminders(self) -> Reminders:
        """Works on the queue of reminders, ten at once, for which its share of a rate must do."""
        from kept.entrypoints.aws_lambda.reminders import Reminders
        from kept.main.rates import shares_of, warn_of_thin

        warn_of_thin(shares_of(self.settings, self.channels))
        url = self.settings.queue_reminder
        queue = self._queue("queue_reminder", url) if url else None
        return Reminders(self.store, self.sender, clock=self.clock, queue=queue)

    @cached_property
    def requests(self) -> Requests:
        """Works on the queues of requests and of confirmations."""
        from kept.entrypoints.aws_lambda.requests import Requests

        url = self.settings.queue_confirmation
        queue = self._queue("queue_confirmation", url) if url else None
        return Requests(self.store, clock=self.clock, meter=self.meter, confirmations=queue)

    @cached_property
    def queries(self) -> Queries:
        """Answers questions."""
        from kept.entrypoints.aws_lambda.queries import Queries

        return Queries(self.store, clock=self.clock)

    @cached_property
    def returns(self) -> Returns:
        """Works on what providers say and people answer."""
        from kept.adapters.sns import QueuedReader
        from kept.entrypoints.aws_lambda.returns import Returns
        from kept.entrypoints.worker import CallReaders
        from kept.flow.replies import reply_step
        from kept.main.channels import read_event

        reader = QueuedReader(read_event, topics=self.settings.sns_topics)
        calls = CallReaders({reader.provider: reader}, on_reply=reply_step)
        return Returns(self.store, reader, calls, clock=self.clock, meter=self.meter)

    @cached_property
    def batches(self) -> Batches:
        """Plans, sends and sums up batches."""
        from kept.entrypoints.aws_lambda.batches import Batches

        return Batches(self.store, lambda: self.sender, clock=self.clock)

    @cached_property
    def _session(self) -> Session:
        """What all services of AWS are opened with."""
        from kept.adapters.aws import open_session

        return open_session()

    def _queue(self, name: str, url: str) -> SqsQueue:
        from kept.adapters.aws import AwsService
        from kept.adapters.sqs import SqsQueue

        if not url:
            message = "is needed here; give the address of the queue"
            raise SettingsError(FieldProblem(field=name, code="invalid_setting", message=message))
        return SqsQueue(url, api=self._api(AwsService.SQS))

    def _api(self, service: AwsService) -> ProviderApi:
        from kept.adapters.aws import AwsApi

        api = AwsApi(service, region=self.settings.aws_region, clock=self.clock, session=self._session)
        self._stack.callback(api.close)
        return api


def open_cloud_parts() -> CloudParts:
    """
    Return the parts as the environment says, with logs set up.

    Raises:
        SettingsError: settings are missing or make no sense.
    """
    settings = load_settings()
    if not settings.aws_region:
        settings = changed(settings, aws_region=os.environ.get("AWS_REGION", ""))
    set_up_logs(settings.log_level.value)
    return CloudParts(settings)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
