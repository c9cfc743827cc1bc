"""The doors: bytes in, a call to flow, bytes out; no decisions."""
