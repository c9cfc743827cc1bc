"""Where the program under test keeps everything, which is for each run to choose; and what is there when it starts."""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from kept.adapters.dynamodb import ALL_TABLES, DynamoStore, Tables
from kept.adapters.sqlite import SqliteStore
from kept.core.people import Patient
from kept.flow.people import register
from kept.main.kinds import KINDS
from kept.ports.store import Store, Transaction
from tests.aws.emulator import Emulator
from tests.aws.local_dynamo import LocalDynamo
from tests.aws.tables import AtOnceStore
from tests.faults.practice import NOW, set_up
from tests.faults.scenario import PATIENTS
from tests.faults.table_server import TableClient

EMULATOR: Final = "KEPT_TEST_EMULATOR"
"""Variable that says where the emulator answers."""


class Keeping(StrEnum):
    """Where everything is kept."""

    SQLITE = "sqlite"
    """In a file."""
    DYNAMODB = "dynamodb"
    """In tables in a process beside the program."""
    EMULATOR = "emulator"
    """In tables of an emulator of AWS."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where one run keeps everything."""

    keeping: Keeping = Keeping.SQLITE
    folder: str
    suffix: str = ""
    """Of its tables in the emulator, which other runs share."""

    @property
    def socket(self) -> str:
        """Where the tables' own process listens."""
        return str(Path(self.folder) / "tables.sock")

    def tables(self) -> Tables:
        """Return the definitions of its tables."""
        return msgspec.structs.replace(ALL_TABLES, suffix=self.suffix)

    def client(self) -> Any:  # noqa: ANN401 the SDK has no types
        """Return a client of its tables."""
        if self.keeping is Keeping.DYNAMODB:
            return TableClient(self.socket)
        return Emulator(url=os.environ[EMULATOR], port=0, folder="").client("dynamodb")

    def opened(self, watched: Callable[[Any], Any] = lambda client: client) -> Store:
        """
        Return what is kept there, as a store.

        Args:
            watched: Puts something between the store and the client of its tables.
        """
        if self.keeping is Keeping.SQLITE:
            return SqliteStore(Path(self.folder) / "kept.sqlite3", kinds=KINDS)
        return DynamoStore(self.tables(), kinds=KINDS, client=watched(self.client()), threads=1, sleep=lambda _: None)


def furnish(store: Store) -> None:
    """Write a practice and its patients."""
    store.submit(set_up).result()
    for patient in PATIENTS:
        store.submit(partial(_registered, patient=patient)).result()


def furnish_tables(tables: LocalDynamo) -> None:
    """Write them into tables that are empty."""
    furnish(AtOnceStore(ALL_TABLES, kinds=KINDS, client=tables, threads=1, sleep=lambda _: None))


def _registered(tx: Transaction, patient: Patient) -> None:
    register(tx, patient, (), by="test", now=NOW)
