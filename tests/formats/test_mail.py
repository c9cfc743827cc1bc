from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.calendar import CalendarEntry, CalendarMethod
from kept.core.people import ChannelName
from kept.formats.icalendar import calendar_document
from kept.formats.mail import InvalidMailError, MailSender, mail_of
from tests.contracts.channels import NOW, outgoing

SENDER = MailSender(address="reminders@practice.example", domain="practice.example")
LINK = "https://practice.example/u/" + "Zm9v-_" * 60 + "?lang=en&x=%20"
ENTRY = CalendarEntry(
    uid="b5a2c9d4-1f5e-5a0e-8f6e-5d3a1d3c0c11",
    sequence=0,
    method=CalendarMethod.REQUEST,
    start=NOW + timedelta(days=1),
    end=NOW + timedelta(days=1, minutes=30),
    summary="Practice Dr. Lee",
    place="Größe 1",
    organizer_name="Practice Dr. Lee",
    attendee="ann@example.com",
)


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


@pytest.mark.parametrize("method", CalendarMethod)
def test_the_visit_is_one_more_way_to_read_the_mail(method: CalendarMethod) -> None:
    entry = msgspec.structs.replace(ENTRY, method=method)

    written = mail(html="<p>x</p>", calendar=entry)

    assert written.get_content_type() == "multipart/alternative"
    parts = list(written.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html", "text/calendar"]
    assert parts[2].get_param("method") == method.value
    assert parts[2].get_param("charset") == "utf-8"
    document = calendar_document(entry, organizer=SENDER.address, now=NOW)
    assert parts[2].get_content().splitlines() == document.splitlines()


def test_the_visit_stands_beside_a_plain_text_too() -> None:
    parts = mail(calendar=ENTRY).iter_parts()

    assert [part.get_content_type() for part in parts] == ["text/plain", "text/calendar"]


def test_answers_about_the_visit_go_where_answers_to_the_mail_go() -> None:
    sender = msgspec.structs.replace(SENDER, reply_to="desk@practice.example")
    message = outgoing(ChannelName.EMAIL, "ann@example.com", calendar=ENTRY)

    written = message_from_bytes(mail_of(message, sender, now=NOW).content, policy=policy.SMTP)

    document = list(written.iter_parts())[1].get_content()
    assert "mailto:desk@practice.example" in document
    assert SENDER.address not in document


def test_refuses_a_visit_that_no_calendar_can_hold() -> None:
    with pytest.raises(InvalidMailError):
        content(calendar=msgspec.structs.replace(ENTRY, place="\x00"))


def test_stays_seven_bits_with_everything_in_it() -> None:
    written = content(text="ü", html="<p>ü</p>", calendar=ENTRY, unsubscribe_url=LINK)

    assert written.isascii()
    assert all(len(line) <= 998 for line in written.split(b"\r\n"))
