"""The words of replies by language, as data. Nothing here decides; that is :mod:`kept.core.replies`."""

from typing import Final

from kept.core.reply_words.elsewhere import ELSEWHERE
from kept.core.reply_words.english import ENGLISH
from kept.core.reply_words.french import FRENCH
from kept.core.reply_words.german import GERMAN
from kept.core.reply_words.polish import POLISH
from kept.core.reply_words.shape import ReplyWords
from kept.core.reply_words.signs import SIGNS
from kept.core.reply_words.spanish import SPANISH

REPLY_WORDS: Final[tuple[ReplyWords, ...]] = (SIGNS, ENGLISH, SPANISH, FRENCH, GERMAN, POLISH, ELSEWHERE)
