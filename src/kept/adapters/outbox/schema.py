"""The outbox's file: its tables, and every statement that is run on it."""

from __future__ import annotations

from typing import Final

VERSION: Final = 2
"""1: messages and orders. 2: what is always said of an address, too."""
READ_VERSION: Final = "PRAGMA user_version"

WAL: Final = "PRAGMA journal_mode=WAL"
SYNCHRONOUS: Final = {"full": "PRAGMA synchronous=FULL", "normal": "PRAGMA synchronous=NORMAL"}
READ_ONLY: Final = "PRAGMA query_only=ON"

CREATE: Final = (
    """
    CREATE TABLE IF NOT EXISTS messages (
        id INTEGER PRIMARY KEY,
        received_at TEXT NOT NULL,
        channel TEXT NOT NULL,
        address TEXT NOT NULL,
        subject TEXT NOT NULL,
        text TEXT NOT NULL,
        html TEXT NOT NULL,
        language TEXT NOT NULL,
        dedupe_key TEXT NOT NULL,
        attempt_id TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('accepted', 'refused')),
        behaviour TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX IF NOT EXISTS messages_by_dedupe_key ON messages (dedupe_key)",
    """
    CREATE TRIGGER IF NOT EXISTS messages_stay BEFORE UPDATE ON messages
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS messages_remain BEFORE DELETE ON messages
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
    """,
    """
    CREATE TABLE IF NOT EXISTS orders (
        channel TEXT PRIMARY KEY,
        behaviour TEXT NOT NULL,
        times INTEGER,
        seconds REAL NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE IF NOT EXISTS always (
        address TEXT PRIMARY KEY,
        word TEXT NOT NULL
    ) STRICT
    """,
    "PRAGMA user_version = 2",
)

BEGIN: Final = "BEGIN IMMEDIATE"
COMMIT: Final = "COMMIT"
ROLLBACK: Final = "ROLLBACK"

LAST_ID: Final = "SELECT coalesce(max(id), 0) FROM messages"
APPEND: Final = "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
OLDEST: Final = "SELECT * FROM messages WHERE id > ? AND id < ? ORDER BY id LIMIT ?"
NEWEST: Final = "SELECT * FROM messages WHERE id > ? AND id < ? ORDER BY id DESC LIMIT ?"
ONE: Final = "SELECT * FROM messages WHERE id = ?"
COPIES: Final = "SELECT * FROM messages WHERE dedupe_key = ? ORDER BY id"
COUNT: Final = "SELECT count(*) FROM messages WHERE state = 'accepted'"
FATE: Final = """
    SELECT id, state FROM messages WHERE dedupe_key = ? AND channel = ?
    ORDER BY state = 'accepted' DESC, id DESC LIMIT 1
"""

ORDERS: Final = "SELECT channel, behaviour, times, seconds FROM orders"
GIVE_ORDER: Final = "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?)"
DROP_ORDER: Final = "DELETE FROM orders WHERE channel = ?"

ALWAYS: Final = "SELECT address, word FROM always ORDER BY address"
SAY_ALWAYS: Final = "INSERT OR REPLACE INTO always VALUES (?, ?)"
SAY_NOTHING: Final = "DELETE FROM always WHERE address = ?"
