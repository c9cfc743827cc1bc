"""Entities to and from the bytes of a row: JSON with a checksum beside it."""

from __future__ import annotations

import zlib
from typing import cast

import msgspec

from kept.core.errors import StorageUnavailableError
from kept.ports.store import E, Entity

Row = tuple[int, bytes, int | None]
"""Version, body and checksum, as they stand in the table."""


class Codec:
    """Knows the kinds of one store."""

    def __init__(self, kinds: tuple[type[Entity], ...]) -> None:
        self._kinds = {kind.kind: kind for kind in kinds}
        if len(self._kinds) != len(kinds):
            raise ValueError("two of the kinds have the same name")
        self._decoders = {kind: msgspec.json.Decoder(kind) for kind in kinds}
        self._encoder = msgspec.json.Encoder()

    def kind_named(self, name: str) -> type[Entity]:
        """
        Return the class of a kind.

        Raises:
            TypeError: the store was opened without it.
        """
        kind = self._kinds.get(name)
        if kind is None:
            raise TypeError(f"this store was opened without the kind {name!r}; add its class to the kinds")
        return kind

    def row_of(self, entity: Entity) -> Row:
        """Return what to store."""
        body = self._encoder.encode(entity)
        return entity.version, body, checksum_of(entity.kind, entity.id, body)

    def entity_of(self, kind: type[E], entity_id: str, row: Row) -> E:
        """
        Return the entity that a row holds.

        Raises:
            StorageUnavailableError: the row was damaged, or written by a newer Kept.
            TypeError: the store was opened without this kind.
        """
        version, body, checksum = row
        try:
            if checksum is not None and checksum_of(kind.kind, entity_id, body) != checksum:
                raise _damaged(kind, entity_id)
            entity = cast("E", self._decoder(kind).decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError, TypeError) as error:
            if kind not in self._decoders:
                raise
            raise _damaged(kind, entity_id) from error
        if entity.version != version:
            raise _damaged(kind, entity_id)
        return entity

    def _decoder(self, kind: type[E]) -> msgspec.json.Decoder[Entity]:
        if kind not in self._decoders:
            self.kind_named(kind.kind)
            raise TypeError(f"this store was opened with another class for the kind {kind.kind!r}")
        return self._decoders[kind]


def checksum_of(kind: str, entity_id: str, body: bytes) -> int:
    """Return what is stored beside the body, by which a body under a wrong key is seen too."""
    return zlib.crc32(body, zlib.crc32(f"{kind} {entity_id}".encode()))


def is_storable(text: str) -> bool:
    """Return whether the text can be in the database at all; half a surrogate pair cannot."""
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


def _damaged(kind: type[Entity], entity_id: str) -> StorageUnavailableError:
    return StorageUnavailableError(
        f"the stored {kind.kind} {entity_id} is damaged or was written by a newer Kept; restore the newest backup"
    )
