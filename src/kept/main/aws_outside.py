"""The world around a rehearsed deployment: who calls, who carries, and what time it is taken to be."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from kept.adapters.clock import SystemClock
from kept.core.errors import RefusedError
from kept.main.aws_emulator import Emulator
from kept.main.aws_fakes import Carrier
from kept.main.aws_stack import DeployedStack

ACCOUNT: Final = "000000000000"
WITHIN_S: Final = 60.0
"""No step takes longer on an emulator, even where every function starts anew on a busy machine; more means that it will
not happen."""
_LOOK_S: Final = 0.1


class Outside:
    """
    What a day does to a deployment, and what it sees of it.

    Args:
        emulator: Where it runs.
        stack: What runs.
        carrier: Takes texts.
        clock_file: Where the functions read how far their clock is ahead.
    """

    def __init__(self, emulator: Emulator, stack: DeployedStack, carrier: Carrier, clock_file: Path) -> None:
        self._emulator = emulator
        self._stack = stack
        self.carrier = carrier
        self._clock_file = clock_file
        self._started = SystemClock().now()
        self._ahead = timedelta(0)
        self.key = ""
        """For the API."""

    @property
    def host(self) -> str:
        """The name under which the emulator knows the deployed API."""
        return f"{self._stack.ids['HttpApi']}.execute-api.localhost"

    def now(self) -> datetime:
        """Return the time as the functions take it to be."""
        return SystemClock().now() + self._ahead

    def set_clock(self, instant: datetime) -> None:
        """Put the clock of all functions to an instant."""
        self._ahead = instant - SystemClock().now()
        self._clock_file.write_text(str(self._ahead.total_seconds()), encoding="ascii")

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Send a request to the deployed API; return status and document."""
        where = urlsplit(self._emulator.url)
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=WITHIN_S)
        headers = {"Host": self.host, "Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        try:
            connection.request(method, path, body=json.dumps(body) if body is not None else None, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(content) if content[:1] in {b"{", b"["} else content.decode(errors="replace")

    def got(self, path: str) -> Any:  # noqa: ANN401 any document of the API
        """
        Return what the API shows.

        Raises:
            RefusedError: it does not.
        """
        status, document = self.call("GET", path)
        if status != http.client.OK:
            raise RefusedError("api", f"GET {path.partition('?')[0]} answers {status}; see the log of the api function")
        return document

    def invoke(self, function: str, event: object) -> Any:  # noqa: ANN401 any answer
        """
        Call a function and return its answer.

        Raises:
            RefusedError: it failed.
        """
        payload = json.dumps(event).encode()
        answer = self._emulator.client("lambda").invoke(FunctionName=self._stack.ids[function], Payload=payload)
        document = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            kind = document.get("errorMessage") if isinstance(document, dict) else ""
            raise RefusedError("function", f"{function} failed: {kind}")
        return document

    def sweep(self) -> Mapping[str, object]:
        """Let the minute's look happen."""
        answer: Mapping[str, object] = self.invoke("SweepFunction", {})
        return answer

    def queue(self, name: str, body: object) -> None:
        """Put a message into a queue of the deployment."""
        url = self._stack.outputs[f"{name}QueueUrl"]
        self._emulator.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body))

    def publish(self, topic: str, event: object) -> None:
        """Say something through a topic of the deployment, as a service of AWS would."""
        self._emulator.client("sns").publish(TopicArn=self._stack.ids[topic], Message=json.dumps(event))

    def run_workflow(self, event: object) -> tuple[str, Any]:
        """Run a batch through the workflow; return how it ended, and its answer."""
        states = self._emulator.client("stepfunctions")
        arn = states.start_execution(
            stateMachineArn=self._stack.outputs["BatchWorkflowArn"], name="rehearsal", input=json.dumps(event)
        )["executionArn"]
        self.until(lambda: states.describe_execution(executionArn=arn)["status"] != "RUNNING")
        ended = states.describe_execution(executionArn=arn)
        return ended["status"], json.loads(ended.get("output") or "null")

    def mails(self) -> list[dict[str, Any]]:
        """Return the mails that the emulator took."""
        found: dict[str, list[dict[str, Any]]] = self._emulator.told(f"/_ministack/ses/messages?account={ACCOUNT}")[
            "messages"
        ]
        return found.get(ACCOUNT, [])

    def until(self, is_so: Callable[[], bool], within_s: float = WITHIN_S) -> bool:
        """Wait until something is so; return whether it came to be."""
        end = time.monotonic() + within_s
        while not is_so():
            if time.monotonic() > end:
                return False
            threading.Event().wait(_LOOK_S)
        return True


def milliseconds(instant: datetime) -> int:
    """Return an instant as services of AWS write it."""
    return int(instant.astimezone(UTC).timestamp() * 1000)
