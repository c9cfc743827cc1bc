"""CSV files on disk: opened plain or gzipped, read line by line within limits; and lines written back with reasons."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from kept.core.errors import InvalidInputError
from kept.formats.csv_cells import escaped
from kept.formats.csv_import import Refused

GZIP = b"\x1f\x8b"
MAX_LINE = 1024 * 1024
"""Characters; longer lines are a sign of another kind of file."""
MAX_CHARACTERS = 1024 * 1024 * 1024
"""Of the whole file, unpacked: a small packed file can hold a very large one."""


class CsvFile:
    """
    A file to import.

    Use as a context manager; *size* and :meth:`position` are of the file as it lies on the disk.

    Raises:
        InvalidInputError: it cannot be opened, or turns out not to be text within the limits.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._raw = self._open.enter_context(self._path.open("rb"))
            self.size = os.fstat(self._raw.fileno()).st_size
            is_packed = self._raw.peek(len(GZIP))[: len(GZIP)] == GZIP
        except OSError as error:
            message = f"{self._path} cannot be read ({error.strerror}); give a file that exists and may be read"
            raise InvalidInputError.of("FILE", "unreadable", message) from None
        content = self._open.enter_context(gzip.GzipFile(fileobj=self._raw)) if is_packed else self._raw
        # Bytes that are no UTF-8 become half characters, which the reading of each line refuses.
        self._text = io.TextIOWrapper(content, encoding="utf-8-sig", errors="surrogateescape", newline="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def position(self) -> int:
        """Return how much of the file has been read, in bytes on the disk."""
        return self._raw.tell()

    def __iter__(self) -> Iterator[str]:
        """Yield the lines, with their ends."""
        total = 0
        while line := self._line():
            total += len(line)
            if len(line) >= MAX_LINE or total > MAX_CHARACTERS:
                raise InvalidInputError.of("FILE", "too_large", "holds more than 1 GiB, or a line of 1 MiB; split it")
            yield line

    def _line(self) -> str:
        try:
            return self._text.readline(MAX_LINE)
        except (OSError, EOFError):
            message = "cannot be unpacked; see whether it was copied whole"
            raise InvalidInputError.of("FILE", "damaged", message) from None


class RefusedLines:
    """Writes refused lines with their reasons, for whoever corrects them. Holds what the file held: mode 0600."""

    def __init__(self, path: Path, header: Iterable[str]) -> None:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline="")
        self._file = file
        self._rows = csv.writer(file)
        self._rows.writerow(["line", "column", "code", "remedy", *map(escaped, header)])

    def write(self, refused: Refused) -> None:
        """Add one line."""
        cells = [escaped(cell.encode("utf-8", "replace").decode()) for cell in refused.line.cells]
        self._rows.writerow([refused.line.number, escaped(refused.column), refused.code, refused.message, *cells])

    def close(self) -> None:
        """Finish the file."""
        self._file.close()
