"""
What a person answers to a mail: their own words, without what they quote and without their signature.

What a machine wrote is never an answer, so that two of them cannot keep each other awake.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from email.message import Message
from html import unescape
from typing import Final

import msgspec

from kept.core.people import ChannelName
from kept.core.receipts import IncomingReply
from kept.formats.delivery_status import is_report
from kept.formats.incoming_mail import addresses, header, message_ids, parts_of, text_of
from kept.formats.mail import is_address

LONGEST_TEXT: Final = 10_000
"""Characters of a text that are looked at; an answer has a few."""

_BULK: Final = frozenset({"bulk", "list", "junk", "auto_reply"})
_LIST_HEADERS: Final = ("list-id", "list-unsubscribe", "x-autoreply", "x-autorespond")
_SIGNATURE: Final = re.compile(r"--\s?")
_DEVICE: Final = re.compile(
    r"(sent|get|envoyé|gesendet|enviado|obtener|wysłane|inviato)\b.{0,30}"
    r"\b(iphone|ipad|android|samsung|galaxy|outlook|yahoo|gmail|mail|phone|móvil|handy|telefon)\b.{0,40}",
    re.IGNORECASE,
)
_RULE: Final = re.compile(r"\s*(_{8,}|-{3,}\s*\S.{0,60}\S\s*-{3,})\s*")
_FIELD: Final = re.compile(r"\*?\w[\w ]{0,14}\s?:\*?\s\S.*")
_HEAD_OF_A_QUOTE: Final = 4
"""Lines that are looked at to see whether a quotation begins."""
_LONGEST_RULE: Final = 120
_TIME: Final = re.compile(r"[0-9]{1,2}[:.h][0-9]{2}")
_DATE: Final = re.compile(r"[0-9]{4}|[0-9]{1,2}[:.h][0-9]{2}")
_FOLD: Final = re.compile(r"\r?\n[ \t]")
_PARTSTAT: Final = re.compile(r'(?im)^ATTENDEE[^\r\n]*?;PARTSTAT="?(ACCEPTED|DECLINED|TENTATIVE)')
_SILENT: Final = frozenset({"head", "style", "script", "title", "blockquote"})
_MARK: Final = re.compile(r"<(?P<end>/?)(?P<tag>[A-Za-z0-9!?]*+)(?P<rest>[^<>]*+)>")
_SPACES: Final = re.compile(r"\s+")
_BREAKS: Final = frozenset({"br", "p", "div", "tr", "li", "hr", "h1", "h2", "h3"})


class OwnMail(msgspec.Struct, frozen=True, kw_only=True):
    """By what our own mails are known when they are quoted or answered."""

    addresses: tuple[str, ...]
    """From which we write, and to which answers and reports go."""
    message_domain: str
    """After the @ of our Message-IDs."""


def mail_reply(mail: Message, own: OwnMail, *, at: datetime) -> IncomingReply | None:
    """
    Return what a person answered, or None when no person did.

    Args:
        mail: As it came.
        own: By what our mails are known.
        at: When it came.

    Source:
        RFC 3834 §2 and §5 (what is not to be taken for a person's), RFC 5322 §3.6.4 (what is answered).
    """
    senders = addresses(mail, "from")
    if len(senders) != 1 or not is_address(senders[0]) or is_by_machine(mail):
        return None
    if senders[0].casefold() in {address.casefold() for address in own.addresses}:
        return None
    named = "".join(message_ids(mail, "message-id")[:1]) or f"{senders[0]}\x1f{header(mail, 'date')}\x1f{_text(mail)}"
    return IncomingReply(
        id="smtp_" + hashlib.sha256(named.encode(errors="replace")).hexdigest()[:32],
        provider="smtp",
        channel=ChannelName.EMAIL,
        sender=senders[0],
        recipient=next(iter(addresses(mail, "to")), ""),
        text=own_words(_text(mail), own.addresses),
        answers_message_id=_answered(mail, own.message_domain),
        at=at,
    )


def is_by_machine(mail: Message) -> bool:
    r"""
    Tell whether a mail was written by no person: a report, an automatic answer, a list, or mail that takes no answer.

    >>> from kept.formats.incoming_mail import incoming_mail
    >>> is_by_machine(incoming_mail(b"Auto-Submitted: auto-replied\n\nI am away."))
    True
    """
    auto = header(mail, "auto-submitted").partition(";")[0].strip().casefold()
    paths = [str(value).strip() for value in mail.get_all("return-path") or []]
    return (
        is_report(mail)
        or auto not in {"", "no"}
        or header(mail, "precedence").casefold() in _BULK
        or any(mail.get(name) for name in _LIST_HEADERS)
        or "<>" in paths
    )


def own_words(text: str, own_addresses: Iterable[str] = ()) -> str:
    r"""
    Return what somebody wrote, without what they quote, without signature and without what their device adds.

    Everything from the line that introduces the quoted mail is left out; that line names our address, in whatever
    language. What stands below quoted lines stays.

    >>> own_words("Yes\n\nOn Mon, 4 May 2026, Dr. Lee <desk@example.com> wrote:\n> Come?", ["desk@example.com"])
    'Yes'
    """
    known = tuple(address.casefold() for address in own_addresses if address)
    lines: list[str] = []
    given = text[:LONGEST_TEXT].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(given):
        if line.lstrip().startswith(">"):
            _drop_introduction(lines)
            continue
        if _ends_own_words(given[number : number + _HEAD_OF_A_QUOTE]):
            break
        if any(address in line.casefold() for address in known):
            _drop_dates(lines)
            if not any(later.lstrip().startswith(">") for later in given[number + 1 : number + _HEAD_OF_A_QUOTE]):
                break
            continue
        if not _DEVICE.fullmatch(line.strip()):
            lines.append(line)
    return "\n".join(lines).strip()


def _drop_introduction(lines: list[str]) -> None:
    """Take away the line above a quotation that says whose it is, such as "Ann wrote:", and the one it began on."""
    while lines and not lines[-1].strip():
        lines.pop()
    if lines and lines[-1].rstrip().endswith(":"):
        is_whole = bool(_DATE.search(lines.pop()))
        if not is_whole:
            _drop_dates(lines)


def _drop_dates(lines: list[str]) -> None:
    """Take away the line before a break inside an introduction: it holds the date."""
    if lines and _DATE.search(lines[-1]) and len(lines[-1]) > 20:  # noqa: PLR2004  shorter ones are somebody's answer
        lines.pop()


def _ends_own_words(lines: list[str]) -> bool:
    """Tell whether a signature begins here, or a quoted mail by a rule or by its head: From, Sent, To, Subject."""
    if len(lines[0]) > _LONGEST_RULE:
        return False
    if _SIGNATURE.fullmatch(lines[0]) or _RULE.fullmatch(lines[0]):
        return True
    head = lines[:-1]
    has_sender = any("@" in line or _TIME.search(line) for line in head)
    return len(head) == _HEAD_OF_A_QUOTE - 1 and has_sender and all(_FIELD.fullmatch(line.strip()) for line in head)


def _answered(mail: Message, domain: str) -> str:
    """Return the id of our mail that is answered: the one named, else the newest in the thread."""
    ids = (*message_ids(mail, "in-reply-to"), *reversed(message_ids(mail, "references")))
    return next((i for i in ids if i.rpartition("@")[2].casefold() == domain.casefold()), "")


def _text(mail: Message) -> str:
    """Return the text of a mail: the plain one, else the one for browsers, else the word of a calendar."""
    texts = [p for p in parts_of(mail) if p.get_content_maintype() == "text" and not _is_attached(p)]
    by_type = {part.get_content_type(): part for part in reversed(texts)}
    plain = text_of(by_type["text/plain"]) if "text/plain" in by_type else ""
    if plain.strip():
        return plain
    if "text/html" in by_type:
        return _without_marks(text_of(by_type["text/html"]))
    document = text_of(by_type["text/calendar"]) if "text/calendar" in by_type else ""
    said = _PARTSTAT.search(_FOLD.sub("", document[:LONGEST_TEXT]))
    return said.group(1).capitalize() if said else ""


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment"


def _without_marks(document: str) -> str:
    """
    Return what a reader of a text for browsers would see, apart from quotations.

    In one pass whose time grows with the length alone: Python's own reader takes seconds for what is made to hurt it.
    """
    source = _without_comments(document[: 4 * LONGEST_TEXT])
    found: list[str] = []
    hidden: list[str] = []
    end = 0
    for mark in _MARK.finditer(source):
        found.append("" if hidden else _seen(source[end : mark.start()]))
        end = mark.end()
        tag = mark["tag"].lower()
        _follow(hidden, tag, mark["rest"], is_end=bool(mark["end"]))
        found.append("\n" if tag in _BREAKS else "")
    found.append("" if hidden else _seen(source[end:]))
    lines = (" ".join(line.split()) for line in "".join(found).split("\n"))
    return "\n".join(line for line in lines if line)


def _follow(hidden: list[str], tag: str, rest: str, *, is_end: bool) -> None:
    """Keep track of the element that hides what is inside, and of others of its kind within it."""
    if hidden:
        if tag == hidden[0]:
            hidden.pop() if is_end else hidden.append(tag)
    elif not is_end and (tag in _SILENT or (tag == "div" and "quote" in rest)):
        hidden.append(tag)


def _seen(text: str) -> str:
    """Return a piece of text with its line breaks as the spaces that a browser makes of them."""
    return _SPACES.sub(" ", unescape(text))


def _without_comments(document: str) -> str:
    pieces: list[str] = []
    end = 0
    while (start := document.find("<!--", end)) >= 0:
        pieces.append(document[end:start])
        close = document.find("-->", start)
        if close < 0:
            return "".join(pieces)
        end = close + len("-->")
    return "".join((*pieces, document[end:]))
