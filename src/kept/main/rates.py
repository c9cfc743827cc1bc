"""How fast each provider may be sent to, unless the settings say otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import structlog

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


THINNEST: Final = 0.5
"""
A share below this is too thin to work with: whoever sends ten messages would still be at it after 20 seconds, and the
others would have to wait for it though their provider is idle. Ours.
"""

log = structlog.get_logger("kept.lambda")


def rates_of(settings: Settings, channels: Mapping[ChannelName, Channel]) -> dict[ChannelName, float]:
    """Return messages a second for each channel that has a limit."""
    chosen = {ChannelName.SMS: settings.sms_rate, ChannelName.EMAIL: settings.email_rate}
    wanted = {name: chosen[name] or USUAL.get(channel.provider) for name, channel in channels.items()}
    return {name: rate for name, rate in wanted.items() if rate}


def shares_of(settings: Settings, channels: Mapping[ChannelName, Channel]) -> dict[ChannelName, float]:
    """
    Return what one of several senders may send a second, for each channel that has a limit.

    All shares together are the rate and never more: none knows how many others run just now, so one that works alone
    uses its share and no more.
    """
    return {name: rate / settings.senders for name, rate in rates_of(settings, channels).items()}


def warn_of_thin(shares: Mapping[ChannelName, float]) -> None:
    """Tell whoever reads the log which shares are too thin to work with."""
    for name, share in shares.items():
        if share < THINNEST:
            remedy = "lower Senders to a tenth of the rate, at least 2, or raise the rate if the provider takes more"
            log.warning("share_is_thin", channel=name.value, seconds=round(1 / share, 1), remedy=remedy)
