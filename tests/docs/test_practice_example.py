from __future__ import annotations

import re
from datetime import timedelta

from kept.core.leads import Lead
from kept.formats.csv_recipe import TARGETS
from kept.formats.practice_file import document_of, parsed_text, practice_from
from tests.docs.pages import ROOT, blocks

HOUR = timedelta(hours=1)
HOW_TO = ROOT / "docs" / "how-to"


def test_the_example_of_a_practice_loads_as_it_stands() -> None:
    page = (HOW_TO / "set-up-your-practice.md").read_text(encoding="utf-8")
    (example,) = (block for block in blocks(page) if block.info == ("toml",))

    setup = practice_from(parsed_text("\n".join(example.lines)))

    assert [rule.lead for rule in setup.practice.policy_for("check-up").rules] == [Lead(days=1), Lead(exact=HOUR)]
    assert practice_from(document_of(setup)) == setup


def test_the_page_about_imports_names_every_target() -> None:
    page = (HOW_TO / "import-a-file.md").read_text(encoding="utf-8")

    named = {name for line in page.splitlines() if line.startswith("| `") for name in re.findall(r"`(\w+)`", line)}

    assert set(TARGETS) <= named
