"""What the commands get on this machine: each part opened when it is first asked for, all closed at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from kept.entrypoints.cli.screen import ConfigurationError, SeatTakenError

if TYPE_CHECKING:
    import msgspec

    from kept.adapters.clock import SystemClock, SystemIds
    from kept.adapters.outbox import OutboxLedger, OutboxVoice
    from kept.adapters.sqlite import FileSeat
    from kept.core.links import Links
    from kept.entrypoints.cli.parts import (
        AwsTools,
        Check,
        Sender,
        ServeWishes,
        SimulationReport,
        SimulationWatch,
        SimulationWishes,
    )
    from kept.main.assembly import Parts
    from kept.main.settings import Settings
    from kept.ports.store import ListingStore


class LocalParts:
    """The parts of one run of the program."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._is_seated = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def clock(self) -> SystemClock:
        """The machine's clock."""
        return self._parts.clock

    @property
    def ids(self) -> SystemIds:
        """The machine's chance."""
        return self._parts.ids

    @property
    def store(self) -> ListingStore:
        """The database in the data folder, or the tables."""
        return self._parts.store

    @property
    def links(self) -> Links | None:
        """What makes the links in messages."""
        return self._parts.links

    @property
    def outbox(self) -> OutboxLedger:
        """The outbox in the data folder."""
        return self._parts.ledger

    @property
    def voice(self) -> OutboxVoice:
        """
        What speaks for the outbox.

        Raises:
            RefusedError: no message goes there, so there is nothing to be said.
        """
        from kept.core.errors import RefusedError
        from kept.main.settings import has_outbox

        if not has_outbox(self._settings):
            raise RefusedError("no_outbox", "no channel goes to the outbox; set sms or email to outbox to play with it")
        return self._parts.voice

    def tell_outbox(self, channel: str, behaviour: str, *, times: int | None, seconds: float | None) -> msgspec.Struct:
        """Order how the outbox treats the next messages of a channel."""
        from kept.adapters.outbox import Behaviour
        from kept.core.people import ChannelName

        return self.outbox.tell(ChannelName(channel), Behaviour(behaviour), times=times, seconds=seconds)

    def take_seat(self) -> bool:
        """Take the sender's seat until the end, if it is free."""
        if not self._is_seated:
            self._is_seated = self._seat.take()
            self._open.callback(self._seat.leave)
        return self._is_seated

    @contextmanager
    def sender(self) -> Iterator[Sender | None]:
        """Take the sender's seat for a while; None inside when another process has it."""
        if not self.take_seat():
            yield None
            return
        from kept.main.assembly import sender_of

        yield sender_of(self._parts, self._seat)

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        threading.Event().wait(max(0.0, seconds))

    def serve(self, wishes: ServeWishes) -> None:
        """Serve pages, API and worker until told to end."""
        from kept.main.serve import serve
        from kept.main.settings import changed

        with _said_plainly():
            serve(changed(self._settings, host=wishes.host, port=wishes.port), demo=wishes.demo)

    def work(self, *, wait: bool) -> None:
        """Send what falls due until told to end."""
        from kept.main.worker import SeatTakenError as Taken
        from kept.main.worker import work

        settings = self._settings
        try:
            with _said_plainly():
                work(settings, wait=wait)
        except Taken as error:
            raise SeatTakenError(str(error)) from None

    def simulate(self, wishes: SimulationWishes, watch: SimulationWatch) -> SimulationReport:
        """Let the real planner and worker live through some days, with a made-up carrier."""
        from kept.main.logs import set_up_logs
        from kept.main.simulate import simulate

        set_up_logs("CRITICAL")  # what fails in a simulation is no event of this machine
        return simulate(self.store, wishes, watch)

    @property
    def aws(self) -> AwsTools:
        """What is done for a deployment on AWS; nothing of this machine's data is touched."""
        from kept.main.aws_tools import LocalAwsTools

        return LocalAwsTools()

    def settings(self) -> Mapping[str, object]:
        """Return the settings as they hold, secrets masked."""
        from kept.main.settings import masked

        return masked(self._settings)

    def backup(self, to: Path, on_page: Callable[[int, int], None]) -> Mapping[str, object]:
        """Write a copy of the database."""
        from kept.adapters.sqlite import backup
        from kept.main.assembly import STORE_FILE

        backup(self._settings.data / STORE_FILE, to, on_page)
        return {"backup": str(to), "bytes": to.stat().st_size}

    def restore(self, source: Path) -> Mapping[str, object]:
        """Put a copy in the place of the database."""
        from kept.adapters.sqlite import restore
        from kept.main.assembly import STORE_FILE

        replaced = restore(source, self._settings.data / STORE_FILE)
        return {"restored": str(source), "replaced": str(replaced) if replaced else None}

    def export(self, to: Path) -> Mapping[str, object]:
        """Write everything that is stored into a file."""
        from kept.main.moving import export

        return {"file": str(to), "records": export(self.store, to)}

    def take_in(self, source: Path) -> Mapping[str, object]:
        """Store everything that such a file holds."""
        from kept.main.moving import take_in

        return {"file": str(source), "records": take_in(self.store, source)}

    def examine(self) -> tuple[Check, ...]:
        """Look at everything that can be wrong with the set-up."""
        from kept.main.doctor import examine

        return examine(lambda: self._settings)

    @cached_property
    def _settings(self) -> Settings:
        from kept.main.settings import load_settings

        with _said_plainly():
            return load_settings()

    @cached_property
    def _seat(self) -> FileSeat:
        from kept.adapters.sqlite import FileSeat

        return FileSeat(self._settings.data)

    @cached_property
    def _parts(self) -> Parts:
        """
        Everything that the settings name, open.

        Without the sender's seat the database's log is left alone: a serving process may be moving it.
        """
        from kept.main.assembly import open_parts
        from kept.main.logs import set_up_logs

        set_up_logs("WARNING")
        with _said_plainly():
            return self._open.enter_context(open_parts(self._settings, checkpoints=self._is_seated))


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Tell wrong settings as what they are: their exit code differs from that of a wrong command."""
    from kept.main.settings import SettingsError

    try:
        yield
    except SettingsError as error:
        raise ConfigurationError(*error.problems) from None
