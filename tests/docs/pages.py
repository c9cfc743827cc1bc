"""The project's Markdown pages, and the examples and links in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,}|~{3,})(?P<info>[^`]*)$")
_LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\((?P<target>[^)\s]+)(?:\s+\"[^\"]*\")?\)")
_HEADING = re.compile(r"^#{1,6}\s+(?P<text>.+?)\s*#*$")
_CODE = re.compile(r"`[^`]*`")


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One fenced block."""

    line: int
    """Of its first line of content, counted from 1."""
    info: tuple[str, ...]
    """The words after the fence: the language, then ours."""
    lines: tuple[str, ...]


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One command of a ``console`` block, and what the page says that it prints."""

    line: int
    command: str
    expected: str
    """Empty where the page shows no output: then none is compared."""
    needs_server: bool = False


def pages() -> list[Path]:
    """Return every page of the project, in the order of their paths."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def blocks(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        opening = _FENCE.match(lines[number])
        number += 1
        if opening is None:
            continue
        first, indent = number, len(opening["indent"])
        while number < len(lines) and lines[number].strip() != opening["ticks"]:
            number += 1
        content = tuple(line[indent:] for line in lines[first:number])
        yield Block(line=first + 1, info=tuple(opening["info"].split()), lines=content)
        number += 1


def examples(text: str) -> Iterator[Example]:
    """Yield the commands of all ``console`` blocks; a line that ends in a backslash goes on in the next."""
    for block in blocks(text):
        if block.info[:1] == ("console",):
            yield from _examples_of(block)


def _examples_of(block: Block) -> Iterator[Example]:
    starts = [index for index, line in enumerate(block.lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(block.lines)], strict=True):
        last = start
        while block.lines[last].endswith("\\") and last + 1 < end:
            last += 1
        yield Example(
            line=block.line + start,
            command="\n".join(block.lines[start : last + 1])[2:],
            expected="\n".join(block.lines[last + 1 : end]).strip(),
            needs_server="with-server" in block.info,
        )


def prose(text: str) -> str:
    """Return the page with its code blanked out, line by line."""
    lines = text.splitlines()
    for block in blocks(text):
        first = block.line - 1
        lines[first : first + len(block.lines)] = [""] * len(block.lines)
    return _CODE.sub("", "\n".join(lines))


def links(text: str) -> Iterator[str]:
    """Yield the targets of the links in the prose of a page."""
    yield from (found["target"] for found in _LINK.finditer(prose(text)))


def anchors(text: str) -> frozenset[str]:
    """Return the anchors that the headings of a page make, as code hosts build them."""
    fenced = {line for block in blocks(text) for line in block.lines}
    headings = [found["text"] for line in text.splitlines() if line not in fenced and (found := _HEADING.match(line))]
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return frozenset(word.replace(" ", "-") for word in words)
