"""The store on AWS."""

from __future__ import annotations

from kept.adapters.dynamodb import DynamoStore
from kept.main.kinds import KINDS
from kept.main.settings import Settings
from kept.ports.store import Store


def open_store(settings: Settings) -> Store:
    """Return the tables as a store."""
    return DynamoStore(kinds=KINDS, suffix=settings.tables_suffix, region=settings.aws_region)
