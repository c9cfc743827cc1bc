"""HTML read as a tree, as far as tests need it: elements, attributes and texts."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "path", "rect", "source", "wbr"})


class Element:
    """One element; texts stand between children as plain strings."""

    def __init__(self, tag: str, attributes: dict[str, str], parent: Element | None) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.children: list[Element | str] = []

    def get(self, name: str) -> str | None:
        """Return an attribute, empty when it has no value, None when it is not there."""
        return self.attributes.get(name)

    def walk(self) -> Iterator[Element]:
        """Yield this element and all below it, in the order of the page."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, *tags: str, **attributes: str) -> list[Element]:
        """Return the elements of these tags that have these attributes; a trailing underscore is left out."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            e
            for e in self.walk()
            if (not tags or e.tag in tags) and all(e.get(name) == value for name, value in wanted.items())
        ]

    def one(self, *tags: str, **attributes: str) -> Element:
        """Return the only such element."""
        (found,) = self.all(*tags, **attributes)
        return found

    @property
    def text(self) -> str:
        """All text, with single spaces."""
        return " ".join("".join(self.texts()).split())

    def above(self) -> Iterator[Element]:
        """Yield the elements around this one, from the inside."""
        element = self.parent
        while element is not None:
            yield element
            element = element.parent

    def texts(self) -> Iterator[str]:
        """Yield the pieces of text."""
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield " " if child.tag in {"li", "p", "h1", "h2", "h3", "td", "th", "div", "dd", "dt"} else ""
                yield from child.texts()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("document", {}, None)
        self.mistakes: list[str] = []
        self.open = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.mistakes += [f"<{tag}> has {name} twice" for name in {n for n in names if names.count(n) > 1}]
        element = Element(tag, {name: value or "" for name, value in attrs}, self.open)
        self.open.children.append(element)
        if tag not in VOID:
            self.open = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self.open.tag != tag:
            self.mistakes.append(f"</{tag}> closes <{self.open.tag}>")
        while self.open.parent is not None:
            is_it = self.open.tag == tag
            self.open = self.open.parent
            if is_it:
                return

    def handle_data(self, data: str) -> None:
        self.open.children.append(data)


def parsed(text: str) -> Element:
    """Return the page as a tree."""
    return _read(text).root


def mistakes(text: str) -> list[str]:
    """Return tags that do not match and attributes that stand twice."""
    reader = _read(text)
    left_open = [] if reader.open is reader.root else [f"<{reader.open.tag}> is never closed"]
    return reader.mistakes + left_open


def _read(text: str) -> _Reader:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader
