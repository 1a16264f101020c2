"""The product agrees with the golden set kept in the repository."""

from pathlib import Path

import pytest
from tests.golden.case import Case
from tests.golden.check import main, misses, read

SET = Path(__file__).parent / "set"


@pytest.mark.parametrize("case", read(SET), ids=lambda case: case.id)
def test_every_expected_value_of_the_case_is_met(case: Case) -> None:
    missed = [str(miss) for found in misses(case).values() for miss in found]
    assert not missed, "\n".join(missed)


def test_a_value_that_nothing_checks_counts_as_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "expected.json").write_text(
        '{"cases": [{"id": "odd", "kind": "unheard of", "inputs": null, "params": {}, "rtol": 0, "atol": 0,'
        ' "tolerances": {}, "notes": "", "expected": {"a": 1, "b": null}}]}',
        encoding="utf-8",
    )
    assert main(str(tmp_path)) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 2 failed"


def test_a_whole_set_prints_its_count_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(str(SET)) == 0
    assert capsys.readouterr().out.endswith(" passed, 0 failed\n")
