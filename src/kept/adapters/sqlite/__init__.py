"""Entities in one SQLite file, for one machine: no server, one file to back up."""

from kept.adapters.sqlite.copies import backup, restore
from kept.adapters.sqlite.seat import FileSeat
from kept.adapters.sqlite.store import SqliteStore

__all__ = ["FileSeat", "SqliteStore", "backup", "restore"]
