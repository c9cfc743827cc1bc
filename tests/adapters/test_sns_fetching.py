from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import trustme

from kept.adapters.sns import fetched_certificate
from kept.core.errors import OutsideError

CA = trustme.CA()


@contextmanager
def serving(status: int, body: bytes, *, answers: bool = True, **headers: str) -> Iterator[str]:
    """Yield the address of a file on a server that answers every request alike."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not answers:
                self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert("127.0.0.1").configure_cert(context)
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}/SimpleNotificationService-1.pem"
        server.shutdown()
        thread.join()


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    CA.configure_trust(context)
    return context


def test_returns_the_file() -> None:
    with serving(200, b"-----BEGIN CERTIFICATE-----") as url:
        assert fetched_certificate(url, tls=trusting()) == b"-----BEGIN CERTIFICATE-----"


@pytest.mark.parametrize("status", [301, 302, 307, 404, 500, 204])
def test_takes_no_other_answer_and_follows_none(status: int) -> None:
    with (
        serving(200, b"evil") as elsewhere,
        serving(status, b"", Location=elsewhere) as url,
        pytest.raises(OutsideError) as caught,
    ):
        fetched_certificate(url, tls=trusting())

    assert caught.value.retry_after_s == 60


def test_takes_no_long_file() -> None:
    with serving(200, b"x" * 65_537) as url, pytest.raises(OutsideError):
        fetched_certificate(url, tls=trusting())


def test_a_server_that_speaks_something_else() -> None:
    with serving(200, b"", answers=False) as url, pytest.raises(OutsideError):
        fetched_certificate(url, tls=trusting())


def test_a_server_that_nobody_vouches_for() -> None:
    with serving(200, b"x") as url, pytest.raises(OutsideError):
        fetched_certificate(url)


def test_a_server_that_is_not_there() -> None:
    with serving(200, b"x") as url:
        pass

    with pytest.raises(OutsideError):
        fetched_certificate(url, tls=trusting())
