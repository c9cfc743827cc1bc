"""How fast each provider may be sent to, unless the settings say otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kept.core.people import ChannelName
from kept.main.settings import Settings
from kept.ports.channel import Channel

USUAL: Final[Mapping[str, float]] = {
    "twilio": 1.0,
    "end_user_messaging": 1.0,
    "sns": 20.0,
    "ses": 14.0,
    "smtp": 10.0,
}
"""
Messages a second, by provider; none for whoever is not here, as for the outbox.

One a second is what an ordinary long number takes; short codes and toll-free numbers take more, and then the setting
says so. SNS and SES begin with these figures for an account. For a mail server of one's own: ours, and no flood.
"""


def rates_of(settings: Settings, channels: Mapping[ChannelName, Channel]) -> dict[ChannelName, float]:
    """Return messages a second for each channel that has a limit."""
    chosen = {ChannelName.SMS: settings.sms_rate, ChannelName.EMAIL: settings.email_rate}
    wanted = {name: chosen[name] or USUAL.get(channel.provider) for name, channel in channels.items()}
    return {name: rate for name, rate in wanted.items() if rate}
