"""The store on AWS."""

from __future__ import annotations

from typing import Final

import msgspec

from kept.adapters.dynamodb import ALL_TABLES, DynamoStore, open_client
from kept.main.kinds import KINDS
from kept.main.settings import Settings

CONNECTIONS: Final = 32
"""As many calls as one function makes side by side."""


def open_store(settings: Settings) -> DynamoStore:
    """Return the tables as a store."""
    tables = msgspec.structs.replace(ALL_TABLES, suffix=settings.tables_suffix)
    client = open_client(settings.aws_region, connections=CONNECTIONS)
    return DynamoStore(tables, kinds=KINDS, client=client)
