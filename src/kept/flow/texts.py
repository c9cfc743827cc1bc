"""Keep the texts that a practice writes itself, and find the one for a message."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kept.core.errors import NotFoundError, StaleVersionError
from kept.core.moments import tongue_for
from kept.core.own_texts import OwnText, TextName, check_own, every_text, text_id
from kept.core.people import ChannelName
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.texts import MessageText
from kept.core.wording import shipped_text
from kept.ports.store import Store, Transaction


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """A text as it now leaves, and whether it is the practice's own."""

    name: TextName
    message: MessageText
    own: OwnText | None = None
    """None: it is the shipped one."""


class TextWish(msgspec.Struct, frozen=True, kw_only=True):
    """Write a text anew."""

    name: TextName
    message: MessageText
    by: str
    """Id of the key or the program that asks."""
    version: int | None = None
    """The version it was decided on; None: whatever is stored."""


def save_text(tx: Transaction, wish: TextWish, *, now: datetime) -> OwnText:
    """
    Write a text of the practice's own; messages that leave from now on say it.

    Raises:
        InvalidInputError: with every rule that it breaks.
        StaleVersionError: somebody else has written it since it was read.
    """
    check_own(wish.message, wish.name)
    known = tx.get(OwnText, wish.name.id)
    _check_version(wish.version, known)
    stored = tx.put(
        OwnText(
            id=wish.name.id,
            version=known.version if known else 0,
            subject=wish.message.subject,
            text=wish.message.text,
            updated_at=now,
            updated_by=wish.by,
        )
    )
    practice = tx.get(Practice, PRACTICE_ID) or Practice()
    if stored.id not in practice.own_texts:
        tx.put(msgspec.structs.replace(practice, own_texts=(*practice.own_texts, stored.id)))
    return stored


def reset_text(tx: Transaction, name: TextName, *, version: int | None = None) -> None:
    """
    Go back to the shipped text.

    Raises:
        NotFoundError: the practice has none of its own there.
        StaleVersionError: somebody else has written it since it was read.
    """
    known = tx.get(OwnText, name.id)
    if known is None:
        raise NotFoundError("text of your own with this name")
    _check_version(version, known)
    tx.delete(known)
    practice = tx.get(Practice, PRACTICE_ID) or Practice()
    left = tuple(i for i in practice.own_texts if i != name.id)
    tx.put(msgspec.structs.replace(practice, own_texts=left))


def own_text_for(
    tx: Transaction, practice: Practice, template: str, channel: ChannelName, *, language: str
) -> MessageText | None:
    """Return the practice's own text for a message, or None; nothing is read when it has written none."""
    if not practice.own_texts:
        return None
    wanted = text_id(template, channel, tongue_for(language).language)
    own = tx.get(OwnText, wanted) if wanted in practice.own_texts else None
    return own.message if own else None


def wordings(store: Store) -> tuple[Wording, ...]:
    """Return every text as it now leaves."""
    names = every_text()
    own = {text.id: text for text in store.load(OwnText, [name.id for name in names])}
    return tuple(_wording(name, own.get(name.id)) for name in names)


def wording_of(store: Store, name: TextName) -> Wording:
    """Return one text as it now leaves."""
    return _wording(name, next(iter(store.load(OwnText, (name.id,))), None))


def _wording(name: TextName, own: OwnText | None) -> Wording:
    shipped = shipped_text(name.template, name.channel, name.language)
    message = MessageText(subject=own.subject or shipped.subject, text=own.text) if own else shipped
    return Wording(name=name, message=message, own=own)


def _check_version(wanted: int | None, known: OwnText | None) -> None:
    current = known.version if known else 0
    if wanted is not None and wanted != current:
        raise StaleVersionError(given=wanted, current=current)
