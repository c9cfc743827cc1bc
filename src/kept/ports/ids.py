"""What we ask of chance: ids and keys that nobody can guess."""

from __future__ import annotations

from typing import Protocol


class Ids(Protocol):
    """
    Makes ids.

    1. Every call answers a new value, unguessable, of ASCII letters, digits and hyphens.
    2. ``secret`` carries 256 bits.
    """

    def new(self, prefix: str) -> str:
        """Return a new id that begins with *prefix* and an underscore."""

    def secret(self) -> str:
        """Return a new secret of 256 bits in URL-safe letters."""
