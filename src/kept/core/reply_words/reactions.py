"""
What phones write when somebody reacts to a message: some words, then a copy of the message in quotes.

Source:
    Ours, from what iPhones and Google Messages send to phones that cannot show a reaction.
"""

from typing import Final

APPROVING: Final = frozenset({"liked", "👍 to", "reacted 👍 to", "le gusto", "le ha gustado", "a aime"})
"""Folded. A thumb."""

NOT_APPROVING: Final = frozenset(
    {
        "loved", "disliked", "laughed at", "emphasized", "emphasised", "questioned", "❤ to", "😂 to", "👎 to",
        "!! to", "❓ to", "reacted ❤ to", "reacted 😂 to", "reacted 👎 to", "removed a like from",
        "removed a heart from", "removed a dislike from", "removed a laugh from",
        "removed an exclamation from", "removed a question mark from",
    }
)  # fmt: skip
"""Folded. No wish to end messages, although the copy says how: a person looks."""
