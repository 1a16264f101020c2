"""The worked examples of the pages on these numbers are what the product computes."""

import doctest
import re
from pathlib import Path

import pytest

from assay.stats.accuracy import METRICS
from assay.stats.estimation import EXPECTED_LOSS_METRICS, EXPECTED_METRICS, EXPECTED_MULTICLASS_METRICS

METHODS = Path(__file__).parents[3] / "docs" / "methods"
PAGES = [
    "accuracy_alarm",
    "auc",
    "calibration",
    "deviance",
    "estimated_accuracy",
    "intervals",
    "log_loss",
    "multiplicity",
    "online_fdr",
    "ranking",
    "rates",
    "rmse",
    "service_health",
]


@pytest.mark.parametrize("page", PAGES)
def test_the_worked_example_holds(page: str) -> None:
    text = (METHODS / f"{page}.md").read_text(encoding="utf-8")
    examples = "\n".join(re.findall(r"```pycon\n(.*?)```", text, re.DOTALL))
    parsed = doctest.DocTestParser().get_doctest(examples, {}, page, page, 0)
    assert parsed.examples, f"{page} has no worked example"
    failures: list[str] = []
    doctest.DocTestRunner(verbose=False).run(parsed, out=failures.append)
    assert not failures, "".join(failures)


def test_every_metric_is_in_the_table_of_metrics() -> None:
    text = (METHODS / "accuracy.md").read_text(encoding="utf-8")
    names = {name for metrics in METRICS.values() for name in metrics}
    assert {name for name in names if f"`{name}`" not in text} == set()


def test_every_metric_that_can_be_estimated_is_on_its_page() -> None:
    text = (METHODS / "estimated_accuracy.md").read_text(encoding="utf-8")
    names = {*EXPECTED_METRICS, *EXPECTED_MULTICLASS_METRICS, *EXPECTED_LOSS_METRICS}
    assert {name for name in names if name not in text} == set()


def test_every_link_between_the_pages_leads_somewhere() -> None:
    for page in [*PAGES, "accuracy"]:
        text = (METHODS / f"{page}.md").read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([a-z_]+\.md)\)", text):
            assert (METHODS / target).exists(), (page, target)
