"""All SQL of the store, and the numbered scripts that bring a database of any earlier version up to date."""

from __future__ import annotations

from typing import Final

# ---------------------------------------------------------------- migrations

_VERSION_1: Final = (
    # The letters "Kept": whose file this is, for us and for `file`.
    "PRAGMA application_id = 1264939124",
    # With a rowid: the bodies of one commit land side by side at the end, and only the small keys are scattered. In the
    # order of their keys they dirtied 1.4 times as many pages.
    """
    CREATE TABLE entity (
        kind    TEXT    NOT NULL,
        id      TEXT    NOT NULL,
        version INTEGER NOT NULL,
        body    BLOB    NOT NULL,
        PRIMARY KEY (kind, id)
    )
    """,
    """
    CREATE TABLE entry (
        name      TEXT NOT NULL,
        partition TEXT NOT NULL,
        sort      TEXT NOT NULL,
        id        TEXT NOT NULL,
        PRIMARY KEY (name, partition, sort, id)
    ) WITHOUT ROWID
    """,
    "PRAGMA user_version = 1",
)

_VERSION_2: Final = (
    # NULL: written before there was a checksum, and believed as it stands.
    "ALTER TABLE entity ADD COLUMN checksum INTEGER",
    """
    CREATE TABLE meta (
        name  TEXT PRIMARY KEY,
        value NOT NULL
    ) WITHOUT ROWID
    """,
    # The epoch is raised by each restore: who remembers a later one knows that time went back.
    "INSERT INTO meta (name, value) VALUES ('store_id', lower(hex(randomblob(16)))), ('epoch', 1)",
    "PRAGMA user_version = 2",
)

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (_VERSION_1, _VERSION_2)
"""Script *n* brings version *n* to *n + 1*; each ends by saying so. Never change one that was released."""

VERSION: Final = len(MIGRATIONS)
"""The version that this code reads and writes."""

OURS: Final = 0x4B657074
"""The application id that version 1 sets."""

READ_VERSION: Final = "PRAGMA user_version"
READ_OWNER: Final = "PRAGMA application_id"
READ_SCHEMA: Final = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
READ_META: Final = "SELECT name, value FROM meta"
RAISE_EPOCH: Final = "UPDATE meta SET value = value + 1 WHERE name = 'epoch'"
READ_INTEGRITY: Final = "PRAGMA integrity_check(1)"
READ_CHECKSUMS: Final = "SELECT kind, id, body, checksum FROM entity WHERE checksum IS NOT NULL"

# ---------------------------------------------------------------- connections

KEEP_LOG_SHORT: Final = "PRAGMA wal_autocheckpoint = 4000"
"""Pages, so 16 MiB: with the default of 1,000 each large batch moved the log, and writing took a third longer."""

KEEP_LOG: Final = "PRAGMA journal_mode = WAL"
"""Lasts: only the first to open a database changes anything, and it needs it for itself at that moment."""

DURABLE: Final = (
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -32768",  # KiB
    "PRAGMA journal_size_limit = 67108864",
    KEEP_LOG_SHORT,
)
"""How the writing connection is set up: each commit is synced, and what is deleted is overwritten."""

LEAVE_CHECKPOINTS: Final = "PRAGMA wal_autocheckpoint = 0"
READ_ONLY: Final = ("PRAGMA query_only = ON", "PRAGMA temp_store = MEMORY")
ONE_FILE: Final = "PRAGMA journal_mode = DELETE"
"""Moves what the log holds into the database and removes the log; refused while anybody else has it open."""

# ---------------------------------------------------------------- transactions

BEGIN_READ: Final = "BEGIN"
BEGIN_WRITE: Final = "BEGIN IMMEDIATE"
BEGIN_ALONE: Final = "BEGIN EXCLUSIVE"
COMMIT: Final = "COMMIT"
ROLLBACK: Final = "ROLLBACK"
BEGIN_STEP: Final = "SAVEPOINT step"
KEEP_STEP: Final = "RELEASE step"
UNDO_STEP: Final = "ROLLBACK TO step"

# ---------------------------------------------------------------- rows

READ_ENTITY: Final = "SELECT version, body, checksum FROM entity WHERE kind = ? AND id = ?"
READ_ALL_ENTITIES: Final = "SELECT kind, id, version, body, checksum FROM entity ORDER BY kind, id"
READ_ENTITY_VERSION: Final = "SELECT version FROM entity WHERE kind = ? AND id = ?"
WRITE_ENTITY: Final = """
    INSERT INTO entity (kind, id, version, body, checksum) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, body = excluded.body, checksum = excluded.checksum
"""
DELETE_ENTITY: Final = "DELETE FROM entity WHERE kind = ? AND id = ?"
WRITE_ENTRY: Final = "INSERT INTO entry (name, partition, sort, id) VALUES (?, ?, ?, ?)"
DELETE_ENTRY: Final = "DELETE FROM entry WHERE name = ? AND partition = ? AND sort = ? AND id = ?"

QUERY_OLDEST_FIRST: Final = """
    SELECT sort, id FROM entry
    WHERE name = ? AND partition = ? AND (sort, id) > (?, ?) AND sort < ?
    ORDER BY sort, id LIMIT ?
"""
QUERY_NEWEST_FIRST: Final = """
    SELECT sort, id FROM entry
    WHERE name = ? AND partition = ? AND (sort, id) < (?, ?) AND sort >= ?
    ORDER BY sort DESC, id DESC LIMIT ?
"""
AFTER_ALL_TEXT: Final = b""
"""Sorts after every text, because SQLite puts a BLOB after TEXT whatever is in it."""
