"""The tables on AWS, as the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from kept.adapters.dynamodb import ALL_TABLES, DynamoStore, open_client
from kept.main.kinds import KINDS
from kept.main.settings import Settings

if TYPE_CHECKING:
    from kept.adapters.aws import Session

THREADS: Final = 8
"""Steps of one process that run side by side."""


def open_store(settings: Settings, session: Session | None = None) -> DynamoStore:
    """
    Return the tables as a store.

    Args:
        settings: As they hold.
        session: What else of AWS is opened with too; None: one of its own.

    Raises:
        InvalidInputError: the SDK is not installed, or cannot work with these settings.
    """
    tables = msgspec.structs.replace(ALL_TABLES, suffix=settings.tables_suffix)
    client = open_client(settings.aws_region, connections=2 * THREADS, session=session)
    return DynamoStore(tables, kinds=KINDS, client=client, threads=THREADS)
