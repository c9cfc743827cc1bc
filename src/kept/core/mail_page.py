"""
The page of a mail: the paragraphs of its text and nothing else, readable on a telephone.

Source:
    WCAG 2.2 §1.4.3 (contrast), §1.4.10 (320 px) and §2.4.4 (what a link is for stands beside it).
"""

import html
from collections.abc import Iterable


def mail_page(subject: str, text: str, *, language: str, link: str = "") -> str:
    """
    Return a text as a page.

    Args:
        subject: Its title.
        text: Paragraphs parted by empty lines. Nothing in it is markup.
        language: A language tag such as ``es-MX``.
        link: Address of a page; where it stands in the text it can be followed.

    >>> 'href="https://elm.example/v?a=1&amp;b=2"' in mail_page(
    ...     "Hi", "Change: https://elm.example/v?a=1&b=2", language="en", link="https://elm.example/v?a=1&b=2"
    ... )
    True
    """
    paragraphs = "\n".join(f"<p>{_lines(block.split(chr(10)), link)}</p>" for block in text.split("\n\n"))
    return (
        f'<!doctype html>\n<html lang="{html.escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(subject)}</title>\n</head>\n"
        '<body style="margin:0;padding:16px;background:#ffffff;color:#1a1a1a;'
        'font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.5">\n'
        f'<div style="max-width:560px;margin:0 auto;overflow-wrap:anywhere">\n{paragraphs}\n</div>\n</body>\n</html>\n'
    )


def _lines(lines: Iterable[str], link: str) -> str:
    address = html.escape(link)
    anchor = f'<a href="{address}" style="color:#0b5394">{address}</a>'
    escaped = (html.escape(line) for line in lines)
    return "<br>\n".join(line.replace(address, anchor) if link else line for line in escaped)
