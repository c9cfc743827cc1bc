"""The sender's seat as a locked file beside the database."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

SEAT_FILE: Final = "sender.lock"


class FileSeat:
    """
    The right to send, held by a lock on a file.

    The system gives the lock up as soon as the process has ended, also after kill -9. It holds on one machine and
    its own disks, not on a folder that is shared over a network.

    Source:
        flock(2).
    """

    def __init__(self, folder: Path | str) -> None:
        self._path = Path(folder) / SEAT_FILE
        self._fd: int | None = None

    def take(self) -> bool:
        """Try to sit down; whoever sits already may ask again."""
        if self._fd is not None:
            return True
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        return True

    def leave(self) -> None:
        """Give the seat up; harmless when it was never taken. The file stays: removing it would free it twice."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
