"""What a language says about replies: phrases by meaning, and frames whose two ends stand apart."""

from enum import StrEnum

import msgspec


class Meaning(StrEnum):
    """What a phrase adds to a reply. Where a phrase has two meanings, the one that stands first here counts."""

    OPT_OUT = "opt_out"
    """Ends messages wherever it stands."""
    STOP = "stop"
    """Ends messages when a sentence begins with it, or when it is in capitals beside small letters."""
    OPT_OUT_ALONE = "opt_out_alone"
    """Ends messages when nothing else stands in its sentence; elsewhere an everyday word."""
    NOT_STOP = "not_stop"
    """Holds a word for ending, but asks for no end."""
    OUR_OWN_WORDS = "our_own_words"
    """What our messages say about ending them: harmless when quoted among other words, meant when sent alone."""
    CANCEL = "cancel"
    """The word CANCEL, which ends messages in some countries when nothing else is said."""
    OPT_IN = "opt_in"
    HELP = "help"
    WRONG_NUMBER = "wrong_number"
    MACHINE = "machine"
    """Only a machine writes so."""
    AWAY = "away"
    """A machine writes so, and sometimes a person."""
    AGREES = "agrees"
    """Says yes, to whatever was said."""
    COMING = "coming"
    """Says that the visit will be kept."""
    NO = "no"
    CANNOT = "cannot"
    """Says that the visit cannot be kept."""
    CANCEL_VISIT = "cancel_visit"
    MOVE = "move"
    """Asks for another time."""
    REASON = "reason"
    """Why somebody cannot come; it decides nothing."""
    POLITE = "polite"
    """Changes nothing."""
    REQUEST = "request"
    """Makes a question of what is no question."""
    DOUBT = "doubt"
    """Turns the words beside it around, or makes them less than sure."""
    GLUE = "glue"
    """Small words between which a word for ending is still meant."""
    DAY = "day"
    """A day or an hour by itself."""
    PAUSE = "pause"
    """A mark between sentences or in one; no phrase of a language."""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """A phrase with a hole: an opener, some small words, a closer."""

    meaning: Meaning
    openers: str
    between: str
    """Words that may stand in the hole, eight at most, in any order."""
    closers: str

    @property
    def texts(self) -> tuple[str, str, str]:
        """All that it is made of."""
        return self.openers, self.between, self.closers


class ReplyWords(msgspec.Struct, frozen=True, kw_only=True):
    """
    One language.

    Phrases are parted by commas and hold no apostrophe; ``a/b`` is either word, ``-`` is none, ``_`` is a space inside
    an alternative, ``#`` is a time of day and ``@`` a day. Accents are written, and not needed in a reply.
    """

    language: str
    """An ISO 639-1 code; empty for what belongs to none."""
    phrases: dict[Meaning, str]
    frames: tuple[Frame, ...] = ()
    days: str = ""
    """Words for days and parts of them."""
    near_days: str = ""
    """Those of ``days`` that a plain yes may name: today and tomorrow."""
    accented: str = ""
    """Words that mean something else without their accent."""
    within: tuple[str, ...] = ()
    """For writing without spaces: wherever these letters stand, they end messages."""
