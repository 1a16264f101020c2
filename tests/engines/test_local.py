import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from tests.engines.conformance import FORMS, EngineConformance

from assay.engines.local import LocalEngine
from assay.errors import FileUnreadable
from assay.records.datasets import FileForm

# Memory of the process's own: pages of the file that the system keeps at hand are not counted.
READ_ALL = """
import re, sys
from pathlib import Path
from assay.engines.local import LocalEngine
from assay.records.datasets import FileForm
rows = peak = 0
for chunk in LocalEngine().chunks(Path(sys.argv[1]), FileForm(sys.argv[2]), rows=10_000):
    rows += chunk.height
    peak = max(peak, int(re.search(r"RssAnon:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]))
print(rows, peak)
"""


class TestLocalEngine(EngineConformance):
    @pytest.fixture
    def engine(self):
        return LocalEngine()


def test_the_messages_of_the_reader_are_shown_as_one_line(tmp_path):
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1" + bytes(40) + b"PAR1")
    with pytest.raises(FileUnreadable) as refusal:
        LocalEngine().columns(path, FileForm.PARQUET)
    assert "\n" not in str(refusal.value)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell a process's own memory")
@FORMS
def test_memory_does_not_grow_with_the_rows(tmp_path, form):
    few, many = 100_000, 800_000
    rows, peaks = zip(*(_read_in_a_process(tmp_path, form, n) for n in (few, many)), strict=True)
    assert rows == (few, many)
    # The rows alone would take ten columns of eight bytes more.
    assert peaks[1] - peaks[0] < (many - few) * 80 * 0.75


def _read_in_a_process(folder, form, rows):
    path = folder / f"{rows}.{form}"
    n = pl.int_range(rows, eager=True).cast(pl.Float64)
    frame = pl.DataFrame({f"column{i}": (n * (i + 1)).sqrt() for i in range(10)})
    if form is FileForm.CSV:
        frame.write_csv(path)
    elif form is FileForm.PARQUET:
        frame.write_parquet(path, row_group_size=10_000)
    else:
        _write_record_batches(frame, path)
    # Polars reads some pieces of a CSV file ahead. Small ones show with few rows what large ones do with many.
    polars = {"POLARS_MAX_THREADS": "2", "POLARS_CSV_CHUNK_SIZE": "500000"}
    environment = {**os.environ, **polars, "PYTHONPATH": os.pathsep.join(sys.path)}
    answer = subprocess.run(
        [sys.executable, "-c", READ_ALL, str(path), form], env=environment, check=True, capture_output=True, text=True
    )
    found, kibibytes = map(int, answer.stdout.split())
    return found, kibibytes * 1024


def _write_record_batches(frame, path):
    pyarrow = pytest.importorskip("pyarrow")
    table = frame.to_arrow()
    with pyarrow.ipc.new_stream(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=10_000)
