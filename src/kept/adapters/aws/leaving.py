"""
Whether a request has left us, known rather than guessed.

An HTTP library tells of a broken connection, not of how much it had written before. So the body of each request is
handed to it piece by piece, and we see when the last piece is asked for. Before that moment the provider cannot have
the request; from then on only an answer tells.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Final

_PIECE: Final = 16_384


class GivenUpError(Exception):
    """The caller does not wait any more, so the rest of the request must not leave."""


class Leaving:
    """One request on its way out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_out = False
        self._is_given_up = False

    @property
    def is_out(self) -> bool:
        """Whether the provider may have the whole request."""
        with self._lock:
            return self._is_out

    def give_up(self) -> bool:
        """Let nothing more leave, and return whether the whole request had left before."""
        with self._lock:
            self._is_given_up = True
            return self._is_out

    def pieces(self, body: bytes) -> Iterator[bytes]:
        """Yield the body in pieces; asking for the last one is what lets the request out."""
        last = max(0, len(body) - 1) // _PIECE * _PIECE
        for start in range(0, last, _PIECE):
            yield body[start : start + _PIECE]
        with self._lock:
            if self._is_given_up:
                raise GivenUpError
            self._is_out = True
        yield body[last:]


class WatchedBody:
    """A body that can be iterated once per request, as an HTTP library does with one that is no plain text."""

    def __init__(self, body: bytes, leaving: Leaving) -> None:
        self._body = body
        self._leaving = leaving

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces."""
        return self._leaving.pieces(self._body)
