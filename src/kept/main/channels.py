"""The channels that were chosen, and who reads what their providers say later; a vendor's is imported when chosen."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.people import ChannelName
from kept.core.receipts import DeliveryReceipt, IncomingReply
from kept.main.settings import EmailChannel, Settings, SettingsError, SmsChannel, public_url
from kept.ports.channel import Channel
from kept.ports.clock import Clock
from kept.ports.webhook import WebhookReader

if TYPE_CHECKING:
    from kept.adapters.aws import AwsApi, AwsService, Session
    from kept.adapters.smtp import SmtpSettings


_TWILIO_NAMES: Final = {
    "secret": "twilio_auth_token",
    "auth_tokens": "twilio_previous_auth_token",
    "status_callback": "public_url",
}
"""What the settings call what the adapter calls otherwise."""


@dataclass(frozen=True, kw_only=True)
class Outside:
    """What leads to providers, and what comes back from them."""

    channels: dict[ChannelName, Channel]
    """Without those to the outbox of this machine."""
    readers: dict[str, WebhookReader]
    """By the name in the path of the webhook."""


def open_outside(settings: Settings, *, clock: Clock, stack: ExitStack) -> Outside:
    """
    Open the channels and the readers that the settings choose; *stack* closes them.

    Raises:
        SettingsError: settings are missing or make no sense; each problem under the name of its setting.
    """
    door = _Door(settings=settings, clock=clock, stack=stack)
    return Outside(channels=open_channels(settings, clock=clock, stack=stack), readers=door.readers())


def open_channels(
    settings: Settings, *, clock: Clock, stack: ExitStack, session: Session | None = None
) -> dict[ChannelName, Channel]:
    """
    Open the channels alone, where what providers say comes another way.

    Args:
        settings: Which.
        clock: For what they ask of time.
        stack: Closes them.
        session: What else of AWS is opened with too; None: one of each one's own.

    Raises:
        SettingsError: settings are missing or make no sense; each problem under the name of its setting.
    """
    door = _Door(settings=settings, clock=clock, stack=stack, session=session)
    opened = {ChannelName.SMS: door.sms(), ChannelName.EMAIL: door.email()}
    channels = {name: channel for name, channel in opened.items() if channel}
    for channel in channels.values():
        stack.callback(channel.close)
    return channels


def smtp_settings(settings: Settings) -> SmtpSettings:
    """
    Return what the mail channel needs.

    Raises:
        SettingsError: some of it is missing or makes no sense; each problem under the name of its setting.
    """
    from kept.adapters.smtp import Security, SmtpSettings

    with _named("smtp_"):
        return SmtpSettings(
            host=settings.smtp_host,
            port=settings.smtp_port,
            security=Security(settings.smtp_security.value),
            allow_plaintext=settings.smtp_allow_plaintext,
            ca_file=settings.smtp_ca_file,
            username=settings.smtp_username,
            password=settings.smtp_password.text,
            sender=settings.smtp_sender,
            sender_name=settings.smtp_sender_name,
            reply_to=settings.smtp_reply_to,
            bounce_address=settings.smtp_bounce_address,
            message_id_domain=settings.smtp_message_id_domain,
        )


@dataclass(frozen=True, kw_only=True)
class _Door:
    """Opens what is chosen."""

    settings: Settings
    clock: Clock
    stack: ExitStack
    session: Session | None = None

    def sms(self) -> Channel | None:
        match self.settings.sms:
            case SmsChannel.SNS:
                return self._sns()
            case SmsChannel.END_USER_MESSAGING:
                return self._end_user_messaging()
            case SmsChannel.TWILIO:
                return self._twilio()
            case _:
                return None

    def email(self) -> Channel | None:
        match self.settings.email:
            case EmailChannel.SMTP:
                from kept.adapters.smtp import SmtpChannel

                return SmtpChannel(smtp_settings(self.settings), clock=self.clock)
            case EmailChannel.SES:
                return self._ses()
            case _:
                return None

    def readers(self) -> dict[str, WebhookReader]:
        found: dict[str, WebhookReader] = {}
        if self.settings.sns_topics:
            found["sns"] = self._sns_reader()
        if self.settings.email is EmailChannel.SMTP:
            found["smtp"] = self._smtp_reader()
        if self.settings.sms is SmsChannel.TWILIO:
            found["twilio"] = self._twilio_reader()
        return found

    def _smtp_reader(self) -> WebhookReader:
        """Return the reader of mails that come back; without a secret they come from this machine alone."""
        from kept.adapters.smtp import SmtpReader

        with _named("smtp_"):
            return SmtpReader(smtp_settings(self.settings), self.settings.smtp_inbound_secret.text)

    def _sns(self) -> Channel:
        from kept.adapters.aws import AwsService
        from kept.adapters.sns import SnsChannel, SnsSettings

        with _named("sms_"):
            chosen = SnsSettings(origination=self.settings.sms_origination, max_price=self.settings.sms_max_price)
        return SnsChannel(chosen, api=self._aws(AwsService.SNS), clock=self.clock)

    def _end_user_messaging(self) -> Channel:
        from kept.adapters.aws import AwsService
        from kept.adapters.end_user_messaging import EndUserMessagingChannel, EndUserMessagingSettings

        with _named("sms_"):
            chosen = EndUserMessagingSettings(
                origination=self.settings.sms_origination,
                configuration_set=self.settings.sms_configuration_set,
                max_price=self.settings.sms_max_price,
                has_replies=bool(self.settings.sns_topics),
            )
        return EndUserMessagingChannel(chosen, api=self._aws(AwsService.END_USER_MESSAGING), clock=self.clock)

    def _ses(self) -> Channel:
        from kept.adapters.aws import AwsService
        from kept.adapters.ses import SesChannel, SesSettings

        with _named("ses_"):
            chosen = SesSettings(
                sender=self.settings.ses_sender,
                sender_name=self.settings.ses_sender_name,
                reply_to=self.settings.ses_reply_to,
                configuration_set=self.settings.ses_configuration_set,
            )
        return SesChannel(chosen, api=self._aws(AwsService.SES), clock=self.clock)

    def _twilio(self) -> Channel:
        from kept.adapters.twilio import TwilioApi, TwilioChannel, TwilioSettings

        is_reachable = self.settings.public_url.startswith("https://")
        with _named("twilio_", _TWILIO_NAMES):
            chosen = TwilioSettings(
                account_sid=self.settings.twilio_account_sid,
                secret=self.settings.twilio_auth_token.text,
                sender=self.settings.twilio_sender,
                status_callback=f"{public_url(self.settings)}/webhooks/twilio" if is_reachable else "",
            )
        return TwilioChannel(chosen, api=TwilioApi(chosen, clock=self.clock), clock=self.clock)

    def _twilio_reader(self) -> WebhookReader:
        """Return the reader of what Twilio says; while one token replaces the other, both sign."""
        from kept.adapters.twilio import TwilioReader

        tokens = (self.settings.twilio_auth_token, self.settings.twilio_previous_auth_token)
        given = [token.text for token in tokens if token.text]
        with _named("twilio_", _TWILIO_NAMES):
            return TwilioReader(self.settings.twilio_account_sid, given)

    def _sns_reader(self) -> WebhookReader:
        """Return the reader of topics; each topic may bring events of texts and of mails alike."""
        from kept.adapters.aws import AwsService
        from kept.adapters.sns import SnsReader, Subscriptions, confirmed_by, fetched_certificate

        api = self._aws(AwsService.SNS)
        self.stack.callback(api.close)
        with _named("sns_"):
            topics = Subscriptions(
                readers=dict.fromkeys(self.settings.sns_topics, read_event), confirm=confirmed_by(api)
            )
        authorities = _authorities(self.settings.sns_ca_file)
        try:
            return SnsReader(topics, fetch=fetched_certificate, authorities=authorities)
        except ValueError:
            message = "holds no certificate; name a PEM file with those of the authorities that you trust"
            raise SettingsError(_problem("sns_ca_file", message)) from None
        except ImportError:
            message = "needs the extra for AWS; install it with: pip install 'kept[aws]'"
            raise SettingsError(_problem("sns_topics", message)) from None

    def _aws(self, service: AwsService) -> AwsApi:
        from kept.adapters.aws import AwsApi

        if not self.settings.aws_region:
            message = "is needed for what was chosen; give a region such as us-west-2"
            raise SettingsError(_problem("aws_region", message))
        with _named(""):
            return AwsApi(service, region=self.settings.aws_region, clock=self.clock, session=self.session)


def read_event(body: bytes, *, at: datetime) -> tuple[DeliveryReceipt | IncomingReply, ...]:
    """Return what an event says, of a text or of a mail: a topic may bring both, and neither looks like the other."""
    from kept.adapters.end_user_messaging import read_event as of_text
    from kept.adapters.ses import read_event as of_mail

    return (*of_text(body, at=at), *of_mail(body, at=at))


def _authorities(path: Path | None) -> bytes:
    """Return the certificates of those who may vouch for SNS: those in the file, else those of this machine."""
    default = ssl.get_default_verify_paths().cafile
    chosen = path or (Path(default) if default else None)
    try:
        return chosen.read_bytes() if chosen else b""
    except OSError as error:
        message = f"cannot be read ({type(error).__name__}); check path and rights"
        raise SettingsError(_problem("sns_ca_file", message)) from None


@contextmanager
def _named(prefix: str, names: Mapping[str, str] = MappingProxyType({})) -> Iterator[None]:
    """Tell problems of a channel under the names of the settings: with a prefix, unless one has another name."""
    try:
        yield
    except InvalidInputError as error:
        fields = [names.get(p.field, prefix + p.field) for p in error.problems]
        told = zip(fields, error.problems, strict=True)
        raise SettingsError(*(FieldProblem(field=field, code=p.code, message=p.message) for field, p in told)) from None


def _problem(field: str, message: str) -> FieldProblem:
    return FieldProblem(field=field, code="invalid_setting", message=message)
