"""The outbox: what left, what is said of it and answered, and what is done with what comes next."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from kept.core.contacts import parse_email, parse_phone
from kept.core.errors import InvalidInputError, NotFoundError
from kept.core.people import ChannelName
from kept.entrypoints.web.calls import Call
from kept.entrypoints.web.finding import MOST_LISTED
from kept.entrypoints.web.parts import Outbox, OutboxMessage
from kept.entrypoints.web.rendering import page, see_other, with_query

REFRESH_S: Final = 5
BEHAVIOURS: Final = ("accept", "refuse", "fail", "slow", "late", "lost", "throttle")
"""What the outbox can be told, by its own words; each has the texts ``behaviour.…`` and ``behaviour.….text``."""
WORDS: Final = {
    ChannelName.SMS: (
        "delivered",
        "delayed",
        "undelivered",
        "unknown-number",
        "landline",
        "switched-off",
        "filtered",
        "opted-out",
    ),
    ChannelName.EMAIL: ("delivered", "delayed", "undelivered", "bounced", "mailbox-full", "opted-out"),
}
"""What can be said of a message, by the outbox's own words; each has a text ``word.…``."""
TIMES: Final = {"1": 1, "3": 3, "": None}
"""For how many messages; empty: until told otherwise."""
_LONGEST_NUMBER: Final = 15


def outbox_page(call: Call) -> Response:
    """Show the newest messages, or those before one."""
    outbox = _outbox(call)
    before = _number(call.query.get("before", ""))
    found = outbox.messages(before_id=before, limit=MOST_LISTED + 1, newest_first=True)
    messages = found[:MOST_LISTED]
    is_live = before is None and "paused" not in call.query
    return page(
        call,
        "outbox.html",
        messages=[(message, notification_of(message)) for message in messages],
        count=outbox.count(),
        orders=outbox.orders(),
        refresh=REFRESH_S if is_live else 0,
        before=before,
        older=with_query("/outbox", before=str(messages[-1].id)) if len(found) > MOST_LISTED else "",
        zone=call.zone_of(None),
        channels=tuple(ChannelName),
        done=call.query.get("done", ""),
    )


def message_page(call: Call) -> Response:
    """Show one message whole."""
    number = _number(call.args["number"])
    message = _outbox(call).message(number) if number is not None else None
    if message is None:
        raise NotFoundError("message")
    return page(
        call,
        "message.html",
        message=message,
        notification=notification_of(message),
        zone=call.zone_of(None),
        words=WORDS[message.channel] if message.state == "accepted" else (),
        done=call.query.get("done", ""),
    )


def say_of_message(call: Call) -> Response:
    """Say what became of a message, as its carrier or mailbox would."""
    number = _known_number(call)
    call.parts.voice.say(number, call.form.get("word", ""))
    call.parts.wake()
    return see_other(f"/outbox/{number}", done="said")


def answer_message(call: Call) -> Response:
    """Answer a message, as the patient who got it would."""
    number = _known_number(call)
    call.parts.voice.reply(number, call.form.get("text", ""))
    call.parts.wake()
    return see_other(f"/outbox/{number}", done="answered")


def orders_page(call: Call) -> Response:
    """Show what the outbox can be told; apart from the list, because that loads itself anew."""
    return page(
        call,
        "orders.html",
        orders=_outbox(call).orders(),
        behaviours=BEHAVIOURS,
        times=tuple(TIMES),
        channels=tuple(ChannelName),
        words=tuple(dict.fromkeys(word for words in WORDS.values() for word in words)),
        always=_outbox(call).said_always(),
    )


def give_order(call: Call) -> Response:
    """Tell the outbox how to treat the next messages of a channel."""
    _outbox(call)
    channel, behaviour, times = (call.form.get(name, "") for name in ("channel", "behaviour", "times"))
    if channel not in tuple(ChannelName):
        raise InvalidInputError.of("channel", "unknown_channel", "must be sms or email; choose one of the two")
    if behaviour not in BEHAVIOURS:
        raise InvalidInputError.of("behaviour", "unknown_behaviour", f"must be one of {', '.join(BEHAVIOURS)}")
    if times not in TIMES:
        raise InvalidInputError.of("times", "out_of_range", "must be 1, 3 or empty")
    call.parts.tell_outbox(ChannelName(channel), behaviour, None if behaviour == "accept" else TIMES[times])
    return see_other("/outbox", done="told")


def order_for_address(call: Call) -> Response:
    """Say the same of every message for an address, or nothing any more."""
    _outbox(call)
    address, word = call.form.get("address", ""), call.form.get("word", "")
    wanted = parse_email(address) if "@" in address else parse_phone(address, region=call.practice.region)
    call.parts.voice.always(wanted, word)
    return see_other("/outbox", done="told")


def notification_of(message: OutboxMessage) -> str:
    """Return the id of the notification that a message belongs to: what stands before the channel in its key."""
    return message.dedupe_key.removesuffix(f".{message.channel.value}")


def _outbox(call: Call) -> Outbox:
    if call.parts.outbox is None:
        raise NotFoundError("outbox")
    return call.parts.outbox


def _known_number(call: Call) -> int:
    """Return which message a form is about."""
    number = _number(call.args["number"])
    if number is None or _outbox(call).message(number) is None:
        raise NotFoundError("message")
    return number


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER
    return int(text) if is_number else None
