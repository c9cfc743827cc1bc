"""Read a document of plain values field by field, and note everything that is wrong with it, by path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar, cast

from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.people import checked_text

T = TypeVar("T")
MAX_ITEMS: Final = 2_000
"""Longest list that is read; a practice with more places or people than this is several."""


class Fields:
    """
    One object of a document.

    Every question answers a value that can be used, the fallback where the document's is missing or wrong; what was
    wrong is added to *problems*, so that one reading finds all of it.
    """

    def __init__(self, value: object, path: str, problems: list[FieldProblem], *, allowed: frozenset[str]) -> None:
        self.path = path
        self.problems = problems
        self._values: Mapping[str, object] = {}
        if not isinstance(value, dict):
            self.note("", "not_an_object", "must be an object with named fields")
            return
        self._values = cast("Mapping[str, object]", value)
        for name in sorted(str(key) for key in self._values if key not in allowed):
            self.note(name, "unknown_field", f"is not known here; known are {', '.join(sorted(allowed))}")

    def note(self, name: str, code: str, message: str) -> None:
        """Add a problem with one field of this object; an empty name means the object itself."""
        path = "/".join(part for part in (self.path, name) if part)
        self.problems.append(FieldProblem(field=path, code=code, message=message))

    def text(self, name: str, fallback: str | None = None, *, limit: int) -> str:
        """Return a text; without a fallback it is required and not empty."""
        value = self._values.get(name)
        if value is None or value == "":
            if fallback is None:
                self.note(name, "required", "is missing; give it")
            return fallback or ""
        if not isinstance(value, str):
            self.note(name, "not_a_text", "must be text in quotes")
            return fallback or ""
        return self._checked(name, lambda: checked_text(value, field=name, limit=limit), fallback or "")

    def number(self, name: str, fallback: int, *, low: int, high: int) -> int:
        """Return a whole number within bounds, both included."""
        value = self._values.get(name)
        if value is None:
            return fallback
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.note(name, "out_of_range", f"must be a whole number from {low} to {high}")
            return fallback
        return value

    def flag(self, name: str, *, fallback: bool = False) -> bool:
        """Return true or false."""
        value = self._values.get(name, fallback)
        if not isinstance(value, bool):
            self.note(name, "not_a_boolean", "must be true or false, without quotes")
            return fallback
        return value

    def parsed(self, name: str, parse: Callable[[str], T], fallback: T, *, limit: int = 200) -> T:
        """Return what *parse* makes of a text; the fallback where there is none. It raises InvalidInputError."""
        if self._values.get(name) is None:
            return fallback
        text = self.text(name, "", limit=limit)
        return self._checked(name, lambda: parse(text), fallback) if text else fallback

    def raw(self, name: str) -> object:
        """Return the value as it stands in the document, or None."""
        return self._values.get(name)

    def objects(self, name: str, allowed: frozenset[str]) -> Iterator[Fields]:
        """Yield the objects of a list; none when it is missing."""
        for index, item in enumerate(self.listed(name)):
            path = "/".join(part for part in (self.path, name, str(index)) if part)
            yield Fields(item, path, self.problems, allowed=allowed)

    def nested(self, name: str, allowed: frozenset[str]) -> Fields:
        """Return an object inside this one; an empty one when it is missing."""
        path = "/".join(part for part in (self.path, name) if part)
        value = self._values.get(name)
        return Fields({} if value is None else value, path, self.problems, allowed=allowed)

    def listed(self, name: str) -> list[object]:
        """Return a list; an empty one when it is missing."""
        value = self._values.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            self.note(name, "not_a_list", f"must be a list of at most {MAX_ITEMS}")
            return []
        return value

    def _checked(self, name: str, make: Callable[[], T], fallback: T) -> T:
        try:
            return make()
        except InvalidInputError as error:
            for problem in error.problems:
                self.note(name, problem.code, problem.message)
            return fallback
