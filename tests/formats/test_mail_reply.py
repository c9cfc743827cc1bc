from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.people import ChannelName
from kept.core.receipts import IncomingReply
from kept.core.replies import Intent, understand
from kept.formats.incoming_mail import MOST_BYTES, UnreadableMailError, incoming_mail
from kept.formats.mail_reply import OwnMail, mail_reply, own_words

SAMPLES = Path(__file__).parents[1] / "samples" / "mails"
NOW = datetime(2026, 5, 4, 15, tzinfo=UTC)
OWN = OwnMail(
    addresses=("reminders@practice.example", "desk@practice.example", "bounces@practice.example"),
    message_domain="practice.example",
)
ASKED = "ntf_0a1b2c3d4e5f60718293a4b5c6d7e8f9.email@practice.example"
REPLY = f"""\
From: Ann Lee <ann@example.com>
To: Practice Dr. Lee <desk@practice.example>
Subject: Re: Your visit on Monday
Message-ID: <answer-1@example.com>
In-Reply-To: <{ASKED}>
References: <{ASKED}>
Date: Mon, 04 May 2026 15:00:00 +0000
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: 8bit

"""


def answered(raw: str | bytes) -> IncomingReply | None:
    return mail_reply(incoming_mail(raw.encode() if isinstance(raw, str) else raw), OWN, at=NOW)


def text_in(raw: str | bytes) -> str:
    reply = answered(raw)
    assert reply
    return reply.text


def test_an_answer_says_who_said_what_to_which_mail() -> None:
    reply = answered(REPLY + "Yes, I will come.\n")

    assert reply
    assert (reply.provider, reply.channel, reply.at) == ("smtp", ChannelName.EMAIL, NOW)
    assert (reply.sender, reply.recipient) == ("ann@example.com", "desk@practice.example")
    assert (reply.text, reply.answers_message_id) == ("Yes, I will come.", ASKED)


QUOTED = {
    "english, broken line": """\
Yes

On Mon, May 4, 2026 at 9:00 AM Practice Dr. Lee
<reminders@practice.example> wrote:

> See you on Monday. Reply STOP to get no more messages.
> Practice Dr. Lee
""",
    "german": """\
Ja, gern.

Am Mo., 4. Mai 2026 um 09:00 Uhr schrieb Practice Dr. Lee <desk@practice.example>:
> See you on Monday.
""",
    "no address named": "Yes\n\nOn 4 May 2026, Dr. Lee wrote:\n\n> See you on Monday.\n",
    "introduction in two lines, no address": """\
Yes

On Monday the 4th of May 2026 at 09:00 the practice of
Dr. Lee wrote:
> See you on Monday.
""",
    "rule": "Yes\n\n-----Original Message-----\nFrom: Dr. Lee\nSTOP\n",
    "long rule": "Yes\n\n________________________________\nVon: Dr. Lee\nSTOP\n",
    "head": """\
Yes

From: Practice Dr. Lee
Sent: Monday, 4 May 2026 09:00
To: Ann Lee
Subject: Your visit

See you on Monday. Reply STOP to get no more messages.
""",
    "spanish head with our address": """\
Sí

De: Practice Dr. Lee <reminders@practice.example>
Enviado: lunes, 4 de mayo de 2026 9:00
Para: Ann Lee

Responda STOP.
""",
    "signature": "Yes\n-- \nAnn Lee, STOP Consulting\n+1 206 555 0100\n",
    "device": "Yes\n\nSent from my iPhone\n",
    "device, german": "Yes\n\nGesendet von Outlook für Android\n",
    "below the quotation": """\
On Mon, May 4, 2026 at 9:00 AM Dr. Lee <desk@practice.example> wrote:
> See you on Monday. Reply STOP to get no more messages.

Yes
""",
    "windows line ends": "Yes\r\n\r\n> See you on Monday.\r\n",
}


@pytest.mark.parametrize("text", QUOTED.values(), ids=QUOTED.keys())
def test_takes_the_persons_own_words_alone(text: str) -> None:
    words = text_in(REPLY + text)

    assert words in {"Yes", "Ja, gern.", "Sí"}
    assert understand(words, country="US").intent is Intent.CONFIRM


@pytest.mark.parametrize(
    "text",
    [
        "Can we move it to 10:30?",
        "Two questions:\nWhere do I park?\nIs it long?",
        "Yes\nNo: wait\n",
        "Monday: fine\nTuesday: not\nWednesday: fine",
    ],
)
def test_leaves_what_a_person_wrote_as_it_is(text: str) -> None:
    assert text_in(REPLY + text + "\n") == text.strip()


def test_the_newest_of_our_mails_in_the_thread_is_answered_when_a_person_wrote_in_between() -> None:
    thread = REPLY.replace(f"In-Reply-To: <{ASKED}>", "In-Reply-To: <from-the-desk@elsewhere.example>")
    thread = thread.replace(
        f"References: <{ASKED}>", f"References: <old@practice.example> <{ASKED}> <x@elsewhere.example>"
    )

    reply = answered(thread + "Yes\n")

    assert reply
    assert reply.answers_message_id == ASKED


def test_a_mail_that_answers_none_of_ours_names_none() -> None:
    reply = answered("From: ann@example.com\nTo: desk@practice.example\n\nSTOP\n")

    assert reply
    assert (reply.text, reply.answers_message_id) == ("STOP", "")


@pytest.mark.parametrize(
    "line",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (rejected)",
        "Auto-Submitted: AUTO-NOTIFIED; owner-email=x@example.com",
        "Precedence: bulk",
        "Precedence: List",
        "Precedence: junk",
        "Precedence: auto_reply",
        "Return-Path: <>",
        "List-Id: <news.example.com>",
        "List-Unsubscribe: <https://example.com/u>",
        "X-Autoreply: yes",
    ],
)
def test_what_a_machine_wrote_is_no_answer(line: str) -> None:
    assert answered(f"{line}\n{REPLY}Yes\n") is None


@pytest.mark.parametrize("line", ["Auto-Submitted: no", "Precedence: first-class", "Return-Path: <ann@example.com>"])
def test_what_a_person_wrote_is_an_answer_whatever_else_stands_there(line: str) -> None:
    assert answered(f"{line}\n{REPLY}Yes\n")


def test_a_report_is_no_answer() -> None:
    for file in SAMPLES.glob("*.eml"):
        assert answered(file.read_bytes()) is None, file.name


@pytest.mark.parametrize(
    "sender",
    ["", "ann", "ann@example.com, bob@example.com", "Désk <änn@example.com>", "Practice <DESK@practice.example>"],
)
def test_nobody_or_two_or_we_ourselves_answer_nothing(sender: str) -> None:
    assert answered(REPLY.replace("Ann Lee <ann@example.com>", sender) + "Yes\n") is None


def test_the_same_mail_by_two_ways_is_one_answer_and_the_next_mail_another() -> None:
    first = answered(REPLY + "Yes\n")
    other_way = answered("Received: from mx2.example.com\n" + REPLY + "Yes\n")
    second = answered(REPLY.replace("answer-1", "answer-2") + "Yes\n")
    without_id = answered(REPLY.replace("Message-ID: <answer-1@example.com>\n", "") + "Yes\n")

    assert first
    assert other_way
    assert second
    assert without_id
    assert first.id == other_way.id
    assert len({first.id, second.id, without_id.id}) == 3


ALTERNATIVE = REPLY.replace('text/plain; charset="utf-8"', 'multipart/alternative; boundary="b"')


def test_the_plain_text_counts_before_the_one_for_browsers() -> None:
    parts = "--b\nContent-Type: text/plain\n\nYes\n--b\nContent-Type: text/html\n\n<p>STOP</p>\n--b--\n"

    assert text_in(ALTERNATIVE + parts) == "Yes"


@pytest.mark.parametrize(
    "html",
    [
        "<html><head><style>p{}</style></head><body><p>Yes</p></body></html>",
        "<div dir=ltr>Yes</div><br><div class='gmail_quote'><div>On Monday</div><blockquote>STOP</blockquote></div>",
        "<p>Yes</p><blockquote>one<blockquote>STOP</blockquote>two</blockquote>",
        "Y<b>e</b>s<br><hr><div>From: &lt;desk@practice.example&gt; STOP</div>",
        "<p>Yes<script>STOP()</script>",
        "<!-- STOP --><p>Y&#101;s</p><!-- STOP",
        "<P>Yes</P><DIV class='x_quote'><div>STOP</div>STOP</DIV>",
        "\r\n <p>\r\n Yes\r\n </p>",
    ],
)
def test_a_mail_for_browsers_alone_is_read_as_its_reader_sees_it_without_quotations(html: str) -> None:
    parts = f"--b\nContent-Type: text/html\n\n{html}\n--b--\n"

    assert text_in(ALTERNATIVE + parts) == "Yes"


@pytest.mark.parametrize(
    ("said", "word"), [("ACCEPTED", "Accepted"), ("DECLINED", "Declined"), ("TENTATIVE", "Tentative")]
)
def test_a_calendars_answer_is_the_word_of_its_person(said: str, word: str) -> None:
    attendee = f"ATTENDEE;CN=Ann;\r\n PARTSTAT={said}:mailto:ann@example.com"
    part = f"--b\nContent-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\r\n{attendee}\r\nEND:VCALENDAR\n--b--\n"

    assert text_in(ALTERNATIVE + part) == word


def test_a_mail_without_a_word_has_none() -> None:
    assert text_in(ALTERNATIVE + "--b\nContent-Type: image/png\n\nx\n--b--\n") == ""
    assert text_in(ALTERNATIVE + "--b\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\n--b--\n") == ""


def test_an_attached_text_is_no_answer() -> None:
    attached = "--b\nContent-Type: text/plain\nContent-Disposition: attachment\n\nSTOP\n"

    assert text_in(f"{ALTERNATIVE}{attached}--b\nContent-Type: text/plain\n\nYes\n--b--\n") == "Yes"


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("iso-8859-1", "Sí, confirmo".encode("latin-1"), "Sí, confirmo"),
        ("windows-1252", b"I\x92ll come", "I\u2019ll come"),
        ("utf-8", "Sí".encode(), "Sí"),
        ("no-such-thing", "Sí".encode(), "Sí"),
        ("idna", b"Yes", "Yes"),
        ("utf-8", b"\xff\xfeYes", "\ufffd\ufffdYes"),
    ],
)
def test_reads_the_characters_that_a_mail_says_it_has(charset: str, body: bytes, text: str) -> None:
    assert text_in(REPLY.replace('"utf-8"', charset).encode() + body) == text


@pytest.mark.parametrize(
    "line", ["a" * 60_000, "-" * 60_000, "-" * 30_000 + "a", "A: " * 20_000, ":" * 60_000, "> " * 30_000]
)
def test_no_text_takes_long(line: str) -> None:
    started = time.monotonic()

    own_words(line, ["desk@practice.example"])

    assert time.monotonic() - started < 0.5


@pytest.mark.parametrize("piece", ["(", ":", "<", '"', ",", "\\", "a@b,", "[", ";"])
@pytest.mark.parametrize("name", ["From", "To", "References", "Content-Type"])
def test_no_header_takes_long(name: str, piece: str) -> None:
    mail = f"From: ann@example.com\n{name}: {piece * (60_000 // len(piece))}\n\nYes\n"
    started = time.monotonic()

    answered(mail)

    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "piece", ["<!--", "<!", "<a ", "</", "<a b='", "<?", "<a b b b ", "&", "&#", "<", ">", "a", "<div>", "<blockquote>"]
)
def test_no_text_for_browsers_takes_long(piece: str) -> None:
    mail = (ALTERNATIVE + "--b\nContent-Type: text/html\n\n" + piece * (60_000 // len(piece))).encode()
    started = time.monotonic()

    answered(mail)

    assert time.monotonic() - started < 0.5


@given(st.text(max_size=300))
def test_no_text_gains_words(text: str) -> None:
    assert set(own_words(text).split()) <= set(text.split())


_HEADER_PIECES = [
    *("charset", "*", "0", "=", "'", '"', ";", "%ff", "utf-8", "boundary", " ", "\n ", "text/plain", "multipart/mixed"),
    *("message/rfc822", "message/delivery-status", "ü", "text/html", "text/calendar", "<", ">", "@", "(", ",", "\\"),
]


@given(
    st.lists(st.sampled_from(_HEADER_PIECES), max_size=12).map("".join),
    st.sampled_from(["base64", "x-uuencode", "quoted-printable", "8bit", "7bit"]),
    st.binary(max_size=80),
)
def test_no_header_breaks_the_reading(value: str, coding: str, body: bytes) -> None:
    names = ("Content-Type", "Content-Disposition", "From", "References", "Auto-Submitted")
    head = "".join(f"{name}: {value}\n" for name in names)

    reply = answered(f"To: x@example.com\n{head}Content-Transfer-Encoding: {coding}\n\nbegin 666 x\n".encode() + body)

    assert reply is None or "@" in reply.sender


@given(
    st.binary(max_size=600), st.sampled_from([b"", b"From: ann@example.com\n", REPLY.encode(), ALTERNATIVE.encode()])
)
def test_a_mangled_mail_never_raises_anything_but_a_refusal(raw: bytes, head: bytes) -> None:
    assert len(raw) < MOST_BYTES
    try:
        reply = answered(head + raw)
    except UnreadableMailError:
        return

    assert reply is None or "@" in reply.sender
