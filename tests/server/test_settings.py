from datetime import timedelta
from pathlib import Path

import pytest

from assay.server.settings import ServerSettings
from assay.server.wiring import open_parts


def test_how_long_keys_are_kept_is_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for days, kept in ((None, 7), ("30", 30)):
        if days is not None:
            monkeypatch.setenv("ASSAY_IDEMPOTENCY_DAYS", days)
        parts = open_parts(ServerSettings(data_dir=tmp_path))
        parts.store.close()
        assert parts.context.limits.idempotency_keys_kept == timedelta(days=kept)


def test_keys_cannot_be_kept_for_less_than_a_day() -> None:
    with pytest.raises(ValueError, match="idempotency_days"):
        ServerSettings(idempotency_days=0)
