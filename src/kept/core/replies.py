"""
Understand what a person answers to a message: rules that are tried in order, and no guessing.

The rules lean to one side. No wish for an end of messages may be missed, so that one such phrase decides whatever
stands around it; a visit counts as confirmed or declined only when every word of the reply is known and none of them
speaks against it. All else is unclear, and a person reads it.

Source:
    47 CFR 64.1200(a)(10): words that end consent by themselves, and that other words count too when a reasonable person
    would take them so. Which words those are is data, with its sources: :mod:`kept.core.reply_words`.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from kept.core.reply_phrases import Span, language_of
from kept.core.reply_reading import Reading
from kept.core.reply_text import folded
from kept.core.reply_words.reactions import APPROVING, NOT_APPROVING
from kept.core.reply_words.shape import Meaning


class Intent(StrEnum):
    """What a reply asks for."""

    CONFIRM = "confirm"
    RESCHEDULE = "reschedule"
    DECLINE = "decline"
    """Will not come. It cancels nothing by itself."""
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    """START and UNSTOP; never YES."""
    HELP = "help"
    WRONG_NUMBER = "wrong_number"
    UNCLEAR = "unclear"
    """A person has to read it."""
    IGNORE = "ignore"
    """Empty, or written by a machine."""


class Confidence(StrEnum):
    """How sure a rule is."""

    CERTAIN = "certain"
    """The reply is one of the words that were offered or that everybody uses so."""
    LIKELY = "likely"
    UNSURE = "unsure"


class Understanding(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply was taken for, and why."""

    intent: Intent
    confidence: Confidence
    language: str | None = None
    """``en``, ``es``, ``fr``, ``de`` or ``pl`` when the deciding words are of that language alone."""
    rule: str
    """Which rule decided, for the story; one of :data:`RULES`."""
    is_bare_cancel: bool = False
    """It says CANCEL and nothing else: an opt-out in some countries, and perhaps a wish to cancel in all."""
    mentioned: tuple[str, ...] = ()
    """Times and days that it names, as typed, in lower case."""


DEFAULT_OFFERED: Final[Mapping[str, Intent]] = MappingProxyType(
    {"C": Intent.CONFIRM, "R": Intent.RESCHEDULE, "1": Intent.CONFIRM, "2": Intent.RESCHEDULE}
)
"""Words that messages ask for: letters, and digits for those who have no others at hand."""

CANCEL_IS_OPT_OUT: Final = frozenset({"US", "CA", "PR", "GU", "VI", "AS", "MP"})
"""
ISO 3166-1 codes of countries in which the word CANCEL ends messages. No country given counts as one of them.

Source:
    47 CFR 64.1200(a)(10) for the United States and their territories; AWS End User Messaging SMS user guide, "Required
    opt-out keywords", names Canada too.
"""

NO_RULE: Final = "no_rule_fits"

_BESIDE_WORDS: Final = frozenset(
    {
        Meaning.STOP, Meaning.OPT_OUT_ALONE, Meaning.POLITE, Meaning.AGREES, Meaning.NO, Meaning.REQUEST,
        Meaning.CANCEL, Meaning.OPT_IN, Meaning.HELP,
    }
)  # fmt: skip
"""What may stand beside a word for ending in its sentence without taking anything from it."""
_BESIDE_STOP: Final = _BESIDE_WORDS | {Meaning.GLUE}
_BEFORE_STOP: Final = frozenset({Meaning.POLITE, Meaning.AGREES, Meaning.NO, Meaning.REQUEST})
_NOT_A_MACHINE: Final = frozenset({Meaning.COMING, Meaning.CANNOT, Meaning.CANCEL, Meaning.CANCEL_VISIT, Meaning.MOVE})
"""What a machine does not say; only "when I get where I'm going" looks like it."""
_SAYS_YES: Final = frozenset({Meaning.AGREES, Meaning.COMING})
_IN_A_YES: Final = _SAYS_YES | {Meaning.POLITE, Meaning.DAY}
_GIVES_UP: Final = frozenset({Meaning.CANNOT, Meaning.CANCEL_VISIT})
_SAYS_NO: Final = _GIVES_UP | {Meaning.NO, Meaning.CANCEL}
_IN_A_NO: Final = _SAYS_NO | {Meaning.AGREES, Meaning.POLITE, Meaning.DAY, Meaning.REASON, Meaning.REQUEST}
_MOST_MENTIONED: Final = 2
"""Times and days in a refusal: "tomorrow at nine". More are perhaps an offer."""
_QUOTES: Final = '\u201c\u201d\u00ab\u00bb\u201e"'


def understand(text: str, *, country: str = "US", offered: Mapping[str, Intent] = DEFAULT_OFFERED) -> Understanding:
    """
    Return what a reply asks for.

    The same text is always understood in the same way, in time that grows with its length. It never raises, and never
    confirms or declines a visit while a word of the reply is unknown.

    Args:
        text: As it came in.
        country: ISO 3166-1 code of the number that replied; it decides what CANCEL alone means. Empty when unknown.
        offered: The words that the message asked for. Words that end messages do so even when they are among them.

    >>> understand("Yes, see you then!").intent, understand("CANCEL").intent, understand("CANCEL", country="GB").intent
    (<Intent.CONFIRM: 'confirm'>, <Intent.OPT_OUT: 'opt_out'>, <Intent.DECLINE: 'decline'>)
    >>> understand("I can't stop by at 9, is 10 ok?")
    Understanding(intent=<Intent.RESCHEDULE: 'reschedule'>, confidence=<Confidence.LIKELY: 'likely'>, language='en',
        rule='asks_for_another_time', is_bare_cancel=False, mentioned=('9', '10'))
    """
    reading = Reading(text)
    asked = _Asked(
        words={folded(word): intent for word, intent in offered.items()},
        cancel_is_opt_out=country.upper() in CANCEL_IS_OPT_OUT or not country,
    )
    name, understood = _decided(reading, asked)
    return Understanding(
        intent=understood.intent,
        confidence=understood.confidence,
        language=language_of(understood.spans),
        rule=name,
        is_bare_cancel=_is_bare_cancel(reading),
        mentioned=reading.mentioned,
    )


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply is an answer to."""

    words: Mapping[str, Intent]
    """Those that were offered, folded."""
    cancel_is_opt_out: bool


class _Understood(msgspec.Struct, frozen=True):
    """What a rule says, and of which phrases."""

    intent: Intent
    confidence: Confidence
    spans: tuple[Span, ...] = ()


def _reaction(reading: Reading, _: _Asked) -> _Understood | None:
    """Take a thumb on our message, which phones send as words around a copy of it, for the thumb alone."""
    text = reading.text.strip()
    start = min((place for place in map(text.find, _QUOTES) if place >= 0), default=-1)
    if start < 0 or text[-1] not in _QUOTES:
        return None
    reaction = " ".join(folded(text[:start]).split())
    if reaction in APPROVING:
        return _Understood(Intent.CONFIRM, Confidence.LIKELY)
    return _Understood(Intent.UNCLEAR, Confidence.UNSURE) if reaction in NOT_APPROVING else None


def _asks_for_no_more_messages(reading: Reading, _: _Asked) -> _Understood | None:
    """
    Opt out when a phrase asks for an end of messages, wherever it stands.

    Source:
        47 CFR 64.1200(a)(10): words other than the seven count when a reasonable person would take them so.
    """
    spans = reading.spans_of(Meaning.OPT_OUT)
    return _Understood(Intent.OPT_OUT, Confidence.LIKELY, spans) if spans or reading.holds_end else None


def _says_only_to_stop(reading: Reading, _: _Asked) -> _Understood | None:
    """
    Opt out when a sentence is nothing but a word for ending and courtesy.

    Source:
        47 CFR 64.1200(a)(10); the keywords of AWS and Twilio.
    """
    for sentence in reading.sentences_about_ending:
        said = {span.meaning for span in sentence}
        if (Meaning.STOP in said and said <= _BESIDE_STOP) or (Meaning.OPT_OUT_ALONE in said and said <= _BESIDE_WORDS):
            ending = tuple(span for span in sentence if span.meaning in {Meaning.STOP, Meaning.OPT_OUT_ALONE})
            return _Understood(Intent.OPT_OUT, Confidence.CERTAIN, ending)
    return None


def _begins_with_stop(reading: Reading, _: _Asked) -> _Understood | None:
    """
    Opt out when a sentence begins with STOP, unless what follows makes another sense of it ("stop by").

    Source:
        AWS End User Messaging SMS user guide, "Keywords": a message that begins with a keyword counts as the keyword.
    """
    for sentence in reading.sentences_about_ending:
        rest = [span for span in sentence if span.meaning not in _BEFORE_STOP]
        if rest and rest[0].meaning is Meaning.STOP:
            return _Understood(Intent.OPT_OUT, Confidence.LIKELY, (rest[0],))
    return None


def _shouts_stop(reading: Reading, _: _Asked) -> _Understood | None:
    """Opt out when STOP is the word in capitals among others that are not. Ours: capitals are how we ask for it."""
    loud = tuple(span for span in reading.spans_of(Meaning.STOP) if any(word.is_loud for word in span.words))
    return _Understood(Intent.OPT_OUT, Confidence.LIKELY, loud) if loud and reading.has_small_letters else None


def _repeats_our_words(reading: Reading, _: _Asked) -> _Understood | None:
    """Opt out when all of the reply is what our message says about opting out."""
    said = {span.meaning for span in reading.about_ending} - {Meaning.PAUSE, Meaning.POLITE}
    is_all = said == {Meaning.OUR_OWN_WORDS}
    return _Understood(Intent.OPT_OUT, Confidence.LIKELY, reading.about_ending) if is_all else None


def _is_empty(reading: Reading, _: _Asked) -> _Understood | None:
    """Ignore what holds nothing that can be seen."""
    return None if folded(reading.text).strip() else _Understood(Intent.IGNORE, Confidence.CERTAIN)


def _says_only_cancel(reading: Reading, asked: _Asked) -> _Understood | None:
    """
    Take CANCEL alone for an opt-out where the law does, and for a refusal elsewhere.

    Source:
        47 CFR 64.1200(a)(10).
    """
    if not _is_bare_cancel(reading):
        return None
    if asked.cancel_is_opt_out:
        return _Understood(Intent.OPT_OUT, Confidence.CERTAIN, reading.spans_of(Meaning.CANCEL))
    return None if reading.asks else _Understood(Intent.DECLINE, Confidence.LIKELY, reading.spans_of(Meaning.CANCEL))


def _is_an_offered_word(reading: Reading, asked: _Asked) -> _Understood | None:
    """Take a word that the message asked for, alone or with courtesy, for what it was offered as."""
    spans = reading.without(Meaning.POLITE, Meaning.PAUSE)
    said = {folded(word.typed) for span in spans for word in span.words}
    if len(said) != 1 or reading.asks:
        return None
    intent = asked.words.get(said.pop())
    return None if intent is None else _Understood(intent, Confidence.CERTAIN)


def _says_start(reading: Reading, _: _Asked) -> _Understood | None:
    """
    Opt in on START and UNSTOP alone; never on YES, which answers the question about the visit.

    Source:
        Twilio, "Customize users' opt-in and opt-out experience"; AWS End User Messaging SMS user guide (UNSTOP, START).
    """
    return None if reading.asks else _only(reading, Meaning.OPT_IN, Intent.OPT_IN)


def _asks_for_help(reading: Reading, _: _Asked) -> _Understood | None:
    """
    Help when nothing but help is asked for.

    Source:
        CTIA Messaging Principles and Best Practices; Twilio (HELP, INFO).
    """
    return _only(reading, Meaning.HELP, Intent.HELP)


def _names_a_wrong_number(reading: Reading, _: _Asked) -> _Understood | None:
    """Take a phrase about a wrong number or person for that, wherever it stands."""
    spans = reading.spans_of(Meaning.WRONG_NUMBER)
    return _Understood(Intent.WRONG_NUMBER, Confidence.LIKELY, spans) if spans else None


def _is_written_by_a_machine(reading: Reading, _: _Asked) -> _Understood | None:
    """
    Ignore what phones and mail programs answer by themselves, unless a person seems to have added something.

    Source:
        RFC 3834 §4: an automatic reply is never to be answered by another machine.
    """
    spans = reading.spans_of(Meaning.MACHINE, Meaning.AWAY)
    added = reading.meanings & _NOT_A_MACHINE
    if not spans or reading.asks or added - {Meaning.COMING} or (added and not reading.spans_of(Meaning.MACHINE)):
        return None
    return _Understood(Intent.IGNORE, Confidence.LIKELY, spans)


def _may_mean_stop(reading: Reading, _: _Asked) -> _Understood | None:
    """Leave it to a person when a word for ending stands where none of the rules above knows its sense."""
    return _Understood(Intent.UNCLEAR, Confidence.UNSURE) if reading.spans_of(Meaning.STOP) else None


def _asks_for_another_time(reading: Reading, _: _Asked) -> _Understood | None:
    """Reschedule when a phrase asks for another time without doubt. Other words may stand around it."""
    for clause in reading.clauses_about_visits:
        said = {span.meaning for span in clause}
        if Meaning.MOVE in said and Meaning.DOUBT not in said and not reading.turns_itself_around:
            is_all = reading.meanings <= {Meaning.MOVE, Meaning.POLITE, Meaning.AGREES, Meaning.REQUEST}
            confidence = Confidence.CERTAIN if is_all else Confidence.LIKELY
            return _Understood(
                Intent.RESCHEDULE, confidence, tuple(span for span in clause if span.meaning is Meaning.MOVE)
            )
    return None


def _says_no(reading: Reading, _: _Asked) -> _Understood | None:
    """
    Decline when every word is known and the reply refuses or gives up. Ours.

    A plain no that names another time asks for it perhaps, and one beside a yes or CANCEL may mean anything; a question
    is a refusal only when it asks us to cancel.
    """
    said = reading.meanings
    if not said <= _IN_A_NO or not said & _SAYS_NO or reading.turns_itself_around:
        return None
    if Meaning.REQUEST in said or reading.asks:
        fits = Meaning.REQUEST in said and bool(said & {Meaning.CANCEL, Meaning.CANCEL_VISIT})
    elif said & _GIVES_UP:
        fits = len(reading.mentioned) <= _MOST_MENTIONED
    elif Meaning.CANCEL in said:
        fits = Meaning.NO not in said
    else:
        fits = Meaning.AGREES not in said and not reading.mentioned
    confidence = Confidence.CERTAIN if len(said - {Meaning.POLITE}) == 1 else Confidence.LIKELY
    spans = reading.spans_of(*_SAYS_NO)
    return _Understood(Intent.DECLINE, confidence, spans) if fits else None


def _says_yes(reading: Reading, asked: _Asked) -> _Understood | None:
    """
    Confirm when every word is known and none of them is against it. Ours.

    A yes may name today or tomorrow, but no other time: it could be the wrong one. "See you tomorrow" alone could, too.
    """
    others = [span for span in reading.about_visits if not _is_offered_yes(span, asked)]
    said = {span.meaning for span in others} - {Meaning.PAUSE}
    if not said <= _IN_A_YES or not said & _SAYS_YES or reading.asks:
        return None
    if reading.mentioned and not (reading.names_near_days_only and Meaning.AGREES in said):
        return None
    confidence = Confidence.CERTAIN if len(said - {Meaning.POLITE}) == 1 else Confidence.LIKELY
    return _Understood(Intent.CONFIRM, confidence, reading.spans_of(*_SAYS_YES))


RULES: Final[Mapping[str, Callable[[Reading, _Asked], _Understood | None]]] = MappingProxyType(
    {
        rule.__name__.removeprefix("_"): rule
        for rule in (
            _reaction,
            _asks_for_no_more_messages,
            _says_only_to_stop,
            _begins_with_stop,
            _shouts_stop,
            _repeats_our_words,
            _is_empty,
            _says_only_cancel,
            _is_an_offered_word,
            _says_start,
            _asks_for_help,
            _names_a_wrong_number,
            _is_written_by_a_machine,
            _may_mean_stop,
            _asks_for_another_time,
            _says_no,
            _says_yes,
        )
    }
)
"""Tried in this order; the first that says something decides. When none does, the reply is unclear."""


def _decided(reading: Reading, asked: _Asked) -> tuple[str, _Understood]:
    for name, rule in RULES.items():
        understood = rule(reading, asked)
        if understood is not None:
            return name, understood
    return NO_RULE, _Understood(Intent.UNCLEAR, Confidence.UNSURE)


def _is_bare_cancel(reading: Reading) -> bool:
    return reading.meanings - {Meaning.POLITE, Meaning.AGREES} == {Meaning.CANCEL}


def _is_offered_yes(span: Span, asked: _Asked) -> bool:
    """Tell whether a word is the letter that was offered for yes, as in "Yes, C"."""
    word = span.words[0].key
    return span.meaning is None and asked.words.get(word) is Intent.CONFIRM


def _only(reading: Reading, meaning: Meaning, intent: Intent) -> _Understood | None:
    is_all = reading.meanings - {Meaning.POLITE} == {meaning}
    return _Understood(intent, Confidence.CERTAIN, reading.spans_of(meaning)) if is_all else None
