from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.adapters.smtp.letter import Letter, letter_of
from kept.core.people import ChannelName
from kept.formats.mail import InvalidMailError
from tests.contracts.channels import NOW, outgoing, quick_settings

SETTINGS = quick_settings(
    25,
    sender_name="Dr. Müller, Zahnärztin",
    reply_to="desk@practice.example",
    message_id_domain="kept.practice.example",
)


def letter(**changes: object) -> Letter:
    return letter_of(outgoing(ChannelName.EMAIL, "ann@example.com", **changes), SETTINGS, now=NOW)


def read(written: Letter) -> EmailMessage:
    undotted = re.sub(rb"(?m)^\.\.", b".", written.content)
    return message_from_bytes(undotted, policy=policy.SMTP)


def test_writes_every_header_that_a_reminder_needs() -> None:
    mail = read(letter(language="de", subject="Ihr Termin für morgen"))

    assert {name: str(value) for name, value in mail.items()} == {
        "From": '"Dr. Müller, Zahnärztin" <reminders@practice.example>',
        "To": "ann@example.com",
        "Reply-To": "desk@practice.example",
        "Subject": "Ihr Termin für morgen",
        "Date": "Mon, 04 May 2026 13:00:00 +0000",
        "Message-ID": "<ntf_1.email@kept.practice.example>",
        "Auto-Submitted": "auto-generated",
        "Expires": "Mon, 04 May 2026 15:00:00 +0000",
        "Content-Language": "de",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "7bit",
    }


def test_leaves_reply_to_out_when_answers_go_to_the_sender() -> None:
    written = letter_of(outgoing(ChannelName.EMAIL, "ann@example.com"), quick_settings(25), now=NOW)

    assert read(written)["Reply-To"] is None
    assert written.message_id == "ntf_1.email@practice.example"


def test_offers_html_beside_the_text() -> None:
    mail = read(letter(html="<p>Hasta el lunes, Ñandú</p>"))

    assert mail.get_content_type() == "multipart/alternative"
    assert mail["Content-Language"] == "en"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    html = mail.get_body(("html",))
    assert html
    assert html.get_content().strip() == "<p>Hasta el lunes, Ñandú</p>"


def test_is_seven_bits_and_short_lines_whatever_is_in_it() -> None:
    written = letter(text="é" * 5_000 + "\n" + "x" * 5_000, html="<p>" + "ü" * 5_000 + "</p>")

    assert written.content.isascii()
    assert max(len(line) for line in written.content.split(b"\r\n")) <= 998  # RFC 5322 §2.1.1


def test_a_line_that_is_a_dot_does_not_end_the_mail() -> None:
    written = letter(text="before\n.\n..\n.after\n")

    assert b"\r\n.\r\n" not in written.content
    assert read(written).get_content().splitlines() == ["before", ".", "..", ".after"]


def test_the_message_id_is_the_same_for_every_copy() -> None:
    first = letter(attempt_id="ntf_1.email.1")
    second = letter(attempt_id="ntf_1.email.2", text="other words")

    assert first.message_id == second.message_id


@pytest.mark.parametrize("key", ["ntf 1", "ntf_1:email", "a..b", ".a", "", "a>\r\nBcc: b", "ñ", "x" * 101, "\ud800"])
def test_a_key_that_no_message_id_can_hold_becomes_its_digest(key: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}@kept\.practice\.example", letter(dedupe_key=key).message_id)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "ann@example.com, eve@example.com"),
        ("to", "Ann <ann@example.com>"),
        ("to", "ann@example.com\r\nRCPT TO:<eve@example.com>"),
        ("to", "ann@example.com\n"),
        ("to", "ann"),
        ("to", "ännchen@example.com"),
        ("to", "ann@exämple.com"),
        ("to", '"ann lee"@example.com'),
        ("to", "ann@[127.0.0.1]"),
        ("to", "a" * 65 + "@example.com"),
        ("to", "ann@" + "e" * 251 + ".com"),
        ("subject", "Visit\r\nBcc: eve@example.com"),
        ("subject", "Visit\nX: y"),
        ("subject", "Visit\x00"),
        ("subject", "Visit\u2028X: y"),
        ("language", "de\r\nX: y"),
        ("language", ""),
        ("text", "half \ud83d"),
        ("html", "half \ud83d"),
    ],
)
def test_what_could_forge_a_header_or_reach_a_second_person_is_refused(field: str, value: str) -> None:
    with pytest.raises(InvalidMailError) as caught:
        letter(**{field: value})

    assert str(caught.value) == ""


@given(subject=st.text(max_size=300), text=st.text(max_size=300), key=st.text(max_size=50))
def test_no_words_add_a_header_or_a_recipient(subject: str, text: str, key: str) -> None:
    try:
        written = letter(subject=subject, text=text, dedupe_key=key)
    except InvalidMailError:
        return

    mail = read(written)
    plain = read(letter())
    assert sorted(mail.keys()) == sorted(plain.keys())
    assert mail["To"].addresses == plain["To"].addresses
    assert written.content.isascii()
    assert b"\r\n.\r\n" not in b"\r\n" + written.content


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=200))
def test_the_subject_arrives_as_it_was_written(subject: str) -> None:
    try:
        written = letter(subject=subject)
    except InvalidMailError:
        return

    assert "".join(str(read(written)["Subject"]).split()) == "".join(subject.split())


@given(st.integers(min_value=-12 * 60, max_value=14 * 60))
def test_expires_is_the_instant_in_utc(minutes: int) -> None:
    expires_at = NOW + timedelta(minutes=minutes)

    mail = read(letter(expires_at=expires_at))

    assert parsedate_to_datetime(mail["Expires"]) == expires_at


def test_long_ids_and_addresses_stay_whole() -> None:
    address = "a" * 60 + "@" + "long-name." * 15 + "example.com"
    key = "x" * 100
    written = letter_of(outgoing(ChannelName.EMAIL, address, dedupe_key=key), SETTINGS, now=NOW)

    assert f"To: {address}\r\n".encode() in written.content
    assert f"Message-ID: <{key}@kept.practice.example>\r\n".encode() in written.content
