"""
The tables and their indexes, as data: what the template of the deployment makes, what tests make, and what is asked.

Every table has one key, ``id``. An index holds keys only, and only of items that carry its two attributes. What has a
table of its own has an index of its own too; everything else shares one table with two indexes, in which the name of
the index stands before its partition.
"""

from __future__ import annotations

from typing import Final

import msgspec

KEY: Final = "id"
ENDS: Final = "expires_at"
"""Attribute by which DynamoDB removes what nobody may keep any longer: seconds since 1970."""

_OVERFLOW: Final = "|"


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One table."""

    name: str
    """Without the suffix of its environment."""
    kinds: tuple[str, ...]
    """Kinds of entities that it keeps; empty: all that no other table keeps."""
    indexes: tuple[str, ...] = ()
    """Its indexes."""
    is_shared: bool = False
    """Whether each index holds several of the port's, apart by the beginning of their partition."""
    shown: tuple[str, ...] = ()
    """Fields with a word in them that stand beside the body too: what reads the table's stream chooses by them."""

    def key_prefix(self, kind: str) -> str:
        """Return what stands before the id in the key, so that kinds in one table stay apart."""
        return "" if len(self.kinds) == 1 else f"{kind}/"


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """All tables of one environment."""

    tables: tuple[Table, ...]
    suffix: str = ""
    """After a dash behind each name; empty: nothing."""
    second: frozenset[str] = frozenset()
    """Indexes of the port that are kept in the second index of the shared table, all others being in its first."""
    ending: frozenset[str] = frozenset()
    """Indexes of the port that say until when an entity is kept."""

    def full_name(self, table: Table) -> str:
        """Return the table's name in AWS."""
        return f"{table.name}-{self.suffix}" if self.suffix else table.name

    def of_kind(self, kind: str) -> Table:
        """Return the table that keeps a kind."""
        return next((table for table in self.tables if kind in table.kinds), self._shared())

    def place_of(self, index: str, partition: str) -> Place:
        """Return where the rows of one partition of one of the port's indexes are found."""
        for table in self.tables:
            if index in table.indexes and not table.is_shared:
                return Place(table=table, index=index, partition=partition)
        shared = self._shared()
        number = 1 if index in self.second else 0
        return Place(table=shared, index=shared.indexes[number], partition=f"{index}{_OVERFLOW}{partition}")

    def _shared(self) -> Table:
        return next(table for table in self.tables if table.is_shared)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One partition of one index in DynamoDB."""

    table: Table
    index: str
    partition: str


def partition_attribute(index: str) -> str:
    """Return the attribute that an index takes its partition from."""
    return f"{index}_pk"


def sort_attribute(index: str) -> str:
    """Return the attribute that an index is sorted by."""
    return f"{index}_sk"


ALL_TABLES: Final = Tables(
    tables=(
        Table(
            name="Appointments",
            kinds=("appointment",),
            indexes=("appointments_by_patient", "appointments_by_day", "holds_by_end"),
        ),
        Table(
            name="Patients",
            kinds=("patient", "consent"),
            indexes=("patients_by_phone", "patients_by_email", "patients_by_name"),
        ),
        Table(
            name="Notifications",
            kinds=("notification",),
            indexes=(
                "notifications_due",
                "notifications_by_patient",
                "notifications_by_day",
                "notifications_by_batch",
            ),
            shown=("about",),
        ),
        Table(name="ScheduleDays", kinds=("schedule_day",)),
        Table(name="Records", kinds=(), indexes=("records_1", "records_2"), is_shared=True),
    ),
    second=frozenset({"replies_by_day"}),
    ending=frozenset(
        {"answered_by_end", "calls_by_end", "exchanges_by_end", "provider_messages_by_end", "replies_by_end"}
    ),
)
"""What the deployment has; its template says the same, and a test compares them."""


def create_table(tables: Tables, table: Table) -> dict[str, object]:
    """Return the parameters of CreateTable for one of the tables, paid by request."""
    attributes = [KEY]
    for index in table.indexes:
        attributes += [partition_attribute(index), sort_attribute(index)]
    parameters: dict[str, object] = {
        "TableName": tables.full_name(table),
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in attributes],
        "KeySchema": [{"AttributeName": KEY, "KeyType": "HASH"}],
    }
    if table.indexes:
        parameters["GlobalSecondaryIndexes"] = [_index(index) for index in table.indexes]
    return parameters


def _index(index: str) -> dict[str, object]:
    return {
        "IndexName": index,
        "KeySchema": [
            {"AttributeName": partition_attribute(index), "KeyType": "HASH"},
            {"AttributeName": sort_attribute(index), "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
