"""Fixtures of the demo's tests."""

import pytest
from tests.demo.runs import SMALL, Figures, Run, Silence, counted_run, in_process

from assay.server.demo.material import Material, preparation
from assay.server.demo.steps import carry_out


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ASSAY_URL", "ASSAY_TOKEN", "ASSAY_TOKEN_FILE", "ASSAY_HOST", "ASSAY_PORT", "ASSAY_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """The files of three months of 2,000 flights each, made once; nothing changes them."""
    material = Material(tmp_path_factory.mktemp("material") / "demo", SMALL)
    carry_out(preparation(material), Silence())
    return material


@pytest.fixture(scope="session")
def undisturbed(small: Material, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on the small material to which nothing happens."""
    with in_process(tmp_path_factory.mktemp("undisturbed")) as client:
        return counted_run(client, small)


@pytest.fixture(scope="session")
def expected(undisturbed: Run) -> Figures:
    """What every run on the small material must come to."""
    return Figures.of(undisturbed.figures)
