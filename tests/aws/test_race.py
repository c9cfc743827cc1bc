"""Two hundred people want one hour, each by a connection of her own, straight at the tables."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from kept.adapters.dynamodb import DynamoStore
from kept.core.booking import BookingRequest
from kept.core.errors import ConflictError
from kept.flow.booking import book
from kept.main.kinds import KINDS
from kept.ports.store import Transaction
from tests.aws.emulator import Emulator, drop_tables, make_tables
from tests.faults.practice import NOW, hours_after, request_for, set_up

CLIENTS: Final = 200
AT_ONCE: Final = 32


def test_two_hundred_clients_for_one_hour_leave_one_booking(emulator: Emulator) -> None:
    client = emulator.client("dynamodb")
    tables = make_tables(client, "race200")
    stores = [DynamoStore(tables, kinds=KINDS, client=client) for _ in range(AT_ONCE)]
    stores[0].submit(set_up).result()
    gate = threading.Barrier(AT_ONCE)

    def race(hand: int) -> list[str]:
        gate.wait(30)
        return [ended(stores[hand], number) for number in range(hand, CLIENTS, AT_ONCE)]

    with ThreadPoolExecutor(AT_ONCE) as crowd:
        ends = Counter(end for hand in crowd.map(race, range(AT_ONCE)) for end in hand)
    for store in stores:
        store.close()
    drop_tables(client, tables)

    assert ends == {"booked": 1, "taken": CLIENTS - 1}


def ended(store: DynamoStore, number: int) -> str:
    """Try to book; return how it ended."""
    wish = request_for(f"p{number}", hours_after(24))
    try:
        store.submit(partial(_book, wish=wish, new_id=f"apt-{number}")).result(60)
    except ConflictError:
        return "taken"
    return "booked"


def _book(tx: Transaction, *, wish: BookingRequest, new_id: str) -> None:
    book(tx, wish, appointment_id=new_id, now=NOW)
