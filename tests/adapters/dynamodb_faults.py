"""DynamoDB on a bad day: a client that hands calls on to the emulator, and fails where a test wants it to."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from kept.adapters.dynamodb import ALL_TABLES, DynamoStore, Tables
from kept.ports.store import Entity
from tests.aws.emulator import Emulator, make_tables
from tests.contracts.entities import KINDS

Answer = dict[str, Any]
Call = Callable[[], Answer]
Fault = Callable[[Call, dict[str, Any]], Answer]
"""Gets what makes the call, and its parameters, which it may change before."""

OPERATIONS = ["batch_get_item", "query", "put_item", "delete_item", "transact_write_items", "scan"]


class BadDay:
    """Stands for the SDK's client."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 the SDK has no types
        self._client = client
        self._faults: dict[str, deque[Fault]] = {}
        self.calls: Counter[str] = Counter()
        self.seen: list[tuple[str, dict[str, Any]]] = []

    def fail(self, operation: str, *faults: Fault) -> None:
        """Let the next calls of an operation go so, one after the other; those behind them go well."""
        self._faults.setdefault(operation, deque()).extend(faults)

    def close(self) -> None:
        """Do nothing: others use the client too."""

    def __getattr__(self, operation: str) -> Callable[..., Answer]:
        def call(**parameters: Any) -> Answer:  # noqa: ANN401 as above
            self.calls[operation] += 1
            self.seen.append((operation, parameters))
            waiting = self._faults.get(operation)
            real = getattr(self._client, operation)
            if waiting:
                return waiting.popleft()(lambda: real(**parameters), parameters)
            answer: Answer = real(**parameters)
            return answer

        return call


def refused(code: str, *, status: int = 400, reasons: list[str] | None = None) -> Fault:
    """Refuse the call, with a reason for each of its items."""

    def fault(call: Call, parameters: dict[str, Any]) -> Answer:
        response: Answer = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        if reasons is not None:
            response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
        raise ClientError(response, "call")

    return fault


def answered(call: Call, parameters: dict[str, Any]) -> Answer:
    """Go well."""
    return call()


def unsent(call: Call, parameters: dict[str, Any]) -> Answer:
    """Never reach DynamoDB."""
    raise EndpointConnectionError(endpoint_url="https://dynamodb.example")


def answer_lost(call: Call, parameters: dict[str, Any]) -> Answer:
    """Do what was asked, and lose the answer."""
    call()
    raise ReadTimeoutError(endpoint_url="https://dynamodb.example")


def request_lost(call: Call, parameters: dict[str, Any]) -> Answer:
    """Do nothing, and never answer."""
    raise ReadTimeoutError(endpoint_url="https://dynamodb.example")


def token_forgotten(call: Call, parameters: dict[str, Any]) -> Answer:
    """Treat the call as new: what DynamoDB does with a token after ten minutes."""
    parameters["ClientRequestToken"] = "another"
    return call()


def then(act: Callable[[], object], fault: Fault) -> Fault:
    """Do something else once the call is over, however it goes."""

    def both(call: Call, parameters: dict[str, Any]) -> Answer:
        try:
            return fault(call, parameters)
        finally:
            act()

    return both


class Bench:
    """A store on a client that fails when told to, and another one that nothing is wrong with."""

    def __init__(self, emulator: Emulator, suffix: str, kinds: tuple[type[Entity], ...] = KINDS) -> None:
        self.raw = emulator.client("dynamodb")
        self.tables: Tables = make_tables(self.raw, suffix, ALL_TABLES)
        self.client = BadDay(self.raw)
        self.pauses: list[float] = []
        self.store = DynamoStore(self.tables, kinds=kinds, client=self.client, threads=4, sleep=self.pauses.append)
        self.other = DynamoStore(self.tables, kinds=kinds, client=BadDay(self.raw), threads=1, sleep=lambda _: None)

    def items(self, table: str = "Records") -> list[Answer]:
        """Return everything in a table."""
        items: list[Answer] = self.raw.scan(TableName=f"{table}-{self.tables.suffix}")["Items"]
        return items
