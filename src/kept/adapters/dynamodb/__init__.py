"""Entities in DynamoDB: durable the moment a step is told of, for as many machines as there are."""

from kept.adapters.dynamodb.calls import open_client
from kept.adapters.dynamodb.capacity import Capacity, Spent
from kept.adapters.dynamodb.store import DynamoStore
from kept.adapters.dynamodb.tables import ALL_TABLES, Table, Tables, create_table

__all__ = ["ALL_TABLES", "Capacity", "DynamoStore", "Spent", "Table", "Tables", "create_table", "open_client"]
