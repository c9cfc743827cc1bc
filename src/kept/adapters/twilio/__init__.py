"""Text messages through Twilio, and what Twilio and people say of them later."""

from kept.adapters.twilio.api import TwilioApi
from kept.adapters.twilio.channel import TwilioChannel
from kept.adapters.twilio.settings import TwilioSettings
from kept.adapters.twilio.webhook import TwilioReader

__all__ = ["TwilioApi", "TwilioChannel", "TwilioReader", "TwilioSettings"]
