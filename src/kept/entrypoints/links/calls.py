"""One request to a page behind a link, opened and read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from kept.core.practice import Practice
from kept.entrypoints.links.parts import LinkParts
from kept.entrypoints.links.words import language_for, words_in
from kept.entrypoints.web.clocks import Clocks
from kept.entrypoints.web.words import LANGUAGES, Words


@dataclass(frozen=True, kw_only=True)
class LinkCall:
    """One request, with all that answering it needs."""

    parts: LinkParts
    now: datetime
    """The one reading of the clock."""
    token: str
    query: dict[str, str]
    form: dict[str, str] | None
    """None: somebody only looks."""
    accepted: str | None
    """Accept-Language."""

    def frame(self, practice: Practice, own_language: str) -> Frame:
        """Return what surrounds a page for this reader."""
        language = language_for(own_language, asked=self.query.get("lang"), accepted=self.accepted)
        return Frame(call=self, practice=practice, say=words_in(language))

    def href(self, *, token: str = "", lang: str = "", **query: str | None) -> str:
        """Return the address of a page of this link or of another *token*, relative; the chosen language goes along."""
        chosen = lang or self.query.get("lang", "")
        given = {name: value for name, value in query.items() if value}
        given |= {"lang": chosen} if chosen in LANGUAGES else {}
        return (token or self.token) + (f"?{urlencode(given)}" if given else "")


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A request and its reader."""

    call: LinkCall
    practice: Practice
    say: Words

    @property
    def clocks(self) -> Clocks:
        """How this reader is told days and times."""
        return Clocks(self.say.language, self.practice.region)
