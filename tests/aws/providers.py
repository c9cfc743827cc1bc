"""Providers of texts and mails for functions on the emulator: with a ledger, and as strict about permissions as AWS."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

import msgspec

ACCOUNT: Final = "arn:aws:{}:us-east-1:000000000000:{}"
_KEY: Final = re.compile(r"Credential=([^/,]+)/")


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One message that a provider has taken."""

    id: str
    channel: str
    to: str
    text: str
    context: dict[str, str]
    """What comes back with each event: by it an attempt is found."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a call needs the permission for."""

    key: str
    """The access key of the caller."""
    action: str
    resources: tuple[str, ...]
    """Each has to be allowed."""
    context: dict[str, str]


class Providers:
    """
    Both, on one port of the loopback.

    Args:
        may: Tells whether a call is allowed.
    """

    def __init__(self, may: Callable[[Asked], bool]) -> None:
        self._may = may
        self._lock = threading.Lock()
        self.sent: list[Sent] = []
        self.refused: set[str] = set()
        """Who cannot be reached: addresses."""
        self.busy: set[str] = set()
        """To whom nothing is taken just now, once: addresses."""
        providers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer = providers.answer(self.path, self.headers["Authorization"], body)
                said = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def environment(self) -> dict[str, str]:
        """What a function needs to find them."""
        url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return {"AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2": url, "AWS_ENDPOINT_URL_SESV2": url}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str, authorization: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Take a message, unless the caller may not or the person cannot be reached."""
        found = _KEY.search(authorization)
        key = found.group(1) if found else ""
        asked, sent = _mail(key, body) if path.startswith("/v2/") else _text(key, body)
        if not self._may(asked):
            return 400, {"__type": "AccessDeniedException", "message": f"not allowed: {asked.action}"}
        with self._lock:
            if sent.to in self.busy:
                self.busy.remove(sent.to)
                return 400, {"__type": "ThrottlingException", "message": "not so fast"}
            if sent.to in self.refused:
                return 400, {"__type": "ConflictException", "Reason": "DESTINATION_PHONE_NUMBER_OPTED_OUT"}
            message = msgspec.structs.replace(sent, id=f"m-{len(self.sent) + 1}")
            self.sent.append(message)
        return 200, {"MessageId": message.id}


def _text(key: str, body: dict[str, Any]) -> tuple[Asked, Sent]:
    sets = [ACCOUNT.format("sms-voice", f"configuration-set/{body['ConfigurationSetName']}")]
    asked = Asked(
        key=key, action="sms-voice:SendTextMessage", resources=(body["OriginationIdentity"], *sets), context={}
    )
    to, text, context = body["DestinationPhoneNumber"], body["MessageBody"], body["Context"]
    return asked, Sent(id="", channel="sms", to=to, text=text, context=context)


def _mail(key: str, body: dict[str, Any]) -> tuple[Asked, Sent]:
    sender = body["FromEmailAddress"]
    raw = base64.b64decode(body["Content"]["Raw"]["Data"])
    asked = Asked(
        key=key,
        action="ses:SendRawEmail",
        resources=(
            ACCOUNT.format("ses", f"identity/{sender.partition('@')[2]}"),
            ACCOUNT.format("ses", f"configuration-set/{body['ConfigurationSetName']}"),
        ),
        context={"ses:FromAddress": sender},
    )
    context = {tag["Name"]: tag["Value"] for tag in body["EmailTags"]}
    subject = str(BytesParser().parsebytes(raw, headersonly=True)["Subject"])
    return asked, Sent(id="", channel="email", to=body["Destination"]["ToAddresses"][0], text=subject, context=context)
