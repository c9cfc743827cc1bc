"""Asking the nursery to raise a program, kill it and judge what is left."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

import msgspec

from tests.faults.keeping import Keeping
from tests.faults.nursery import Request
from tests.faults.recovery import Verdict
from tests.uncounted import uncounted_environment

DEEPEST: Final = 12
"""A program is killed on one of the first so many passings of its point."""


class Nursery:
    """
    A process of its own, because forking is safe only where there are no threads.

    Args:
        keeping: Where its programs keep everything.
        variables: What they find in their environment, such as where an emulator answers.
    """

    def __init__(self, keeping: Keeping = Keeping.SQLITE, **variables: str) -> None:
        self._keeping = keeping
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=uncounted_environment() | variables,  # a program that is killed cannot write down what it covered
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(30)

    def verdict(self, point: str, seed: int, *, bug: str = "", how: signal.Signals = signal.SIGKILL) -> Verdict:
        """Return what became of the run of a seed that was killed at a point; on which passing, the seed tells."""
        nth = random.Random(f"{point} {seed}").randint(1, DEEPEST)
        request = Request(point=point, seed=seed, nth=nth, bug=bug, signal=how, keeping=self._keeping)
        verdict = self._ask(request)
        if not verdict.was_killed and verdict.passed:
            verdict = self._ask(msgspec.structs.replace(request, nth=1 + nth % verdict.passed))
        return verdict

    def sees(self, bug: str, invariant: str, points: Sequence[str], seeds: int) -> bool:
        """Tell whether a planted mistake is seen by an invariant within so many seeds at some points."""
        return any(
            invariant in problem
            for seed in range(seeds)
            for point in points
            for problem in self.verdict(point, seed, bug=bug).problems
        )

    def _ask(self, request: Request) -> Verdict:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(msgspec.json.encode(request) + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the nursery itself has died; its words stand above"
        return msgspec.json.decode(answer, type=Verdict)
