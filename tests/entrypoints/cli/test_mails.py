from __future__ import annotations

from pathlib import Path

import pytest

from kept.core.receipts import ReceivedCall
from kept.entrypoints.cli.screen import Exit
from kept.flow.receipts import calls_to_apply
from kept.formats.incoming_mail import MOST_BYTES
from tests.entrypoints.cli.world import Desk

BOUNCED = (Path(__file__).parents[2] / "samples" / "mails" / "postfix_failed.eml").read_bytes()
LATIN = "From: ann@example.com\nContent-Type: text/plain; charset=iso-8859-1\n\nSí\n".encode("latin-1")


@pytest.fixture
def mail_desk(desk: Desk) -> Desk:
    desk.parts.chosen["email"] = "smtp"
    return desk


def kept(desk: Desk) -> tuple[ReceivedCall, ...]:
    return tuple(desk.parts.store.load(ReceivedCall, list(calls_to_apply(desk.parts.store))))


@pytest.mark.parametrize("mail", [BOUNCED, LATIN])
def test_keeps_a_mail_as_it_came_to_be_applied_by_the_worker(mail_desk: Desk, mail: bytes) -> None:
    result = mail_desk.run("receive-mail", stdin=mail)

    assert (result.exit_code, result.output) == (Exit.OK, "")
    (call,) = kept(mail_desk)
    assert (call.provider, call.body.encode(call.charset)) == ("smtp", mail)


def test_the_same_mail_twice_is_kept_once(mail_desk: Desk) -> None:
    for _ in range(2):
        assert mail_desk.run("receive-mail", stdin=BOUNCED).exit_code == Exit.OK

    assert len(kept(mail_desk)) == 1


def test_a_long_mail_is_taken_whole_and_kept_as_far_as_it_is_read(mail_desk: Desk) -> None:
    result = mail_desk.run("receive-mail", stdin=LATIN + b"a picture\n" * 100_000)

    assert result.exit_code == Exit.OK
    (call,) = kept(mail_desk)
    assert len(call.body.encode(call.charset)) == MOST_BYTES


@pytest.mark.parametrize("mail", [b"", b"\n\n", b"no header", b"Content-Type: message/rfc822\n\n" * 200])
def test_what_is_no_mail_is_refused(mail_desk: Desk, mail: bytes) -> None:
    result = mail_desk.run("receive-mail", stdin=mail)

    assert result.exit_code == Exit.USAGE
    assert "is no mail that can be read" in result.stderr
    assert kept(mail_desk) == ()


def test_where_mail_does_not_go_by_smtp_the_mail_server_is_asked_to_come_again(desk: Desk) -> None:
    result = desk.run("receive-mail", stdin=BOUNCED)

    assert result.exit_code == 75
    assert "email" in result.stderr
    assert kept(desk) == ()


def test_while_the_store_refuses_the_mail_server_is_asked_to_come_again(mail_desk: Desk) -> None:
    mail_desk.parts.store.close()

    assert mail_desk.run("receive-mail", stdin=BOUNCED).exit_code == 75
