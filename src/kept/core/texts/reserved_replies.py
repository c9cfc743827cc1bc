"""The replies that providers and rules keep for themselves, as data."""

from typing import Final

import msgspec


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
