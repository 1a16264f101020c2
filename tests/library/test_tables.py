"""Every kind of table gives the same comparison, and what cannot be read is refused in words."""

from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import assay
from assay.errors import FileUnreadable, Invalid
from assay.library.tables import table


def pandas_of(frame: pl.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({c.name: c.to_list() for c in frame})


def test_every_kind_of_table_gives_the_same_comparison(baseline, shifted, tmp_path: Path) -> None:
    baseline.write_csv(tmp_path / "a.csv")
    baseline.write_parquet(tmp_path / "a.parquet")
    baseline.write_ipc_stream(tmp_path / "a.arrow")
    tables = [baseline.lazy(), baseline.to_arrow(), pandas_of(baseline)]
    tables += [str(tmp_path / "a.csv"), tmp_path / "a.parquet", tmp_path / "a.arrow"]
    expected = assay.compare(baseline, shifted, multivariate=False)
    for one in tables:
        found = assay.compare(one, shifted, multivariate=False)
        assert [(f.name, f.status, f.psi, f.p) for f in found.features] == [
            (f.name, f.status, f.psi, f.p) for f in expected.features
        ], type(one)


def test_pandas_types_keep_their_values_and_gaps() -> None:
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None, 3], dtype="Int64"),
            "real": [1.5, float("nan"), 2.5],
            "flag": pd.array([True, None, False], dtype="boolean"),
            "text": ["a", None, "b"],
            "level": pd.Categorical(["x", None, "y"]),
            "day": pd.to_datetime(["2026-01-01", None, "2026-01-03"]),
            "zoned": pd.to_datetime(["2026-01-01", None, "2026-01-03"], utc=True),
            7: [1, 2, 3],
        }
    )
    found = table(frame, "baseline")
    assert found["whole"].to_list() == [1.0, None, 3.0]
    assert found["real"].to_list() == [1.5, None, 2.5]
    assert found["flag"].to_list() == [True, None, False]
    assert found["text"].to_list() == ["a", None, "b"]
    assert found["level"].to_list() == ["x", None, "y"]
    assert found["day"].null_count() == found["zoned"].null_count() == 1
    assert found["7"].to_list() == [1, 2, 3]


def test_an_arrow_table_is_read() -> None:
    assert table(pa.table({"x": [1, None]}), "current")["x"].to_list() == [1, None]


@pytest.mark.parametrize(("source", "words"), [(3, "is a int"), ({"x": [1]}, "is a dict"), (None, "is a NoneType")])
def test_what_is_no_table_is_refused(source, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        table(source, "baseline")


def test_two_pandas_columns_of_one_name_are_refused() -> None:
    with pytest.raises(Invalid, match="two columns named 'x'"):
        table(pd.DataFrame([[1, 2]], columns=["x", "x"]), "baseline")


def test_files_that_are_not_there_or_damaged_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ragged.csv").write_text("a,b\n1,2\n3\n")
    (tmp_path / "no.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(FileUnreadable, match="not there"):
        table(tmp_path / "none.csv", "baseline")
    with pytest.raises(FileUnreadable, match="Line 3 has 1 fields"):
        table(tmp_path / "ragged.csv", "baseline")
    with pytest.raises(FileUnreadable, match="cannot be read as Parquet"):
        table(tmp_path / "no.parquet", "baseline")
    with pytest.raises(FileUnreadable, match="expected a name that ends in"):
        table(tmp_path / "a.xlsx", "baseline")


def test_pandas_categories_are_categories_even_where_they_look_like_numbers() -> None:
    then = pd.DataFrame({"zone": pd.Categorical([1, 2, 2] * 100, categories=[1, 2, 3])})
    now = pd.DataFrame({"zone": pd.Categorical([1, 7, 7] * 100)})
    [zone] = assay.compare(then, now, multivariate=False).features
    assert zone.kind == "Categorical"
    assert zone.words == "'2' is now '7' (66.7 % then, 66.7 % now)"
    # Numbers in Polars and truths of other makes are the same levels.
    for same in (pl.DataFrame({"zone": [1.0, 2.0, 2.0] * 100}), pl.DataFrame({"zone": ["1", "2", "2"] * 100})):
        assert assay.compare(then, same, multivariate=False).verdict.status == "passing"


def test_halves_of_characters_in_pandas_text_are_levels_of_their_own() -> None:
    frame = pd.DataFrame({"x": pd.Series(["\ud800", "a"] * 100, dtype=object)})
    assert table(frame, "baseline")["x"].to_list()[:2] == ["\\ud800", "a"]
    assert assay.compare(frame, frame, multivariate=False).verdict.status == "passing"


def test_arrow_columns_that_cannot_be_read_are_refused_with_the_reason() -> None:
    union = pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])])
    with pytest.raises(Invalid, match=r"The baseline, an Arrow Table, cannot be read: .*[Uu]nion"):
        table(pa.table({"u": union}), "baseline")
    with pytest.raises(Invalid, match=r"The current has two columns named 'a'\."):
        table(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), "current")


def test_a_query_that_fails_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"The current is a query that fails: .*nope"):
        table(pl.DataFrame({"a": [1]}).lazy().select("nope"), "current")
    with pytest.raises(Invalid, match="is a query that fails"):
        table(pl.scan_parquet(tmp_path / "missing.parquet"), "current")


@pytest.mark.parametrize(
    ("name", "words"), [("folder", "is a folder, expected a file"), ("folder.csv", "is a folder, expected a file")]
)
def test_a_folder_is_refused_as_a_folder(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(FileUnreadable, match=words):
        table(tmp_path / name, "baseline")
