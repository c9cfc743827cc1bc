from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from kept.adapters.sqlite import FileSeat
from tests.adapters.sqlite_files import PROCESSES, open_files, started

ROUNDS = 20


def try_to_sit(folder: Path, start: Barrier, answer: Connection) -> None:
    """Take the seat together with others, say how it went, and hold it until killed."""
    seat = FileSeat(folder)
    start.wait()
    answer.send(seat.take())
    signal.pause()


@contextmanager
def sitters(folder: Path, count: int) -> Iterator[list[bool]]:
    """Lend what so many processes answered that tried at the same moment; they are killed at the end."""
    start = PROCESSES.Barrier(count)
    pipes = [PROCESSES.Pipe(duplex=False) for _ in range(count)]
    with ExitStack() as processes:
        for mine, theirs in pipes:
            processes.enter_context(mine)
            processes.enter_context(theirs)
            processes.enter_context(started(try_to_sit, folder, start, theirs))
        yield [mine.recv() for mine, _ in pipes]


def test_exactly_one_of_two_processes_sits_and_kill_frees_the_seat(tmp_path: Path) -> None:
    for _ in range(ROUNDS):
        with sitters(tmp_path, 2) as answers:
            assert sorted(answers) == [False, True]


def test_a_seat_is_taken_until_its_holder_is_killed(tmp_path: Path) -> None:
    mine = FileSeat(tmp_path)
    with sitters(tmp_path, 1) as answers:
        while_held = mine.take()

    assert answers == [True]
    assert not while_held
    assert mine.take()
    mine.leave()


def test_a_second_seat_in_one_process_is_refused(tmp_path: Path) -> None:
    first, second = FileSeat(tmp_path), FileSeat(str(tmp_path))

    answers = [first.take(), second.take(), first.take()]
    first.leave()

    assert answers == [True, False, True]
    assert second.take()
    second.leave()


def test_leaving_a_seat_that_was_never_taken_is_harmless(tmp_path: Path) -> None:
    seat = FileSeat(tmp_path)

    seat.leave()

    assert seat.take()
    seat.leave()
    seat.leave()


def test_the_seat_and_its_folder_are_private(tmp_path: Path) -> None:
    seat = FileSeat(tmp_path / "new")

    seat.take()
    seat.leave()

    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / "sender.lock").stat().st_mode) == 0o600


def test_a_refused_try_leaves_no_file_open(tmp_path: Path) -> None:
    holder = FileSeat(tmp_path)
    holder.take()
    before = len(open_files())

    for _ in range(50):
        FileSeat(tmp_path).take()

    assert len(open_files()) == before
    holder.leave()


def test_a_program_that_the_holder_starts_does_not_inherit_the_seat(tmp_path: Path) -> None:
    seat = FileSeat(tmp_path)
    seat.take()
    (fd,) = [fd for fd, path in open_files().items() if path == tmp_path / "sender.lock"]

    assert not os.get_inheritable(fd)
    seat.leave()


def test_a_folder_that_cannot_be_made_is_an_error_not_a_seat(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OSError, match="file"):
        FileSeat(tmp_path / "file").take()
