"""Everything that is ever stored."""

from __future__ import annotations

from typing import Final

from kept.core.access import AnsweredRequest, ApiKey
from kept.core.balance import Nightly
from kept.core.booking import Appointment
from kept.core.conversation import Reply
from kept.core.exchanges import Exchange
from kept.core.holds import SlotHold
from kept.core.limits import DaySpend
from kept.core.notifications import Notification
from kept.core.own_texts import OwnText
from kept.core.people import Consent, Patient
from kept.core.practice import Practice
from kept.core.receipts import ProviderMessage, ReceivedCall
from kept.core.schedules import Schedule, ScheduleDay
from kept.core.watch import Heartbeat
from kept.core.worklist import WorklistItem
from kept.ports.store import Entity

KINDS: Final[tuple[type[Entity], ...]] = (
    AnsweredRequest,
    ApiKey,
    Appointment,
    Consent,
    Exchange,
    DaySpend,
    Heartbeat,
    Nightly,
    Notification,
    OwnText,
    Patient,
    Practice,
    ProviderMessage,
    ReceivedCall,
    Reply,
    Schedule,
    ScheduleDay,
    SlotHold,
    WorklistItem,
)
"""Everything that is ever stored."""
