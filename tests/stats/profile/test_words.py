"""Text columns: words, their cells and their changes."""

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from assay.errors import BinsMismatch, Invalid
from assay.stats.drift import DISTANCES, drift_score
from assay.stats.drift.word_changes import word_changes
from assay.stats.profile.words import TextColumn, WordBins


def texts(rows: list[str | None]) -> pl.Series:
    return pl.Series("note", rows, dtype=pl.String)


def column(rows: list[str | None], bins: WordBins) -> TextColumn:
    return TextColumn.of(texts(rows), bins)


def test_words_are_runs_of_letters_marks_and_digits_in_lower_case() -> None:
    bins = WordBins.of(texts(["Don't stop-me NOW_5!", "ÉTÉ e\u0301te\u0301 😀 ...", None, ""]))
    assert set(bins.words) == {"don", "t", "stop", "me", "now", "5", "été", "e\u0301te\u0301"}


def test_the_words_of_most_rows_are_kept_ties_by_code_point() -> None:
    # "a" stands five times, but in one row only.
    assert WordBins.of(texts(["a a a a a", "c b", "c b"]), top=2).words == ("b", "c")
    assert len(WordBins.of(texts([f"w{i}" for i in range(1500)])).words) == 1000


def test_a_row_counts_once_for_each_of_its_words() -> None:
    bins = WordBins.of(texts(["good", "not good"]))
    found = column(["good good not", "Good", "bad", "", None], bins)
    assert found.cells().tolist() == [2, 1, 2, 1]
    assert (found.rows, found.texts, found.missing) == (5, 4, 1)
    assert found.shares.tolist() == [0.4, 0.2]
    assert found.distinct.estimate == 4


@pytest.mark.parametrize("rows", [[], [None], ["", "..."]])
def test_a_baseline_without_words_has_cells_for_texts_without_words(rows: list[str | None]) -> None:
    bins = WordBins.of(texts(rows))
    assert bins.words == ()
    found = column(["good", None], bins)
    assert found.cells().tolist() == [1, 1]
    assert word_changes(found, found) == []


def test_numbers_are_read_as_texts_and_lists_are_refused() -> None:
    assert WordBins.of(pl.Series([5, 5, 7])).words == ("5", "7")
    with pytest.raises(Invalid):
        WordBins.of(pl.Series([["a"]]))


def test_profiles_over_other_words_do_not_merge() -> None:
    one, other = (TextColumn.empty(WordBins.of(texts([word]))) for word in ("a", "b"))
    with pytest.raises(BinsMismatch):
        one.merge(other)
    with pytest.raises(BinsMismatch):
        word_changes(one, other)


@pytest.mark.parametrize("metric", DISTANCES)
def test_distances_are_null_without_rows_and_zero_without_change(metric: str) -> None:
    bins = WordBins.of(texts(["good", "not good"]))
    rows = column(["good", "not good", None], bins)
    assert drift_score(metric, rows, TextColumn.empty(bins)) is None
    assert drift_score(metric, rows, rows) == pytest.approx(0.0, abs=1e-12)
    assert drift_score(metric, rows, column(["not"] * 9, bins)) > 0.05


def test_longer_texts_of_the_same_words_are_no_drift() -> None:
    bins = WordBins.of(texts(["a b"] * 5 + ["c d"] * 5))
    short, long = column(["a", "b", "c", "d"] * 5, bins), column(["a b c d"] * 5, bins)
    assert drift_score("dissimilarity", short, long) == 0.0
    assert all(change.current - change.baseline == 0.75 for change in word_changes(short, long))


def test_changes_by_hand_and_against_fisher() -> None:
    bins = WordBins.of(texts(["a"] * 10 + ["b"] * 10))
    one, other = column(["a"] * 10 + ["b"] * 10, bins), column(["b"] * 12, bins)
    changes = {change.word: change for change in word_changes(one, other)}
    fisher = stats.fisher_exact([[10, 10], [0, 12]]).pvalue
    assert (changes["a"].baseline, changes["a"].current) == (0.5, 0.0)
    # Two words are tested.
    assert changes["a"].p == pytest.approx(2 * fisher)
    # Half a row in each cell: 10.5 of 21 against 0.5 of 13, less what chance adds.
    p, q = 10.5 / 21, 0.5 / 13
    index = (q - p) * math.log(q / p) + (p - q) * math.log((1 - q) / (1 - p))
    assert changes["a"].psi_bc == pytest.approx(index - (1 / 20 + 1 / 12))
    assert word_changes(one, TextColumn.empty(bins)) is None


def test_a_word_that_is_expected_in_fewer_than_five_rows_is_not_tested() -> None:
    bins = WordBins.of(texts(["a"] * 49 + ["b"] * 51))
    one = column(["a"] * 49 + ["b"] * 51, bins)
    changes = {change.word: change.p for change in word_changes(one, column(["a"] * 10, bins))}
    assert changes["a"] is None
    assert changes["b"] == pytest.approx(stats.fisher_exact([[51, 49], [0, 10]]).pvalue)


def test_words_that_hardly_changed_take_the_chi_square_of_two_shares() -> None:
    bins = WordBins.of(texts(["a", "b"]))
    one, other = column(["a"] * 500 + ["b"] * 500, bins), column(["a"] * 460 + ["b"] * 540, bins)
    want = stats.chi2_contingency([[500, 500], [460, 540]], correction=False).pvalue
    assert [change.p for change in word_changes(one, other)] == pytest.approx([2 * want, 2 * want])


@given(st.lists(st.text(max_size=8) | st.none(), max_size=10))
def test_any_text_can_be_profiled(rows: list[str | None]) -> None:
    bins = WordBins.of(texts(rows), top=5)
    found = column(rows, bins)
    assert found.rows == len(rows)
    assert (found.counts[:-1] <= found.texts).all()
