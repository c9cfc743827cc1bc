from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.people import ChannelName
from kept.formats.mail import InvalidMailError, MailSender, mail_of
from tests.contracts.channels import NOW, outgoing

SENDER = MailSender(address="reminders@practice.example", domain="practice.example")
LINK = "https://practice.example/u/" + "Zm9v-_" * 60 + "?lang=en&x=%20"
CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Größe\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def content(**changes: object) -> bytes:
    return mail_of(outgoing(ChannelName.EMAIL, "ann@example.com", **changes), SENDER, now=NOW).content


def mail(**changes: object) -> EmailMessage:
    return message_from_bytes(content(**changes), policy=policy.SMTP)


def test_offers_to_unsubscribe_with_one_click() -> None:
    written = content(unsubscribe_url=LINK)

    assert f"List-Unsubscribe: <{LINK}>\r\n".encode() in written  # whole: a folded link is no link
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in written


def test_offers_nothing_of_the_kind_without_a_link() -> None:
    assert b"List-Unsubscribe" not in content()


@pytest.mark.parametrize(
    "link",
    [
        "http://practice.example/u",
        "https://",
        "https://practice.example/u>, <mailto:eve@example.com",
        "https://practice.example/u\r\nBcc: eve@example.com",
        "https://practice.example/ü",
        "https://practice.example/a b",
        "https://" + "x" * 901,
        "javascript:alert(1)",
    ],
)
def test_refuses_a_link_that_is_none(link: str) -> None:
    with pytest.raises(InvalidMailError):
        content(unsubscribe_url=link)


@given(st.text(max_size=80))
def test_no_link_adds_a_header(tail: str) -> None:
    try:
        written = mail(unsubscribe_url="https://practice.example/" + tail)
    except InvalidMailError:
        return

    assert set(written.keys()) - set(mail().keys()) == {"List-Unsubscribe", "List-Unsubscribe-Post"}


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_a_calendar_document_is_one_more_way_to_read_the_mail(method: str) -> None:
    written = mail(html="<p>x</p>", calendar=CALENDAR, calendar_method=method)

    assert written.get_content_type() == "multipart/alternative"
    parts = list(written.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html", "text/calendar"]
    assert parts[2].get_param("method") == method
    assert parts[2].get_param("charset") == "utf-8"
    assert parts[2].get_content().splitlines() == CALENDAR.splitlines()


def test_a_calendar_document_stands_beside_a_plain_text_too() -> None:
    parts = mail(calendar=CALENDAR, calendar_method="CANCEL").iter_parts()

    assert [part.get_content_type() for part in parts] == ["text/plain", "text/calendar"]


@pytest.mark.parametrize("method", ["", "PUBLISH", "request", 'REQUEST"\r\nX: y'])
def test_refuses_a_calendar_document_whose_method_says_nothing(method: str) -> None:
    with pytest.raises(InvalidMailError):
        content(calendar=CALENDAR, calendar_method=method)


def test_stays_seven_bits_with_everything_in_it() -> None:
    written = content(text="ü", html="<p>ü</p>", calendar=CALENDAR, calendar_method="REQUEST", unsubscribe_url=LINK)

    assert written.isascii()
    assert all(len(line) <= 998 for line in written.split(b"\r\n"))
