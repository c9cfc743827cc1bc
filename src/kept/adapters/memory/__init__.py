"""Entities in dictionaries: the executable meaning of the store port, and the engine of the simulator."""

from kept.adapters.memory.store import MemoryStore

__all__ = ["MemoryStore"]
