"""The texts of the pages behind links: complete in every language, and none that nobody says."""

from __future__ import annotations

import re
import string
from pathlib import Path

from kept.core.people import ChannelName
from kept.entrypoints import links
from kept.entrypoints.links.words import texts_in
from kept.entrypoints.web.words import LANGUAGES

FOLDER = Path(links.__file__).parent


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_exists_in_every_language_and_takes_the_same_values() -> None:
    english = {key: names_in(text) for key, text in texts_in("en").items()}
    others = [{key: names_in(text) for key, text in texts_in(language).items()} for language in LANGUAGES]

    assert others == [english] * len(LANGUAGES)


def test_no_text_is_left_that_nobody_says() -> None:
    sources = "".join(p.read_text(encoding="utf-8") for s in ("*.py", "*.html") for p in FOLDER.rglob(s))
    said = set(re.findall(r"say\(\"([\w.]+)\"", sources))
    built = tuple(set(re.findall(r"say\(\"([\w.]+\.)\" ~", sources)))

    unused = [key for key in texts_in("en") if key not in said and not key.startswith(built)]

    assert unused == []
    assert len(built) == 5
    assert all(f"end.ask.{channel.value}" in texts_in("en") for channel in ChannelName)
