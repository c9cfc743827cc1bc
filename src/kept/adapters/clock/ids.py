"""Ids and secrets from the machine's source of chance."""

from __future__ import annotations

import base64
import secrets

ID_BYTES = 17  # 136 bits: 28 letters of base32, cut to 26, which carry 130


class SystemIds:
    """Makes ids that nobody can guess."""

    def new(self, prefix: str) -> str:
        """Return *prefix*, an underscore and 26 lower-case letters and digits 2 to 7."""
        return f"{prefix}_{base64.b32encode(secrets.token_bytes(ID_BYTES)).decode('ascii').lower()[:26]}"

    def secret(self) -> str:
        """Return 256 bits in URL-safe letters, without a dot."""
        return secrets.token_urlsafe(32)
