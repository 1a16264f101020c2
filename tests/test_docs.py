"""The documentation names everything there is: operations, commands, settings, metrics."""

import re
from pathlib import Path

import pytest
from docs import generate

from assay.server.settings import ServerSettings
from assay.stats.accuracy import METRICS
from assay.stats.drift import DISTANCES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def text_of(folder: Path) -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in sorted(folder.rglob("*.md")))


@pytest.mark.parametrize("name", generate.PAGES)
def test_the_generated_page_is_up_to_date(name: str) -> None:
    committed = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert committed == generate.PAGES[name](), "run ./run docs and commit the result"


def test_every_drift_metric_has_its_page() -> None:
    for name in DISTANCES:
        assert (DOCS / "methods" / f"{name}.md").is_file(), name


def test_every_accuracy_metric_is_described() -> None:
    methods = text_of(DOCS / "methods")
    for names in METRICS.values():
        for name in names:
            assert name in methods, name


def test_every_setting_is_described() -> None:
    settings = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    for name in ServerSettings.model_fields:
        assert f"ASSAY_{name.upper()}" in settings


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")]:
        # Code may look like a link: METRICS["AUC"](rows).
        prose = re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8"))
        prose = re.sub(r"(?m)^(?:    |>>>).*$|`[^`]*`", "", prose)
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose):
            if not target.startswith(("http://", "https://")):
                assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"
