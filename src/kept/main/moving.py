"""Moving house: everything of one store into a file, and from there into another store, whichever engine each has."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Final, TypeVar

from kept.core.errors import ConflictError, InvalidInputError, StorageUnavailableError
from kept.formats.store_file import entities_in, lines_of
from kept.main.kinds import KINDS
from kept.ports.codec import Codec
from kept.ports.store import Entity, ListingStore, Store, Transaction

T = TypeVar("T")

AT_ONCE: Final = 20
"""Entities in one step: with their index rows fewer than a transaction of DynamoDB takes."""
STEPS_AHEAD: Final = 16
"""Steps that are submitted before the first of them is waited for."""


def export(store: ListingStore, to: Path) -> int:
    """
    Write everything that is stored into a file, for its owner alone; return how many entities that are.

    Raises:
        StorageUnavailableError: the store cannot be read, or the file not written.
    """
    count = 0
    with _written(to) as file:
        for line in lines_of(store.everything(), Codec(KINDS)):
            file.write(line)
            count += 1
    return count - 2


def take_in(store: Store, source: Path) -> int:
    """
    Store everything that such a file holds, with the versions it has there; return how many entities that are.

    The whole file is read and checked before the first of them is stored.

    Raises:
        ConflictError: something is stored differently already; nothing is overwritten.
        InvalidInputError: it is no such file.
        StorageUnavailableError: the store cannot be written.
    """
    with _opened(source) as file:
        for _ in entities_in(file, Codec(KINDS)):
            continue
        file.seek(0)
        count = 0
        steps = (partial(_place, entities=entities) for entities in _batches(entities_in(file, Codec(KINDS)), AT_ONCE))
        for several in _batches(steps, STEPS_AHEAD):
            for future in [store.submit(step) for step in several]:
                count += future.result()
    return count


def _place(tx: Transaction, entities: tuple[Entity, ...]) -> int:
    for entity in entities:
        stored = tx.get(type(entity), entity.id)
        if stored is None:
            tx.place(entity)
        elif stored != entity:
            raise ConflictError(
                f"the {entity.kind} {entity.id} is stored differently already; take the file into an empty store"
            )
    return len(entities)


def _batches(values: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    each = iter(values)
    while batch := tuple(islice(each, size)):
        yield batch


@contextmanager
def _opened(source: Path) -> Iterator[IO[bytes]]:
    try:
        file = source.open("rb")
    except OSError as error:
        message = f"{source.name} cannot be read ({error.strerror}); give a file that kept export has written"
        raise InvalidInputError.of("FILE", "unreadable", message) from None
    with file:
        yield file


@contextmanager
def _written(to: Path) -> Iterator[IO[bytes]]:
    """Give a new file that gets its name when all is in it and on the disk."""
    try:
        handle, name = tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}.")
    except OSError as error:
        raise StorageUnavailableError(f"{to.name} cannot be written ({error.strerror}); choose another place") from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(to)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
