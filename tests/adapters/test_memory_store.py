"""What only the memory store does: it lets threads race, as an engine without locks would."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.ports.store import Transaction
from tests.contracts.entities import Counter, Note, put


class Rendezvous:
    """Two steps that have both read before either writes, in their first run."""

    def __init__(self) -> None:
        self._both = threading.Barrier(2)
        self.runs: list[None] = []

    def meet(self) -> None:
        """Wait for the other in the first run of each."""
        self.runs.append(None)
        if len(self.runs) <= 2:
            self._both.wait()


def run_both(store: MemoryStore, *steps: Callable[[Transaction], object]) -> None:
    """Run the steps in a thread each."""
    with ThreadPoolExecutor(len(steps)) as pool:
        for submitted in [pool.submit(store.submit, step) for step in steps]:
            submitted.result().result()


def test_the_loser_of_a_race_runs_again_and_nothing_is_lost() -> None:
    store, both = MemoryStore(), Rendezvous()
    put(store, Note(id="n1"))

    def step(tx: Transaction) -> None:
        note = tx.get(Note, "n1")
        assert note is not None
        both.meet()
        tx.put(msgspec.structs.replace(note, text=note.text + "x"))

    run_both(store, step, step)

    assert [note.text for note in store.load(Note, ["n1"])] == ["xx"]
    assert len(both.runs) == 3


@pytest.mark.parametrize(("guarded", "left"), [(True, 1), (False, 0)])
def test_a_step_that_decides_on_what_it_only_read_needs_a_guard(*, guarded: bool, left: int) -> None:
    store, both = MemoryStore(), Rendezvous()
    store.submit(lambda tx: (tx.put(Counter(id="a", n=1)), tx.put(Counter(id="b", n=1)))).result()

    def leaves_if_the_other_stays(mine: str, other: str) -> Callable[[Transaction], None]:
        def step(tx: Transaction) -> None:
            own, others = tx.get(Counter, mine), tx.get(Counter, other)
            assert own is not None
            assert others is not None
            both.meet()
            if others.n:
                tx.put(msgspec.structs.replace(own, n=0))
                if guarded:
                    tx.guard(others)

        return step

    run_both(store, leaves_if_the_other_stays("a", "b"), leaves_if_the_other_stays("b", "a"))

    assert sum(counter.n for counter in store.load(Counter, ["a", "b"])) == left
