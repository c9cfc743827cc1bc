"""How many due ids one look hands over: a table with reminders, and a queue, both on an emulator on this machine."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from bench.report import Line
from kept.adapters.aws import AwsApi, AwsService
from kept.adapters.clock import SystemClock
from kept.adapters.cloudwatch_logs import EmfMeter
from kept.adapters.dynamodb import ALL_TABLES, DynamoStore, create_table, open_client
from kept.adapters.sqs import SqsQueue
from kept.core.notifications import Notification, NotificationKind
from kept.entrypoints.aws_lambda.invocation import Invocation
from kept.entrypoints.aws_lambda.sweeping import Sweep
from kept.entrypoints.worker import SendingThreads
from kept.main.aws_emulator import REGION, environment_of, running_emulator
from kept.main.kinds import KINDS
from kept.ports.queue import Note
from kept.ports.store import Store, Transaction

MOST_S: Final = 60.0
PER_STEP: Final = 90
THREADS: Final = 8


def measure(*, count: int) -> list[Line]:
    """Return how long one look takes, beside the queue alone, for as many messages, in one thread."""
    with running_emulator() as emulator, environment_of(emulator.environment()):
        client = open_client(REGION, connections=2 * THREADS)
        tables = msgspec.structs.replace(ALL_TABLES, suffix="bench")
        for table in tables.tables:
            client.create_table(**create_table(tables, table))
        url = emulator.client("sqs").create_queue(QueueName="bench")["QueueUrl"]
        clock = SystemClock()
        store = DynamoStore(tables, kinds=KINDS, client=client, threads=THREADS)
        queue = SqsQueue(url, api=AwsApi(AwsService.SQS, region=REGION, clock=clock))
        try:
            _fill(store, count, due=clock.now() - timedelta(minutes=1))
            return [_look(store, queue, count)]
        finally:
            store.close()


def _look(store: Store, queue: SqsQueue, count: int) -> Line:
    clock = SystemClock()
    start = time.perf_counter()
    queue.put([Note(body="x" * 60)] * (count // 10))
    alone = (time.perf_counter() - start) * 10
    meter = EmfMeter("Kept", "bench", clock=clock, write=lambda _line: None)
    sweep = Sweep(store, queue, clock=clock, meter=meter, pool=SendingThreads(THREADS))
    start = time.perf_counter()
    answer = sweep.run(Invocation(id="bench", left_s=lambda: MOST_S))
    seconds = time.perf_counter() - start
    return Line(
        what=f"one look hands over {answer['queued']} due ids",
        figure=f"{seconds:.1f} s",
        beside=f"putting as many into the queue, in one thread: {alone:.1f} s ({seconds / alone:.1f} times)",
        goal=f"{count} in under {MOST_S:.0f} s",
        is_met=answer["queued"] == count and seconds < MOST_S,
    )


def _fill(store: Store, count: int, *, due: datetime) -> None:
    open_steps: deque[Future[None]] = deque()
    for first in range(0, count, PER_STEP):
        numbers = range(first, min(first + PER_STEP, count))
        open_steps.append(store.submit(partial(_put_all, numbers=numbers, due=due)))
        while len(open_steps) > THREADS:
            open_steps.popleft().result()
    for step in open_steps:
        step.result()


def _put_all(tx: Transaction, numbers: range, due: datetime) -> None:
    for number in numbers:
        tx.put(
            Notification(
                id=f"ntf_{number:032}",
                about=NotificationKind.REMINDER,
                rule="24h",
                patient_id=f"pat_{number}",
                template="reminder",
                planned_at=due,
                due_at=due,
                wake_at=due,
                deadline_at=due + timedelta(hours=18),
            )
        )
