"""
Which notifications a message names.

Ids come from the sweep, in records of a table's stream (one, or the array in which a pipe hands them over), or alone.

Source:
    Amazon DynamoDB API reference, "Record" and "StreamRecord".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from kept.entrypoints.aws_lambda.invocation import fields_of, text_in
from kept.formats.strict_json import MalformedJsonError, parsed
from kept.ports.queue import Note

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")


def note_of(notification_id: str, *, delay_s: int = 0) -> Note:
    """
    Return the note that names a notification.

    >>> note_of("ntf_1").body
    '{"notificationId":"ntf_1"}'
    """
    return Note(body=json.dumps({"notificationId": notification_id}, separators=(",", ":")), delay_s=delay_s)


def ids_in(body: str) -> tuple[str, ...]:
    """
    Return the ids in a message, each once; nothing where there is none.

    >>> ids_in('{"notificationId": "ntf_1"}'), ids_in("ntf_1"), ids_in('{"else": 1}')
    (('ntf_1',), ('ntf_1',), ())
    """
    try:
        document = parsed(body.encode("utf-8", "replace"))
    except MalformedJsonError:
        document = body.strip()
    return ids_of(document)


def ids_of(document: object) -> tuple[str, ...]:
    """
    Return the ids in a document that was read already.

    >>> ids_of([{"dynamodb": {"Keys": {"id": {"S": "ntf_1"}}}}, {"notificationId": "ntf_2"}])
    ('ntf_1', 'ntf_2')
    """
    return tuple(dict.fromkeys(i for i in _found(document) if _ID.fullmatch(i)))


def _found(document: object) -> Iterator[str]:
    if isinstance(document, list):
        for part in document:
            yield from _found(part)
    elif isinstance(document, str):
        yield document
    else:
        yield text_in(document, "notificationId")
        stream = fields_of(fields_of(document).get("dynamodb"))
        image, keys = (fields_of(stream.get(name)) for name in ("NewImage", "Keys"))
        yield text_in(image.get("of"), "S") or text_in(keys.get("id"), "S")
