"""The pages on drift numbers are there, and what they compute is what the code computes."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "methods").glob("*.md"))


def named_in_docstrings() -> set[str]:
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "src" / "assay" / "stats").rglob("*.py"))
    return {name for text in sources for name in re.findall(r"docs/methods/(\w+\.md)", text)}


def test_every_page_that_a_docstring_names_is_there() -> None:
    assert named_in_docstrings() <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_worked_examples_of_the_page_come_out(page: Path) -> None:
    # The fence of a code block would read as part of the last answer.
    text = re.sub(r"^```.*$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = doctest.DocTestParser().get_doctest(text, {}, page.stem, str(page), 0)
    assert doctest.DocTestRunner().run(found).failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_links_of_the_page_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([\w./-]+\.md)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
