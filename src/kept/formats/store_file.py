"""
The file in which everything that a store keeps moves to another one: a head, one line for each entity, and an end.

Every line is JSON. The end counts the lines between, so that a file that was cut short is seen before it is believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

import msgspec

from kept.core.errors import InvalidInputError
from kept.ports.codec import Codec
from kept.ports.store import Entity

S = TypeVar("S", bound=msgspec.Struct)

FORMAT: Final = "kept-store-1"


class _Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: str
    id: str
    version: int
    body: msgspec.Raw


class _End(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    records: int


def lines_of(entities: Iterable[Entity], codec: Codec) -> Iterator[bytes]:
    """Yield the lines of a file that holds these entities."""
    encoder = msgspec.json.Encoder()
    yield encoder.encode(_Head(format=FORMAT)) + b"\n"
    count = 0
    for entity in entities:
        version, body, _ = codec.row_of(entity)
        record = _Record(kind=entity.kind, id=entity.id, version=version, body=msgspec.Raw(body))
        yield encoder.encode(record) + b"\n"
        count += 1
    yield encoder.encode(_End(records=count)) + b"\n"


def entities_in(lines: Iterable[bytes], codec: Codec) -> Iterator[Entity]:
    """
    Yield the entities that the lines of such a file hold.

    Raises:
        InvalidInputError: it is no such file, is cut short, or is of a newer Kept.
    """
    numbered = enumerate(lines, 1)
    head = next(numbered, (1, b""))[1]
    if _decoded(head, _Head, 1).format != FORMAT:
        raise _wrong(1, "is of another version; use the Kept that wrote it")
    count = 0
    for number, line in numbered:
        if line.startswith(b'{"records"'):
            if _decoded(line, _End, number).records != count or next(numbered, None) is not None:
                break
            return
        record = _decoded(line, _Record, number)
        count += 1
        yield _entity(record, codec, number)
    raise _wrong(count + 1, "the file is cut short or was changed; write it again")


def _entity(record: _Record, codec: Codec, number: int) -> Entity:
    try:
        kind = codec.kind_named(record.kind)
    except TypeError:
        raise _wrong(number, "is of a kind that this Kept does not know; use the Kept that wrote it") from None
    return codec.entity_of(kind, record.id, (record.version, bytes(record.body), None))


def _decoded(line: bytes, kind: type[S], number: int) -> S:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _wrong(number, "is not what kept export writes") from None


def _wrong(number: int, message: str) -> InvalidInputError:
    return InvalidInputError.of(f"line {number}", "invalid_file", message)
