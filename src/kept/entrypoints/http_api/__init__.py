"""The HTTP API: bytes in, a call to flow, bytes out."""

from kept.entrypoints.http_api.app import build_api
from kept.entrypoints.http_api.parts import ApiParts, Health, Limits

__all__ = ["ApiParts", "Health", "Limits", "build_api"]
