"""The tables on AWS, as the store."""

from __future__ import annotations

from typing import Final

import msgspec

from kept.adapters.dynamodb import ALL_TABLES, DynamoStore, open_client
from kept.main.kinds import KINDS
from kept.main.settings import Settings

THREADS: Final = 8
"""Steps of one process that run side by side."""


def open_store(settings: Settings) -> DynamoStore:
    """
    Return the tables as a store.

    Raises:
        InvalidInputError: the SDK is not installed, or cannot work with these settings.
    """
    tables = msgspec.structs.replace(ALL_TABLES, suffix=settings.tables_suffix)
    client = open_client(settings.aws_region, connections=2 * THREADS)
    return DynamoStore(tables, kinds=KINDS, client=client, threads=THREADS)
