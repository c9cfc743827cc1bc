"""
The pages that patients open by a link in a message: one visit, or the end of the messages to one address.

Whoever has the link may do what it is for, and nothing else: there is no sign-in, no name, no list and no script.
Looking changes nothing, however often a scanner does it; only a form that is sent does.
"""

from kept.entrypoints.links.door import link_routes
from kept.entrypoints.links.parts import LinkParts

__all__ = ["LinkParts", "link_routes"]
