"""How often a key may call: one token bucket for each, in this process."""

from __future__ import annotations

import math
import time

from kept.entrypoints.http_api.problems import DoorError


class Buckets:
    """
    Token buckets by key.

    Only keys that exist have one, so that nobody can fill the memory by guessing.

    Args:
        per_s: Tokens that come back each second.
        burst: Tokens in a full bucket.

    Source:
        IETF draft "RateLimit header fields for HTTP", 10: the policy's quota ``q`` and window ``w``.
    """

    def __init__(self, *, per_s: float, burst: int) -> None:
        self._per_s = per_s
        self._burst = burst
        self._levels: dict[str, tuple[float, float]] = {}
        self.policy = f'"default";q={burst};w={max(1, math.ceil(burst / per_s))}'

    def take(self, key_id: str) -> None:
        """
        Take one token.

        Raises:
            DoorError: there is none left; says when there will be one.
        """
        now = time.monotonic()
        level, at = self._levels.get(key_id, (float(self._burst), now))
        level = min(float(self._burst), level + (now - at) * self._per_s)
        if level < 1.0:
            self._levels[key_id] = (level, now)
            wait = max(1, math.ceil((1.0 - level) / self._per_s))
            detail = f"This key has used its requests; try again in {wait} s."
            raise DoorError(
                "rate-limited", detail, headers=(("Retry-After", str(wait)), ("RateLimit-Policy", self.policy))
            )
        self._levels[key_id] = (level - 1.0, now)
