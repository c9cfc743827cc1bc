"""End User Messaging as far as Kept asks it: the emulator has none, so this stands in on the loopback address."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import msgspec

ENDPOINT_VARIABLE: Final = "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2"
"""By which the SDK finds it."""
_SEND: Final = "PinpointSMSVoiceV2.SendTextMessage"
_JSON: Final = "application/x-amz-json-1.0"


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A text message that was taken."""

    message_id: str
    to: str
    text: str
    context: Mapping[str, str]
    """What the carrier says again with every word of it."""


class Carrier:
    """Takes every text, and keeps it."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._texts: list[Text] = []
        self.url = ""

    def texts(self) -> tuple[Text, ...]:
        """Return what was taken, in its order."""
        with self._lock:
            return tuple(self._texts)

    def take(self, asked: Mapping[str, Any]) -> str:
        """Take one, and return its id."""
        with self._lock:
            message_id = f"text-{next(self._numbers)}"
            self._texts.append(
                Text(
                    message_id=message_id,
                    to=asked["DestinationPhoneNumber"],
                    text=asked["MessageBody"],
                    context=asked["Context"],
                )
            )
        return message_id


@contextmanager
def running_carrier() -> Iterator[Carrier]:
    """Let it listen on a port of its own while the block runs."""
    carrier = Carrier()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            is_send = self.headers["X-Amz-Target"] == _SEND
            fields = {"MessageId": carrier.take(asked)} if is_send else {"__type": "UnknownOperationException"}
            answer = json.dumps(fields).encode()
            self.send_response(200 if is_send else 400)
            self.send_header("Content-Type", _JSON)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name is the library's
            """Keep quiet: what comes bears numbers."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    carrier.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, name="carrier", daemon=True)
    thread.start()
    try:
        yield carrier
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
