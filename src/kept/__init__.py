"""Kept books appointments that cannot collide, reminds people, and reports what happened."""

__version__ = "0.1.0"
