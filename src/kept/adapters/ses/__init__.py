"""E-mail through Amazon SES, and what it says of mails later."""

from kept.adapters.ses.channel import SesChannel
from kept.adapters.ses.events import read_event
from kept.adapters.ses.settings import SesSettings

__all__ = ["SesChannel", "SesSettings", "read_event"]
