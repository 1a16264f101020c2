"""The files that the demo sends: made once from the flights, then sent again as they are.

A demo that was interrupted sends the same bytes under the same upload keys, which count once.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from assay.server.demo import departures
from assay.server.demo.departures import BATCH, FEATURES, ID, IN_HOLDOUT, SCHEDULED, Selection
from assay.server.demo.problems import OtherMaterial
from assay.server.demo.steps import Step
from assay.server.demo.subjects import SUBJECTS, Subject

if TYPE_CHECKING:
    from assay.server.demo.learning import Model

FORMAT = 1
CONTENTS = "contents.json"


@dataclass(frozen=True, slots=True)
class Material:
    """The files in a folder.

    Attributes
    ----------
    folder : Path
    selection : Selection
        The flights that they hold.
    """

    folder: Path
    selection: Selection

    def training(self, subject: Subject) -> Path:
        """Features and outcome of the flights that the model learned from."""
        return self.folder / f"{subject.file_stem}-training.parquet"

    def holdout(self, subject: Subject) -> Path:
        """Features, outcome and prediction of January's and February's other flights."""
        return self.folder / f"{subject.file_stem}-holdout.parquet"

    def predictions(self, subject: Subject, batch: str) -> Path:
        """Features and prediction of a month's flights."""
        return self.folder / f"{subject.file_stem}-{batch}.parquet"

    def actuals(self, subject: Subject, batch: str) -> Path:
        """The month's outcomes; missing for flights that never arrived."""
        return self.folder / f"{subject.file_stem}-{batch}-actuals.parquet"

    def importance(self, subject: Subject) -> dict[str, float]:
        """The model's features and how much it leans on each."""
        found: dict[str, float] = self._contents()["importance"][subject.file_stem]
        return found

    @property
    def is_ready(self) -> bool:
        """Whether the files are there.

        Raises
        ------
        OtherMaterial
            When they are, and hold other flights.
        """
        if not (self.folder / CONTENTS).exists():
            return False
        if {**self._contents(), "importance": None} != {**_contents(self.selection), "importance": None}:
            raise OtherMaterial(self.folder)
        return True

    def _contents(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / CONTENTS).read_text())
        return found


def preparation(material: Material) -> list[Step]:
    """What makes the files, if they are not there."""
    if material.is_ready:
        return []
    return list(_Workshop(material).steps())


class _Workshop:
    """Makes the files in a folder beside their own, which gets its name when all of them are there."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._bench = Material(material.folder.with_name(f"{material.folder.name}.unfinished"), material.selection)
        self._flights = pl.DataFrame()
        self._models: dict[str, Model] = {}
        self._importance: dict[str, dict[str, float]] = {}

    def steps(self) -> Iterator[Step]:
        yield _step("reading the flights, the weather and the planes", self._read)
        for subject in SUBJECTS:
            name = f"model '{subject.label}'"
            yield _step(f"{name} learns from January and February", partial(self._train, subject))
            yield _step(f"{name}: importance of the features", partial(self._weigh, subject))
            yield _step(f"{name}: predictions of every month", partial(self._predict, subject))
        yield _step("keeping the files", self._finish)

    def _read(self) -> None:
        shutil.rmtree(self._bench.folder, ignore_errors=True)
        self._bench.folder.mkdir(parents=True)
        self._flights = departures.read(self._bench.selection)

    def _train(self, subject: Subject) -> None:
        # Loading scikit-learn takes a second or two.
        from assay.server.demo.learning import Model  # noqa: PLC0415

        training = self._of_baseline(in_holdout=False)
        self._models[subject.file_stem] = Model(subject, training, self._bench.selection.seed)

    def _weigh(self, subject: Subject) -> None:
        holdout = self._of_baseline(in_holdout=True)
        self._importance[subject.file_stem] = self._models[subject.file_stem].importance(holdout)

    def _predict(self, subject: Subject) -> None:
        model = self._models[subject.file_stem]
        flights = self._flights.with_columns(model.predictions(self._flights), subject.outcomes(self._flights))
        baseline = departures.of_baseline(flights)
        answer, outcome = subject.prediction_column, subject.target.name
        self._keep(self._bench.training(subject), baseline.filter(~pl.col(IN_HOLDOUT)), [*FEATURES, outcome])
        self._keep(self._bench.holdout(subject), baseline.filter(IN_HOLDOUT), [*FEATURES, outcome, answer])
        for batch in self._bench.selection.batches:
            month = flights.filter(pl.col(BATCH) == batch)
            self._keep(self._bench.predictions(subject, batch), month, [ID, SCHEDULED, *FEATURES, answer])
            self._keep(self._bench.actuals(subject, batch), month, [ID, outcome])

    def _finish(self) -> None:
        contents = {**_contents(self._bench.selection), "importance": self._importance}
        (self._bench.folder / CONTENTS).write_text(json.dumps(contents, indent=2))
        shutil.rmtree(self._material.folder, ignore_errors=True)
        self._bench.folder.rename(self._material.folder)

    def _of_baseline(self, *, in_holdout: bool) -> pl.DataFrame:
        return departures.of_baseline(self._flights).filter(pl.col(IN_HOLDOUT) == in_holdout)

    def _keep(self, path: Path, rows: pl.DataFrame, columns: list[str]) -> None:
        rows.select(columns).write_parquet(path, compression="zstd")


def _step(words: str, act: Callable[[], None]) -> Step:
    return Step("Preparing", words, act)


def _contents(selection: Selection) -> dict[str, Any]:
    return {"format": FORMAT, "selection": selection.as_json()}
