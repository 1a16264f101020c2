"""One process over a folder, killed at random moments under load."""

from pathlib import Path

from tests.crash.killing import require_nothing_lost
from tests.crash.services import embedded


def test_nothing_is_lost_and_nothing_counts_twice(tmp_path: Path) -> None:
    require_nothing_lost(embedded(tmp_path))
