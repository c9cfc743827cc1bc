"""The command line on a memory store, a simulated clock and an outbox of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from typer.testing import CliRunner, Result

from kept.adapters.clock import SimulatedClock
from kept.adapters.memory import MemoryStore
from kept.adapters.outbox import PROVIDER, Behaviour, OutboxChannel, OutboxLedger, OutboxReader, OutboxVoice
from kept.core.links import Links, links_at
from kept.core.people import ChannelName
from kept.core.practice import Practice, PracticeSetup
from kept.core.schedules import Place, Role, Schedule, VisitType
from kept.entrypoints.cli.app import program
from kept.entrypoints.cli.parts import (
    Check,
    Sender,
    ServeWishes,
    SimulationReport,
    SimulationWatch,
    SimulationWishes,
)
from kept.entrypoints.worker import CallReaders, Dispatcher, InlineExecutor
from kept.flow.practice import save_practice
from kept.flow.receipts import keep_call, received
from kept.flow.replies import reply_step
from kept.main.made_up import SilentMeter
from kept.main.simulate import simulate
from kept.ports.webhook import WebhookRequest

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "seeds"
NOW = datetime(2024, 1, 15, 12, tzinfo=UTC)
PRACTICE = PracticeSetup(
    practice=Practice(
        name="Elm Clinic",
        phone="206-555-0100",
        zone="America/Los_Angeles",
        places=(Place(id="elm", name="12 Elm St", zone="America/Los_Angeles"),),
        visit_types=(VisitType(id="check-up", name="Check-up", duration=timedelta(minutes=30)),),
    ),
    schedules=(Schedule(id="dr-lee", role=Role.PRACTITIONER, name="Dr. Lee", place_id="elm"),),
)


class NumberedIds:
    """Makes ids that a test can foretell."""

    def __init__(self) -> None:
        self._last = 0

    def new(self, prefix: str) -> str:
        self._last += 1
        return f"{prefix}_{self._last}"

    def secret(self) -> str:
        return "s3cret" * 8


class MadeUpParts:
    """Everything outside, made up."""

    def __init__(self, folder: Path) -> None:
        self.clock = SimulatedClock(NOW)
        self.ids = NumberedIds()
        self.store = MemoryStore()
        self.outbox = OutboxLedger(folder / "outbox.db", synchronous="normal")
        self.voice = OutboxVoice(self.outbox, clock=self.clock, ids=self.ids, call=self._keep)
        self.links: Links | None = links_at("https://visits.example", (b"a key of thirty-two bytes or more",))
        self.is_alone = True
        """Whether the sender's seat is free."""
        self.chosen: dict[str, object] = {"port": 8080, "smtp_password": "********"}
        self.wishes: list[object] = []
        self.checks: tuple[Check, ...] = ()
        self.store.submit(lambda tx: save_practice(tx, PRACTICE)).result()

    def tell_outbox(self, channel: str, behaviour: str, *, times: int | None, seconds: float | None) -> msgspec.Struct:
        return self.outbox.tell(ChannelName(channel), Behaviour(behaviour), times=times, seconds=seconds)

    def dispatcher(self) -> Dispatcher:
        """Return a worker that sends in the caller's thread."""
        ways = (
            OutboxChannel(self.outbox, name, clock=self.clock, wait=lambda _: None, voice=self.voice)
            for name in ChannelName
        )
        return Dispatcher(
            self.store,
            {way.name: way for way in ways},
            clock=self.clock,
            meter=SilentMeter(),
            pool=InlineExecutor(),
            max_in_flight=8,
            readers=CallReaders({PROVIDER: OutboxReader()}, on_reply=reply_step),
        )

    def _keep(self, request: WebhookRequest) -> None:
        call = received(PROVIDER, request, headers={})
        self.store.submit(lambda tx: keep_call(tx, call)).result()

    @contextmanager
    def sender(self) -> Iterator[Sender | None]:
        yield self.dispatcher() if self.is_alone else None

    def pause(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))
        if not self.is_alone:
            self.dispatcher().run_due()

    def take_seat(self) -> bool:
        return self.is_alone

    def serve(self, wishes: ServeWishes) -> None:
        self.wishes.append(wishes)

    def work(self, *, wait: bool) -> None:
        self.wishes.append(wait)

    def simulate(self, wishes: SimulationWishes, watch: SimulationWatch) -> SimulationReport:
        return simulate(self.store, wishes, watch)

    def settings(self) -> Mapping[str, object]:
        return self.chosen

    def backup(self, to: Path, on_page: Callable[[int, int], None]) -> Mapping[str, object]:
        on_page(1, 1)
        return {"backup": str(to), "bytes": 1}

    def restore(self, source: Path) -> Mapping[str, object]:
        return {"restored": str(source), "replaced": None}

    def examine(self) -> tuple[Check, ...]:
        return self.checks


def sample(name: str) -> dict[str, Any]:
    """Return one of the documents of the four systems, with what it answers."""
    found: dict[str, Any] = json.loads((SAMPLES / name).read_text(encoding="utf-8"))
    return found


class Desk:
    """Runs commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts = MadeUpParts(folder)
        self._runner = CliRunner()

    def run(self, *words: str, stdin: str | bytes | None = None) -> Result:
        """Run one command."""
        return self._runner.invoke(program(), words, obj=self.parts, input=stdin, catch_exceptions=False)

    def ask(self, *words: str, exit_code: int = 0, stdin: str | bytes | None = None) -> Any:  # noqa: ANN401  JSON
        """Return the one document that a command prints with --json."""
        result = self.run(*words, "--json", stdin=stdin)
        assert result.exit_code == exit_code, result.output
        return json.loads(result.stdout)

    def file(self, name: str, content: object) -> str:
        """Write a file, as JSON unless it is text; return its path."""
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(path)
