"""
The words that Kept sends, as data: shipped texts by name, channel and language, and the words that providers keep.

A text holds no more than who writes, when, where and whom to call: no reason of the visit, no specialty, no name, no
number of a record. Nothing here is code; how a text is filled is in :mod:`kept.core.wording`.

Source:
    45 CFR 164.502(b) (a message discloses no more than it needs to); 47 CFR 64.1200(a)(9)(iv) (an appointment text
    names the sender and how to reach it, has 160 characters at most and an easy way out).
"""

from typing import Final

import msgspec

from kept.core.people import ChannelName

FALLBACK_LANGUAGE: Final = "en"
"""Where a text exists in no better language. Every shipped text exists in it."""


class MessageText(msgspec.Struct, frozen=True, kw_only=True):
    """One text before its placeholders are filled."""

    subject: str = ""
    """Empty for SMS."""
    text: str


class LanguageWords(msgspec.Struct, frozen=True, kw_only=True):
    """What a language adds to dates; the dates themselves come from Unicode's CLDR. ``{0}`` is what is added to."""

    today: str
    tomorrow: str
    on: str
    """In front of a date that is neither."""
    zone: str
    """Names the zone of a city."""


REMINDER: Final = "reminder"

TEXTS: Final[dict[tuple[str, ChannelName, str], MessageText]] = {
    (REMINDER, ChannelName.SMS, "en"): MessageText(
        text="{practice}: appointment {day} at {time}{zone}, {place}. Call {phone}. Reply STOP to opt out.",
    ),
    (REMINDER, ChannelName.SMS, "es"): MessageText(
        text="{practice}: cita {day}, {time}{zone}, {place}. Tel: {phone}. Para darse de baja: STOP.",
    ),
    (REMINDER, ChannelName.EMAIL, "en"): MessageText(
        subject="{practice}: appointment reminder",
        text=(
            "This is a reminder of your appointment with {practice} {day}.\n\n"
            "Time: {time}{zone}\nPlace: {place}\nPhone: {phone}\n\n"
            "If you cannot come, please call us. Please do not answer this e-mail: it may not be read in time.\n\n"
            "If you want no more of these e-mails, tell us when you call or visit."
        ),
    ),
    (REMINDER, ChannelName.EMAIL, "es"): MessageText(
        subject="{practice}: recordatorio de cita",
        text=(
            "Le recordamos su cita con {practice} {day}.\n\n"
            "Hora: {time}{zone}\nLugar: {place}\nTeléfono: {phone}\n\n"
            "Si no puede venir, llámenos, por favor. No responda a este correo: quizá no se lea a tiempo.\n\n"
            "Si no desea recibir más estos correos, díganoslo por teléfono o en su visita."
        ),
    ),
}
"""Spanish for SMS keeps to words without á, í, ó and ú, which the GSM-7 alphabet lacks; é and ñ are in it."""

LANGUAGE_WORDS: Final[dict[str, LanguageWords]] = {
    "en": LanguageWords(today="today ({0})", tomorrow="tomorrow ({0})", on="on {0}", zone="{0} time"),
    "es": LanguageWords(today="hoy ({0})", tomorrow="mañana ({0})", on="el {0}", zone="hora de {0}"),
}
"""
One row for every language of a shipped text. The date stands beside "tomorrow", because a message that a carrier held
for an hour, or that is read in the morning, would else name another day.
"""

GSM_LOOKALIKES: Final[dict[str, str]] = {
    "\u00a0": " ",  # no-break space
    "\u2007": " ",  # figure space
    "\u2009": " ",  # thin space
    "\u202f": " ",  # narrow no-break space: CLDR writes it between the time and AM or PM
    "\u2018": "'",
    "\u2019": "'",
    "\u201a": "'",
    "\u201b": "'",
    "\u00b4": "'",
    "\u0060": "'",
    "\u2032": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u201e": '"',
    "\u2033": '"',
    "\u00ab": '"',
    "\u00bb": '"',
    "\u2039": "'",
    "\u203a": "'",
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u2015": "-",
    "\u2212": "-",
    "\u2022": "-",
    "\u00b7": "-",
    "\u2026": "...",
    "\u00ad": "",  # soft hyphen
    "\u200b": "",  # zero width space
    "\ufeff": "",  # byte order mark
}
"""
What a text message says instead of characters outside GSM-7 that look the same to a reader. Letters are never changed:
a name without its accent is another name.
"""


class ReservedWords(msgspec.Struct, frozen=True, kw_only=True):
    """Replies that a provider acts on by itself, so that a text must not ask for them to mean something else."""

    opt_out: tuple[str, ...]
    opt_in: tuple[str, ...] = ()
    help: tuple[str, ...] = ("HELP",)


RESERVED_WORDS: Final[dict[str, ReservedWords]] = {
    "aws": ReservedWords(
        opt_out=("ARRET", "CANCEL", "END", "OPT-OUT", "OPTOUT", "QUIT", "REMOVE", "STOP", "TD", "UNSUBSCRIBE"),
    ),
    "twilio": ReservedWords(
        opt_out=("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"),
        opt_in=("START", "UNSTOP", "YES"),
        help=("HELP", "INFO"),
    ),
    "us_rule": ReservedWords(
        opt_out=("STOP", "QUIT", "END", "REVOKE", "OPT OUT", "CANCEL", "UNSUBSCRIBE"),
        help=(),
    ),
}
"""
By provider, and by rule of a country.

Source:
    AWS End User Messaging SMS user guide, "Supported opt-out keywords"; Twilio, "Support for opt-out keywords (SMS STOP
    filtering)"; 47 CFR 64.1200(a)(10) for the words that revoke consent in the United States.
"""

HONEST_WORDS: Final = frozenset({"STOP", "HELP", "INFO"})
"""Reserved words that a text may ask for, in the sense that providers give them."""

ASKING_VERBS: Final = (
    "reply", "respond", "answer", "text", "send", "type", "write",
    "responda", "responder", "conteste", "contestar", "envíe", "envie", "enviar", "escriba", "mande",
)  # fmt: skip
"""Words after which a text asks for a reply."""

CANCELLING_VERBS: Final = (
    "cancel",
    "confirm",
    "reschedule",
    "move",
    "cancelar",
    "anular",
    "confirmar",
    "cambiar",
    "mover",
)
"""What STOP must not be offered for: it ends all messages and changes no appointment."""
