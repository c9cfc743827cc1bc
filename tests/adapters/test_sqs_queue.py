"""A queue of SQS, at a service that is played."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from kept.adapters.sqs import SqsQueue
from kept.ports.provider_api import ApiAnswer, ApiFailure, ApiFailureKind
from kept.ports.queue import Note


class Service:
    """Plays SQS."""

    timeout_s = 10.0

    def __init__(self, *answers: ApiAnswer | ApiFailure) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    def call(self, operation: str, parameters: Mapping[str, object]) -> ApiAnswer | ApiFailure:
        self.calls.append((operation, parameters))
        return self.answers.pop(0) if self.answers else ApiAnswer(fields={"Successful": []})

    def close(self) -> None:
        """Do nothing."""


def test_ten_notes_go_in_one_call() -> None:
    service = Service()

    taken = SqsQueue("https://queue", api=service).put([Note(body=f"b-{n}", delay_s=n * 100) for n in range(12)])

    sizes = [len(cast("list[object]", parameters["Entries"])) for _, parameters in service.calls]
    assert (taken, sizes) == (12, [10, 2])
    assert service.calls[0][0] == "send_message_batch"
    assert service.calls[0][1]["QueueUrl"] == "https://queue"
    assert service.calls[0][1]["Entries"][1] == {"Id": "1", "MessageBody": "b-1", "DelaySeconds": 100}
    assert service.calls[1][1]["Entries"][1]["DelaySeconds"] == 900


def test_only_what_was_taken_counts() -> None:
    partly = ApiAnswer(fields={"Successful": [], "Failed": [{"Id": "0"}]})
    service = Service(partly, ApiFailure(kind=ApiFailureKind.THROTTLED, code="Throttling"))

    taken = SqsQueue("https://queue", api=service).put([Note(body="b")] * 20)

    assert taken == 9
