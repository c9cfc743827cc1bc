"""A small HTTP client that keeps a number of connections busy and notes how long each answer took."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator

import msgspec

_END_OF_HEAD = b"\r\n\r\n"


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    seconds: float
    latencies_s: tuple[float, ...]
    statuses: dict[int, int]

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies_s) / self.seconds

    def percentile_ms(self, percent: float) -> float:
        """Return the latency that so many percent of the answers did not exceed."""
        ordered = sorted(self.latencies_s)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class _Connection(asyncio.Protocol):
    """Sends request after request on one connection; the next when the last was answered."""

    def __init__(self, requests: Iterator[bytes], load: _Notes) -> None:
        self._requests = requests
        self._notes = load
        self._buffer = bytearray()
        self._sent_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream was expected")
        self._transport = transport
        self._send_next()

    def data_received(self, data: bytes) -> None:
        """Note the answer once it is whole, and send the next request."""
        self._buffer += data
        end = self._buffer.find(_END_OF_HEAD)
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if len(self._buffer) < end + len(_END_OF_HEAD) + length:
            return
        self._notes.note(int(head[9:12]), time.perf_counter() - self._sent_at)
        self._buffer.clear()
        self._send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, and say so if it was not we who ended it."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))

    def _send_next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)


class _Notes:
    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.statuses: Counter[int] = Counter()

    def note(self, status: int, seconds: float) -> None:
        self.latencies.append(seconds)
        self.statuses[status] += 1


def run_load(port: int, requests: list[bytes], *, connections: int) -> Load:
    """Send all requests over so many connections, each as soon as the one before it was answered."""
    return asyncio.run(_run(port, requests, connections))


async def _run(port: int, requests: list[bytes], connections: int) -> Load:
    notes = _Notes()
    feed = iter(requests)
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    opened = [
        await loop.create_connection(lambda: _Connection(feed, notes), "127.0.0.1", port) for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.done for _, protocol in opened))
    return Load(seconds=time.perf_counter() - start, latencies_s=tuple(notes.latencies), statuses=dict(notes.statuses))


def post(path: str, body: bytes, *, port: int, key: str = "") -> bytes:
    """Return a whole POST request as bytes."""
    auth = f"Authorization: Bearer {key}\r\n" if key else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{auth}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
