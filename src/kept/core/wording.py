"""
Word a message: fill its text for one person.

A text message takes the fullest wording that fits into one segment of GSM-7, so that nobody pays twice for a weekday.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

import msgspec

from kept.core.errors import InvalidInputError
from kept.core.mail_page import mail_page
from kept.core.message_values import (
    SUBJECT_LIMIT,
    first_name_in,
    line_in,
    link_in,
    name_in,
    phone_in,
    plain,
    shortened,
    words_in,
)
from kept.core.moments import Occasion, Saying, Tongue, long_saying, short_sayings, tongue_for
from kept.core.people import ChannelName
from kept.core.sms import Encoding, SmsSize, size_of
from kept.core.templates import (
    CHANNEL_TIERS,
    MAX_TEMPLATE_LENGTH,
    SUBJECT_TIER,
    Template,
    Tier,
    fill,
    parsed,
    too_sensitive,
)
from kept.core.texts import FALLBACK_LANGUAGE, TEXT_KINDS, TEXTS, MessageText, TextKind
from kept.core.visit_lists import Viewpoint, VisitFacts, VisitList, mail_list, sms_lists

_SHORTER_PLACES: Final = (20, 12, 0)
"""Characters that a place keeps in a text message that would else take a second segment."""
_NO_SIZE: Final = size_of("")
_NO_LIST: Final = VisitList()
_LISTS: Final = {"visits", "options"}
_Way = tuple[Saying, VisitList]
_GAP: Final = re.compile(r"\n{3,}")


class MessageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a message may be made of."""

    practice: str
    phone: str
    """Call-back number as it should be read; empty when there is none."""
    place: str
    start: datetime
    """UTC."""
    zone: str
    """IANA zone of the place."""
    reader_zone: str | None = None
    """Zone of the person, if known; it decides only whether the zone of the place is named."""
    first_name: str = ""
    link: str = ""
    """Address of the page of the visit; empty when there is none."""
    words: str = ""
    """What a notice says; one paragraph, at most 500 characters."""
    visits: tuple[VisitFacts, ...] = ()
    """The visits of a message about several, in the order in which they are said and numbered."""


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it leaves."""

    subject: str
    """Empty for SMS."""
    text: str
    html: str
    """Says what ``text`` says; empty for SMS."""


def rendered(
    template: str,
    channel: ChannelName,
    *,
    language: str,
    facts: MessageFacts,
    now: datetime,
    own: MessageText | None = None,
) -> Rendered:
    """
    Return a text, filled.

    Args:
        template: Its name, such as ``reminder``.
        channel: Text messages come in one segment of GSM-7 whenever their words allow it.
        language: A language tag; ``es-MX`` falls back to ``es``, and one without texts to English. Of several that
            would do, :func:`kept.core.moments.first_language` chooses.
        facts: What it says.
        now: When it is written; "tomorrow" is the day after this one on the calendar of the place.
        own: The practice's text instead of the shipped one, filled in the same way; without a subject, a mail has the
            shipped one.

    Raises:
        InvalidInputError: no such text (``unknown_template``), a zone that does not exist, or an own text that
            :func:`kept.core.text_checks.check_template` refuses for what it holds.

    >>> start, now = datetime.fromisoformat("2026-05-04T13:00Z"), datetime.fromisoformat("2026-05-03T13:00Z")
    >>> facts = MessageFacts(
    ...     practice="Elm Clinic", phone="206-555-0100", place="12 Elm St", start=start, zone="America/New_York"
    ... )
    >>> rendered("reminder", ChannelName.SMS, language="en", facts=facts, now=now).text
    'Elm Clinic: appointment tomorrow (Mon, May 4) at 9:00 AM, 12 Elm St. Call 206-555-0100. Reply STOP to opt out.'
    """
    tongue = tongue_for(language)
    source = shipped_text(template, channel, tongue.language)
    if own:
        source = MessageText(subject=own.subject or source.subject, text=own.text)
    return filled(source, channel, tongue=tongue, facts=facts, now=now)


def shipped_text(template: str, channel: ChannelName, language: str) -> MessageText:
    """
    Return a text as it comes with Kept, before it is filled.

    Args:
        template: Its name.
        channel: What it is for.
        language: A language of texts, without a country.

    Raises:
        InvalidInputError: ``unknown_template``.

    >>> shipped_text("reminder", ChannelName.EMAIL, "en").subject
    '{practice}: appointment reminder'
    """
    text_kind(template)
    return TEXTS.get((template, channel, language)) or TEXTS[template, channel, FALLBACK_LANGUAGE]


def text_kind(template: str) -> TextKind:
    """
    Return what is asked of every text of a name.

    Raises:
        InvalidInputError: ``unknown_template``.

    >>> text_kind("notice").must_hold
    ('words',)
    """
    kind = TEXT_KINDS.get(template)
    if kind is None:
        names = ", ".join(sorted(TEXT_KINDS))
        raise InvalidInputError.of("template", "unknown_template", f"is not a text of ours; there are: {names}")
    return kind


def filled(
    source: MessageText, channel: ChannelName, *, tongue: Tongue, facts: MessageFacts, now: datetime
) -> Rendered:
    """
    Return a text with its placeholders filled.

    Raises:
        InvalidInputError: ``unknown_placeholder``, ``stray_brace``, ``too_sensitive`` or ``too_long`` in the text; or
            an unknown zone.
    """
    occasion = Occasion(start=facts.start, zone=facts.zone, reader_zone=facts.reader_zone, now=now)
    if channel is ChannelName.SMS:
        return Rendered(subject="", text=_sms(_ready(source.text, channel), facts, occasion, tongue), html="")
    subject_template, template = _ready(source.subject, channel, "subject"), _ready(source.text, channel)
    seen = Viewpoint(reader_zone=facts.reader_zone, now=now)
    listed = mail_list(facts.visits, seen, tongue) if template.names & _LISTS else _NO_LIST
    values = _fixed(facts, channel) | _said(long_saying(occasion, tongue), listed)
    subject = shortened(line_in(channel, fill(subject_template, values)), SUBJECT_LIMIT)
    text = _GAP.sub("\n\n", fill(template, values)).strip()
    page = mail_page(subject, text, language=tongue.tag.replace("_", "-"), link=values["link"])
    return Rendered(subject=subject, text=text, html=page)


@lru_cache(maxsize=512)
def _ready(source: str, channel: ChannelName, field: str = "text") -> Template:
    """Return a text taken apart, with nothing in it that its channel may not carry."""
    template = parsed(plain(source) if channel is ChannelName.SMS and len(source) <= MAX_TEMPLATE_LENGTH else source)
    limit: Tier = SUBJECT_TIER if field == "subject" else CHANNEL_TIERS[channel]
    problems = tuple(too_sensitive(template, limit, field=field))
    if problems:
        raise InvalidInputError(*problems)
    return template


def _sms(template: Template, facts: MessageFacts, occasion: Occasion, tongue: Tongue) -> str:
    """
    Return the fullest wording among those with the fewest segments, GSM-7 before UCS-2.

    The name of the place gives way last, and only when the whole then fits one segment.

    Source:
        Ours: a wording costs the practice money only when no shorter one says the same.
    """
    fixed, ways = _fixed(facts, ChannelName.SMS), _ways(template, facts, occasion, tongue)
    best, size = _fullest(template, fixed, ways)
    place = fixed["place"]
    if size.segments > 1 and size.encoding is Encoding.GSM_7 and "place" in template.names:
        for limit in (limit for limit in _SHORTER_PLACES if limit < len(place)):
            shorter = {**fixed, "place": shortened(place, limit) if limit else ""}
            text, size = _fullest(template, shorter, ways)
            if size.segments == 1:
                return text
    return best


def _fullest(template: Template, fixed: Mapping[str, str], ways: Sequence[_Way]) -> tuple[str, SmsSize]:
    """Return the first of some wordings among those with the fewest segments, and its size."""
    best, best_size, best_rank = "", _NO_SIZE, (0, False)
    for saying, listed in ways:
        text = fill(template, {**fixed, **_said(saying, listed)})
        size = size_of(text)
        rank = (size.segments, size.encoding is Encoding.UCS_2)
        if rank <= (1, False):
            return text, size
        if not best or rank < best_rank:
            best, best_size, best_rank = text, size, rank
    return best, best_size


def _ways(template: Template, facts: MessageFacts, occasion: Occasion, tongue: Tongue) -> Sequence[_Way]:
    """Return the ways to say when, the fullest first."""
    sayings = short_sayings(occasion, tongue)
    if not template.names & _LISTS:
        return [(saying, _NO_LIST) for saying in sayings]
    seen = Viewpoint(reader_zone=occasion.reader_zone, now=occasion.now)
    return [(saying, listed) for listed in sms_lists(facts.visits, seen, tongue) for saying in sayings]


def _fixed(facts: MessageFacts, channel: ChannelName) -> dict[str, str]:
    """Return the values that are the same however the day is said."""
    return {
        "practice": name_in(channel, facts.practice),
        "phone": phone_in(channel, facts.phone),
        "place": name_in(channel, facts.place),
        "first_name": first_name_in(channel, facts.first_name) if facts.first_name else "",
        "link": link_in(channel, facts.link) if facts.link else "",
        "words": words_in(channel, facts.words) if facts.words else "",
    }


def _said(saying: Saying, listed: VisitList) -> dict[str, str]:
    return {
        "weekday": saying.weekday,
        "date": saying.date,
        "time": saying.time,
        "day": saying.day,
        "zone": saying.zone,
        "visits": listed.visits,
        "options": listed.options,
    }
