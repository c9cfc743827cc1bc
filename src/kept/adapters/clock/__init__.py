"""Clocks and ids: the only room that may ask the machine for the time or for chance."""
