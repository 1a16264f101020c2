"""The snippets of docs/http.md run as they stand against a running server, and give what the rows come to."""

import re
import sys
from pathlib import Path
from typing import Any

import httpx2
import polars as pl
import pytest
from tests.process import Running

PAGE = Path(__file__).parents[2] / "docs" / "http.md"
ADDRESS = "http://127.0.0.1:8700"


def flights(n: int) -> bytes:
    rows = pl.DataFrame({"flight_id": [f"b{i}" for i in range(n)], "distance": [100 + 7 * (i % 200) for i in range(n)]})
    rows = rows.with_columns(
        carrier=pl.Series(["AA", "UA", "DL"] * (n // 3)),
        late=pl.Series(["yes", "no"] * (n // 2)),
        p_late=pl.Series([0.75, 0.25] * (n // 2)),
    )
    return rows.write_csv().encode()


def test_every_snippet_runs_and_the_figures_are_those_of_the_rows(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The page's readers have httpx; here it is there under another name.
    monkeypatch.setitem(sys.modules, "httpx", httpx2)
    names: dict[str, Any] = {"token": server.token, "training": flights(600), "holdout": flights(300)}
    for snippet in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(snippet.replace(ADDRESS, server.url), names)  # noqa: S102  # the page's own code
    drift = {item["name"]: item for item in names["drift"]}
    assert {name: item["sampleSize"] for name, item in drift.items()} == {"distance": 3, "carrier": 3}
    found = {item["metricName"]: item for item in names["accuracy"]}
    # f1 was told late by 0.8 and was; f2 by 0.3 and was too.
    assert (found["Accuracy"]["value"], found["Accuracy"]["sampleSize"]) == (0.5, 2)
    assert [bucket["rowCount"] for bucket in names["by_day"]] == [0, 3, 0]
    of_aa = {item["metricName"]: item for item in names["accuracy_of_aa"]}
    assert (of_aa["Accuracy"]["value"], of_aa["Accuracy"]["sampleSize"]) == (1.0, 1)
    names["api"].close()
