"""
What can be seen of accessibility in the HTML and the stylesheet alone, as findings.

Source:
    WCAG 2.2: 1.1.1, 1.3.1, 1.4.3, 1.4.11, 2.2.2, 2.4.1, 2.4.2, 2.4.4, 2.4.7, 3.1.1, 3.3.1, 3.3.2, 4.1.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, product

from tests.entrypoints.web.html import Element, mistakes, parsed

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_FIELDS = ("input", "select", "textarea")
_POINTING = ("aria-describedby", "aria-labelledby", "for")


def findings(body: str) -> list[str]:
    """Return what is wrong with a page."""
    page = parsed(body)
    checks = (_frame, _headings, _fields, _names, _ids, _tables, _colour_alone)
    return [*mistakes(body), *(found for check in checks for found in check(page))]


def _frame(page: Element) -> Iterator[str]:
    if not all(e.get("lang") for e in page.all("html")):
        yield "the page names no language"
    if not [t for t in page.all("title") if t.text]:
        yield "the page has no title"
    for tag, number in (("main", 1), ("header", 1), ("h1", 1)):
        if len(page.all(tag)) != number:
            yield f"<{tag}> stands {len(page.all(tag))} times"
    first = next(iter(page.all("a")), None)
    if first is None or first.get("href") != "#main" or not page.all("main", id_="main"):
        yield "no link skips to the content"
    navs = [nav.get("aria-label") for nav in page.all("nav")]
    if None in navs or len(set(navs)) != len(navs):
        yield "navigations are not told apart"
    if any("user-scalable" in (m.get("content") or "") for m in page.all("meta")):
        yield "the page cannot be enlarged"


def _headings(page: Element) -> Iterator[str]:
    levels = [int(h.tag[1]) for h in page.all(*_HEADINGS)]
    if levels and levels[0] != 1:
        yield "the first heading is not h1"
    for before, after in pairwise(levels):
        if after > before + 1:
            yield f"h{after} follows h{before}"
    yield from (f"<{h.tag}> is empty" for h in page.all(*_HEADINGS) if not h.text)


def _fields(page: Element) -> Iterator[str]:
    labels = {label.get("for") for label in page.all("label") if label.text}
    for field in page.all(*_FIELDS):
        if field.get("type") == "hidden":
            continue
        if field.get("id") not in labels and not field.get("aria-label"):
            yield f"field {field.get('name')} has no label"
        if field.get("aria-invalid") and not field.get("aria-describedby"):
            yield f"field {field.get('name')} is wrong and says not why"
        if field.get("type") == "radio" and not any(e.tag == "fieldset" for e in field.above()):
            yield f"choice {field.get('name')} stands in no group"
    yield from ("a group has no legend" for f in page.all("fieldset") if not f.all("legend"))
    yield from ("a form has no button" for f in page.all("form") if not f.all("button"))


def _names(page: Element) -> Iterator[str]:
    for control in page.all("a", "button", "summary"):
        if not control.text and not control.get("aria-label"):
            yield f"<{control.tag}> has no name"
    for image in page.all("img", "svg"):
        if image.get("alt") is None and image.get("aria-hidden") != "true":
            yield f"<{image.tag}> has no text instead"
    by_name: dict[str, set[str]] = {}
    for form in page.all("form", method="post"):
        for button in form.all("button"):
            by_name.setdefault(button.text, set()).add(form.get("action") or "")
    yield from (f"buttons '{name}' do different things" for name, does in by_name.items() if len(does) > 1)


def _ids(page: Element) -> Iterator[str]:
    ids = [e.get("id") for e in page.walk() if e.get("id")]
    yield from (f"id {i} stands twice" for i in {i for i in ids if ids.count(i) > 1})
    for element, name in product(page.walk(), _POINTING):
        missing = set((element.get(name) or "").split()) - set(ids)
        yield from (f"{name} points to {target}, which is not there" for target in sorted(missing))
    for link in page.all("a"):
        href = link.get("href") or ""
        if href.startswith("#") and href[1:] not in ids:
            yield f"link to {href}, which is not there"


def _tables(page: Element) -> Iterator[str]:
    yield from ("a column has no scope" for th in page.all("th") if th.get("scope") not in {"col", "row"})
    yield from ("a table has no headings" for table in page.all("table") if not table.all("th", scope="col"))


def _colour_alone(page: Element) -> Iterator[str]:
    """Yield marks that say something by colour and have no words beside them."""
    for mark in page.all("span"):
        is_mark = (mark.get("class") or "").split()[:1] in (["mark"], ["status"])
        if is_mark and mark.parent is not None and mark.parent.text == mark.text and len(mark.text) <= 1:
            yield "a mark stands without words"


def colours(css: str) -> dict[str, dict[str, str]]:
    """Return the colour variables of the stylesheet, for light and for dark."""
    light, _, rest = css.partition("@media (prefers-color-scheme: dark)")
    dark = rest.partition("*, *::before")[0]
    read = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", text)) for text in (light, dark)]
    return {"light": read[0], "dark": {**read[0], **read[1]}}


def contrast(one: str, other: str) -> float:
    """
    Return the contrast of two colours, 1 to 21.

    Source:
        WCAG 2.2, "contrast ratio" and "relative luminance".
    """
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
