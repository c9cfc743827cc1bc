"""
The pages: plain HTML made by the server, with one stylesheet and no script.

A page reads through queries, a form changes through the steps of flow. Every time is rendered here, in the zone of the
place; the browser is never asked what time it is.
"""

from kept.entrypoints.web.app import build_pages
from kept.entrypoints.web.parts import Health, WebParts

__all__ = ["Health", "WebParts", "build_pages"]
