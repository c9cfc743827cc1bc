"""Text messages through AWS End User Messaging, and what it says of them later."""

from kept.adapters.end_user_messaging.channel import EndUserMessagingChannel
from kept.adapters.end_user_messaging.events import read_event
from kept.adapters.end_user_messaging.settings import EndUserMessagingSettings

__all__ = ["EndUserMessagingChannel", "EndUserMessagingSettings", "read_event"]
