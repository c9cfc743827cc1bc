"""
Raises programs to kill them: forks a child for each run from a parent that is warm and has no threads.

Run as a program: it reads one request a line and answers one verdict a line.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import sys
import tempfile
import traceback
import zoneinfo
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Final, NoReturn

import msgspec
import structlog

from kept.core.replies import understand
from tests.faults import planted_bugs
from tests.faults.beside import mails, place
from tests.faults.ending import LONGEST_END_S, Gentle
from tests.faults.history import Answered, History
from tests.faults.keeping import Keeping, Place, furnish
from tests.faults.practice import NOW
from tests.faults.recovery import Verdict, judged
from tests.faults.traps import Trap
from tests.faults.world import Answer, Run, World

LONGEST_LIFE_S: Final = 60
"""After so long a child is ended from outside: something hangs."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Kill a program at this point of this run, start it again, and judge what then is."""

    point: str
    seed: int
    nth: int = 1
    bug: str = ""
    """A planted mistake; empty for the program as it is."""
    signal: int = signal.SIGKILL
    keeping: Keeping = Keeping.SQLITE


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a child: what it begins, what it has answered, what time it is, and that it has ended by itself."""

    what: str
    number: int = 0
    at: datetime | None = None
    answer: Answer | None = None


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a child that is dead."""

    said: tuple[Said, ...]
    ended: int
    """As ``waitpid`` tells it."""
    passed: int = 0
    """How often the point was passed, if the child lived long enough to tell."""


def attended(request: Request, template: Path) -> Verdict:
    """Return the verdict on one run, killed on a passing that exists."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kept-kill-"))) / "data"
        shutil.copytree(template, folder)
        port = stack.enter_context(mails(folder)) if request.seed % 2 else 0
        kept = stack.enter_context(place(request.keeping, folder, request.bug))
        run = Run(place=kept, seed=request.seed, mail_port=port)
        fate = _lived(request, run)
        if os.WIFEXITED(fate.ended) and fate.said[-1:] and fate.said[-1].what == "end":
            return Verdict(passed=fate.said[-1].number, was_killed=False)
        return _judged(request, run, fate, _odd_ending(request, fate))


def _lived(request: Request, run: Run) -> Fate:
    """Let a child live and die."""
    ended, told = _forked(lambda tell: _live(request, run, tell))
    return Fate(said=tuple(msgspec.json.decode(row, type=Said) for row in told.splitlines()), ended=ended)


def _odd_ending(request: Request, fate: Fate) -> list[str]:
    """Return what is wrong with the way in which a child ended."""
    if request.signal == signal.SIGKILL:
        is_right = os.WIFSIGNALED(fate.ended) and os.WTERMSIG(fate.ended) == signal.SIGKILL
        return [] if is_right else [f"the child ended in another way than by the signal: {fate.ended}"]
    last = fate.said[-1] if fate.said else Said(what="nothing")
    if fate.ended != 0 or last.what != "closed":
        return [f"told to end, the program ended with {fate.ended} and said {last.what}"]
    too_long = last.number > LONGEST_END_S
    return [f"told to end, the program took {last.number} s"] if too_long else []


def _judged(request: Request, run: Run, fate: Fate, found: list[str]) -> Verdict:
    """Let another child start the program again on what the first has left."""
    history, doubt, done = _told(run, fate.said)
    clock = max((said.at for said in fate.said if said.at), default=NOW)
    again = msgspec.structs.replace(run, at=clock)

    def recover(tell: Callable[[object], None]) -> None:
        planted_bugs.plant(request.bug)
        tell(judged(again, history, doubt, done, is_gentle=request.signal != signal.SIGKILL))

    ended, told = _forked(recover)
    if ended != 0 or not told:
        return Verdict(problems=(*found, f"the restarted program ended with {ended}"))
    verdict = msgspec.json.decode(told.splitlines()[-1], type=Verdict)
    return msgspec.structs.replace(verdict, problems=(*found, *verdict.problems))


def _told(run: Run, said: tuple[Said, ...]) -> tuple[History, Answered | None, int]:
    """Return what was answered, what was begun and not answered, and how many things were begun."""
    ops = run.scenario()
    history = History()
    doubt = None
    begun = 0
    for line in said:
        if line.what == "begun" and line.at:
            begun = line.number + 1
            doubt = Answered(op=ops[line.number], answer=Answer(), at=line.at)
        if line.what == "answered" and doubt and line.answer:
            history.add(msgspec.structs.replace(doubt, answer=line.answer))
            doubt = None
    return history, doubt, begun


def _live(request: Request, run: Run, tell: Callable[[object], None]) -> None:
    """Do everything in order until the trap closes."""
    planted_bugs.plant(request.bug)
    trap = Trap(request.point, request.nth, signal.Signals(request.signal))
    world = World(run, trap, lambda at: tell(Said(what="clock", at=at)))
    if request.signal == signal.SIGKILL:
        _serve_clients(world, run, tell)
        tell(Said(what="end", number=trap.passed))
        return
    gentle = Gentle(world)
    seconds = gentle.run(lambda: _serve_clients(world, run, tell, check=gentle.check))
    is_told = gentle.is_told
    tell(Said(what="closed" if is_told else "end", number=math.ceil(seconds) if is_told else trap.passed))


def _serve_clients(
    world: World, run: Run, tell: Callable[[object], None], check: Callable[[], None] = lambda: None
) -> None:
    """Do what clients ask for, one after the other, and tell what each was answered."""
    for number, op in enumerate(run.scenario()):
        check()
        at = world.pass_a_second()
        tell(Said(what="begun", number=number, at=at))
        answer = world.do(op)
        tell(Said(what="answered", number=number, answer=answer))
        world.pass_a_second()
    world.finish()


def _forked(live: Callable[[Callable[[object], None]], None]) -> tuple[int, bytes]:
    """Run this in a child; return how it ended and the lines that it told."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _be_a_child(live, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as lines:
        told = lines.read()
    _, ended = os.waitpid(pid, 0)
    return ended, told


def _be_a_child(live: Callable[[Callable[[object], None]], None], writing: int) -> NoReturn:
    """Live, and never return into the parent's code."""
    signal.alarm(LONGEST_LIFE_S)
    status = 1
    try:
        live(lambda value: _tell(writing, value))
        status = 0
    except BaseException:  # noqa: BLE001  a child that fails says so and must not go on as a second parent
        traceback.print_exc()
    finally:
        os._exit(status)


def _tell(writing: int, value: object) -> None:
    """Write one line in one piece: what was told before a death was told whole."""
    os.write(writing, msgspec.json.encode(value) + b"\n")


def main() -> None:
    """Answer requests until there are none."""
    zoneinfo.reset_tzpath(to=[])
    structlog.configure(processors=[_drop])
    understand("STOP", country="US")  # what is read from its books once here, each child need not read again
    with tempfile.TemporaryDirectory(prefix="kept-kill-template-") as name:
        for row in sys.stdin.buffer:
            request = msgspec.json.decode(row, type=Request)
            verdict = attended(request, _template(Path(name), request.bug))
            sys.stdout.write(json.dumps(msgspec.to_builtins(verdict)) + "\n")
            sys.stdout.flush()


def _template(beside: Path, bug: str) -> Path:
    """Return a folder with a practice in it, as the program would have written it, mistake and all."""
    template = beside / (bug or "sound")
    if not template.exists():
        template.mkdir()

        def furnished(_tell: Callable[[object], None]) -> None:
            planted_bugs.plant(bug)
            store = Place(folder=str(template)).opened()
            furnish(store)
            store.close()

        _forked(furnished)
    return template


def _drop(_logger: object, _name: str, _event: object) -> NoReturn:
    raise structlog.DropEvent


if __name__ == "__main__":
    main()
