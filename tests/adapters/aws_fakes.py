"""Services of AWS on the loopback: their real wire format, what a script says, and a ledger of their own."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from email.parser import BytesParser
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self
from urllib.parse import parse_qs

import msgspec
import pytest
import trustme

PATIENCE_S: Final = 5.0  # no thread of a test outlives it
DRIP_S: Final = 0.05

CA: Final = trustme.CA()
STRANGER: Final = trustme.CA()
"""An authority that nobody here trusts."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One call, as it came."""

    line: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What the service does with one call."""

    connects: Literal["yes", "hang up", "reset", "hang", "speak"] = "yes"
    """Before TLS."""
    reads: Literal["all", "half"] = "all"
    takes: bool = False
    """Whether the message is in the service's hands."""
    status: int = 200
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    """Instead of what the service usually answers."""
    then: Literal["answer", "hang up", "reset", "hang", "drip"] = "answer"


TAKEN: Final = Act(takes=True)


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How one service speaks."""

    service: str
    """As the SDK's environment variables name it."""
    message: Callable[[Request], dict[str, object]]
    """Reads the one call that a send makes; anything else fails the test."""
    answer: Callable[[str], bytes]
    refusal: Callable[[str, str], bytes]
    """From a code and a reason; the words beside them name the number, as AWS's do."""
    content_type: str
    authorization: str = "AWS4-HMAC-SHA256 "
    """How the header of that name begins."""


def _sns_message(request: Request) -> dict[str, object]:
    fields = {name: values[0] for name, values in parse_qs(request.body.decode(), keep_blank_values=True).items()}
    assert request.line == "POST / HTTP/1.1"
    assert fields.pop("Version") == "2010-03-31"
    return dict(fields)


def _eum_message(request: Request) -> dict[str, object]:
    assert request.line == "POST / HTTP/1.1"
    assert request.headers["x-amz-target"] == "PinpointSMSVoiceV2.SendTextMessage"
    assert request.headers["content-type"] == "application/x-amz-json-1.0"
    return dict(json.loads(request.body))


def _ses_message(request: Request) -> dict[str, object]:
    assert request.line == "POST /v2/email/outbound-emails HTTP/1.1"
    return dict(json.loads(request.body))


SNS: Final = Dialect(
    service="SNS",
    message=_sns_message,
    answer=lambda message_id: (
        '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
        f"<MessageId>{message_id}</MessageId></PublishResult>"
        "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></PublishResponse>"
    ).encode(),
    refusal=lambda code, _: (
        '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>not to +12065550100: canary</Message></Error>"
        "<RequestId>r-1</RequestId></ErrorResponse>"
    ).encode(),
    content_type="text/xml",
)
EUM: Final = Dialect(
    service="PINPOINT_SMS_VOICE_V2",
    message=_eum_message,
    answer=lambda message_id: json.dumps({"MessageId": message_id}).encode(),
    refusal=lambda code, reason: json.dumps(
        {"__type": code, "Message": "not to +12065550100: canary", **({"Reason": reason} if reason else {})}
    ).encode(),
    content_type="application/x-amz-json-1.0",
)
SES: Final = Dialect(
    service="SESV2",
    message=_ses_message,
    answer=lambda message_id: json.dumps({"MessageId": message_id}).encode(),
    refusal=lambda code, _: json.dumps({"__type": code, "message": "not to ann@example.com: canary"}).encode(),
    content_type="application/json",
)


class FakeService:
    """
    The service, on a free port of the loopback, behind TLS.

    Args:
        dialect: How it speaks.
        always: What it does with every call.
        authority: Who signed its certificate.
    """

    def __init__(self, dialect: Dialect, *, always: Act = TAKEN, authority: trustme.CA = CA) -> None:
        self.dialect = dialect
        self.always = always
        self.once: list[Act] = []
        """What it does with the next calls, before it does as always."""
        self.requests: list[Request] = []
        self.taken: list[dict[str, object]] = []
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self._tls)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()

    def refusing(self, status: int, code: str, reason: str = "", /, **headers: str) -> Act:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Act(status=status, body=self.dialect.refusal(code, reason), headers=named)

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _start(self, target: Callable[..., None], *values: object) -> None:
        thread = threading.Thread(target=target, args=values, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener is closed when the test ends
            while True:
                connection, _ = self._listener.accept()
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        act = self.once.pop(0) if self.once else self.always
        connection.settimeout(PATIENCE_S)
        with connection, contextlib.suppress(OSError):
            if act.connects != "yes":
                self._greet(connection, act)
                return
            with self._tls.wrap_socket(connection, server_side=True) as secured:
                self._obey(act, secured)

    def _greet(self, connection: socket.socket, act: Act) -> None:
        connection.recv(65_536)
        match act.connects:
            case "reset":
                _reset(connection)
            case "hang":
                self._stopping.wait(PATIENCE_S)
            case "speak":
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            case _:
                return

    def _obey(self, act: Act, secured: ssl.SSLSocket) -> None:
        if act.reads == "half":
            secured.recv(64)
            _reset(secured)
            return
        request = _request(secured)
        assert request.headers["authorization"].startswith(self.dialect.authorization)
        self.requests.append(request)
        if act.takes:
            self.taken.append(self.dialect.message(request))
        match act.then:
            case "hang":
                self._stopping.wait(PATIENCE_S)
            case "reset":
                _reset(secured)
            case "answer" | "drip":
                self._answer(act, secured)
            case _:
                return

    def _answer(self, act: Act, secured: ssl.SSLSocket) -> None:
        body = self.dialect.answer(f"m-{len(self.taken)}") if act.body is None else act.body
        headers = {"Content-Type": self.dialect.content_type, "Content-Length": str(len(body)), "Connection": "close"}
        lines = [f"{name}: {value}" for name, value in {**headers, **act.headers}.items()]
        said = "\r\n".join([f"HTTP/1.1 {act.status} Said", *lines, "", ""]).encode() + body
        if act.then != "drip":
            secured.sendall(said)
            return
        for byte in said:
            secured.sendall(bytes([byte]))
            if self._stopping.wait(DRIP_S):
                return


def _request(secured: ssl.SSLSocket) -> Request:
    read = b""
    while b"\r\n\r\n" not in read:
        read += _more(secured)
    head, _, body = read.partition(b"\r\n\r\n")
    line, _, rest = head.partition(b"\r\n")
    headers = {name.lower(): value for name, value in BytesParser().parsebytes(rest + b"\r\n\r\n").items()}
    while len(body) < int(headers["content-length"]):
        body += _more(secured)
    return Request(line=line.decode(), headers=headers, body=body)


def _more(secured: ssl.SSLSocket) -> bytes:
    came = secured.recv(65_536)
    if not came:
        raise ConnectionError
    return came


def _reset(connection: socket.socket) -> None:
    """Close with a reset instead of a farewell, which the two settings together mean."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextlib.contextmanager
def aws_environment(folder: Path, *fakes: FakeService, **settings: str) -> Iterator[None]:
    """Set what the SDK reads from the environment, as an operator would, and nothing of this machine."""
    bundle = folder / "authority.pem"
    CA.cert_pem.write_to_path(str(bundle))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "canary-secret")
        patch.setenv("AWS_CONFIG_FILE", str(folder / "none"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "none"))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CA_BUNDLE", str(bundle))
        for fake in fakes:
            patch.setenv(f"AWS_ENDPOINT_URL_{fake.dialect.service}", fake.url)
        for name, value in settings.items():
            patch.setenv(name, value)
        yield
