"""If-Match: which version of a record a change was decided on."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from kept.entrypoints.http_api.problems import DoorError

_TAG: Final = re.compile(r'(?P<weak>W/)?"(?P<tag>[\x21\x23-\x7e\x80-\xff]*)"')
_VERSION: Final = re.compile(r"0|[1-9][0-9]{0,17}")


class Precondition(StrEnum):
    """Whether an operation looks at If-Match."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


def wanted_versions(value: str | None, rule: Precondition) -> tuple[int, ...] | None:
    """
    Return the versions that the change may be based on; None when the caller did not say, or said any.

    Args:
        value: The header as sent. Weak tags never match here, and tags that are none of ours match nothing.
        rule: What the operation asks for.

    Raises:
        DoorError: the header is missing where it is needed, or is none.

    Source:
        RFC 9110 §13.1.1 (If-Match; strong comparison), §8.8.3 (entity tags); RFC 6585 §3 (428).
    """
    if rule is Precondition.NONE:
        return None
    if value is None:
        if rule is Precondition.REQUIRED:
            detail = 'Send If-Match with the ETag that you read, such as If-Match: "3".'
            raise DoorError("precondition-required", detail)
        return None
    if value.strip() == "*":
        return None
    parts = value.split(",")
    found = [_TAG.fullmatch(part.strip()) for part in parts]
    if not all(found):
        detail = 'If-Match holds no entity tag; send the ETag as you read it, with its quotes: "3".'
        raise DoorError("bad-request", detail, code="invalid_if_match")
    strong = [match["tag"] for match in found if match and not match["weak"]]
    return tuple(int(tag) for tag in strong if _VERSION.fullmatch(tag))
