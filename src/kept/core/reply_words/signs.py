"""Signs that mean the same in every language."""

from typing import Final

from kept.core.reply_words.shape import Meaning, ReplyWords

SIGNS: Final = ReplyWords(
    language="",
    phrases={
        Meaning.STOP: "stop",
        Meaning.OPT_OUT_ALONE: "td, 🛑, ⛔, 🚫",
        Meaning.AGREES: "ok, okay, okey, k, kk, oki, okie, okk, 👍, 👌, ✅, ✔, ☑, 🆗, 💯",
        Meaning.NO: "no, noo, 👎",
        Meaning.DAY: "#, @",
        Meaning.POLITE: (
            "🙏, 😊, 🙂, ☺, 😀, 😁, 😃, 😄, 😅, 😆, 😉, 😎, 🥰, 😍, 😘, 🤗, ❤, 💕, 💙, 💚, 🧡, 💛, 💜, 🎉, 🌞, ☀, "
            "🌸, 🌹, ✨, 🙌, 👏, 🤝, 💪, 😔, "
            "😞, 😢, 😭, 🥲"
        ),
    },
)
"""
``STOP`` is asked for by shipped texts in every language. ``TD`` is a Chinese word for ending, in Latin letters.

Source:
    AWS End User Messaging SMS user guide, "Required opt-out keywords" (TD).
"""
