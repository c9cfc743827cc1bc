"""Ids and secrets from the machine's source of chance."""

from __future__ import annotations

import secrets
from collections import deque

ID_LETTERS = 26  # of 5 bits: 130 bits
IDS_AT_ONCE = 64  # one call to the kernel serves so many ids; it costs more than all the rest of making one

_LETTERS = str.maketrans({number: "abcdefghijklmnopqrstuvwxyz234567"[number % 32] for number in range(256)})


class SystemIds:
    """Makes ids that nobody can guess."""

    def __init__(self) -> None:
        self._drawn: deque[str] = deque()

    def new(self, prefix: str) -> str:
        """Return *prefix*, an underscore and 26 lower-case letters and digits 2 to 7."""
        while True:
            try:
                return f"{prefix}_{self._drawn.pop()}"
            except IndexError:  # every thread that finds it empty draws more of its own
                self._drawn.extend(_drawn_ids())

    def secret(self) -> str:
        """Return 256 bits in URL-safe letters, without a dot."""
        return secrets.token_urlsafe(32)


def _drawn_ids() -> list[str]:
    letters = secrets.token_bytes(ID_LETTERS * IDS_AT_ONCE).decode("latin-1").translate(_LETTERS)
    return [letters[n : n + ID_LETTERS] for n in range(0, len(letters), ID_LETTERS)]
