"""The snippets of docs/library.md run, in order, and print what the page says."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "library.md"


def test_every_snippet_runs(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for snippet in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(snippet, names)  # noqa: S102  # the page's own code
    printed = capsys.readouterr().out
    shown = re.search(r"```text\n(.*?)```", text, re.DOTALL)
    assert shown is not None
    assert printed.startswith(shown.group(1))
    assert (tmp_path / "report.html").is_file()
    assert names["drifted"].features[0].causes[0].code == "unit_or_scale_change"
