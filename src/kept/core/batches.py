"""What another system asks to have sent at once."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kept.core.notifications import Stages


class BatchItem(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a batch, as another system asks for it."""

    patient_id: str
    appointment_id: str = ""
    """The other system's id; it makes the message recognisable when the batch comes again."""
    start: datetime
    zone: str
    place: str = ""
    phone: str | None = None
    email: str | None = None
    plan: Stages
