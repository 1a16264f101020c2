"""The page: one file, small, safe, and usable without seeing or pointing."""

import re
from html.parser import HTMLParser

import numpy as np
import polars as pl

import assay

VOID = {"meta", "path", "br", "hr", "img", "input", "link"}


class Balanced(HTMLParser):
    """Collects ids and targets, and the tags left open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.targets += [found["href"]] if tag == "a" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        """A tag that closes itself leaves nothing open."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page_of(result: assay.Comparison, folder) -> str:
    return result.to_html(folder / "page.html").read_text(encoding="utf-8")


def test_the_page_is_whole_and_its_links_lead_somewhere(baseline, shifted, tmp_path) -> None:
    text = page_of(assay.compare(baseline, shifted, target="late", prediction="p"), tmp_path)
    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))
    assert {target.removeprefix("#") for target in parser.targets} <= set(parser.ids)


def test_the_page_needs_nothing_else(baseline, shifted, tmp_path) -> None:
    text = page_of(assay.compare(baseline, shifted), tmp_path)
    assert not re.search(r"https?://|<script|<link|@import|url\(|\bsrc=", text)


def test_every_chart_has_words_and_a_table(baseline, shifted, tmp_path) -> None:
    result = assay.compare(baseline, shifted)
    text = page_of(result, tmp_path)
    charts = text.count("<svg ")
    assert charts == len(result.columns)
    assert text.count('role="img" aria-label="Distribution of ') == charts
    assert text.count("<summary>Figures") == charts
    assert "prefers-color-scheme:dark" in text


def test_words_come_before_charts(baseline, shifted, tmp_path) -> None:
    text = page_of(assay.compare(baseline, shifted), tmp_path)
    assert text.index("2 of 7 features drifted") < text.index("shift of location +1.9 sd") < text.index("<svg ")


def test_names_and_levels_are_text_and_no_markup(tmp_path) -> None:
    evil = "<img src=x onerror=alert(1)>"
    then = pl.DataFrame({evil: ["a", "b"] * 500})
    text = page_of(assay.compare(then, pl.DataFrame({evil: ["a", evil] * 200})), tmp_path)
    assert "<img" not in text
    assert "&lt;img src=x" in text


def test_two_hundred_features_stay_under_two_megabytes(tmp_path) -> None:
    g = np.random.default_rng(0)
    then = pl.DataFrame(g.normal(size=(2_000, 200)))
    text = page_of(assay.compare(then, then.head(1_000) * 3 + 1, multivariate=False), tmp_path)
    assert 100_000 < len(text.encode()) < 2_000_000
