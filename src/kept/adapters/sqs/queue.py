"""One queue of SQS, to put notes into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from kept.ports.provider_api import ApiFailure, ProviderApi
from kept.ports.queue import Note

MOST_AT_ONCE: Final = 10  # SendMessageBatch in the Amazon SQS API reference
MOST_DELAY_S: Final = 900  # the same, DelaySeconds


class SqsQueue:
    """
    The queue. Safe to use from many threads.

    Args:
        url: Its address.
        api: The service.
    """

    def __init__(self, url: str, *, api: ProviderApi) -> None:
        self._url = url
        self._api = api

    def put(self, notes: Sequence[Note]) -> int:
        """Put notes into the queue, ten in a call; return how many it has taken."""
        chunks = [notes[first : first + MOST_AT_ONCE] for first in range(0, len(notes), MOST_AT_ONCE)]
        return sum(self._put(chunk) for chunk in chunks)

    def _put(self, notes: Sequence[Note]) -> int:
        entries = [
            {"Id": str(number), "MessageBody": note.body, "DelaySeconds": min(note.delay_s, MOST_DELAY_S)}
            for number, note in enumerate(notes)
        ]
        result = self._api.call("send_message_batch", {"QueueUrl": self._url, "Entries": entries})
        if isinstance(result, ApiFailure):
            return 0
        failed = cast("list[object]", result.fields.get("Failed") or [])
        return len(notes) - len(failed)
