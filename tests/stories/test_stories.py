"""Predictions come in, actuals come in, a page is asked for: the same figures whichever way a user takes."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score
from tests.process import running
from tests.stories.doors import CLASSES, DOORS, Door
from tests.workflows.figures import churn_psi, near
from tests.workflows.rows import CHURN_FEATURES, churn

BATCH = "2026-11"
FEATURES = list(CHURN_FEATURES)


@dataclass(frozen=True)
class Story:
    """A user's way in, and the rows that the user has."""

    door: Door
    training: pd.DataFrame
    rows: pd.DataFrame
    folder: Path

    def file(self, name: str, frame: pd.DataFrame) -> Path:
        path = self.folder / f"{name}.csv"
        frame.to_csv(path, index=False)
        return path

    @property
    def outcomes(self) -> pd.DataFrame:
        """What is known of two rows in three."""
        return self.rows.loc[self.rows.index % 3 != 0, ["key", "outcome"]]


@pytest.fixture(scope="module", params=list(DOORS))
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A deployment with one batch, whose predictions came first and whose actuals later, each sent twice."""
    folder = tmp_path_factory.mktemp(f"story-{request.param}")
    with running(folder) as server, closing(DOORS[request.param](server)) as door:
        told = Story(door, churn(11, 1_200), churn(13, 900, 0.6), folder)
        holdout = told.file("holdout", churn(12, 700)[["Yes", "outcome"]])
        told.door.deploy(told.file("training", told.training[[*FEATURES, "outcome"]]), holdout)
        report = told.door.predictions(BATCH, told.file("predictions", told.rows[[*FEATURES, "Yes", "key"]]))
        assert report["rows"] == 900
        for _ in range(2):
            told.door.actuals(told.file("outcomes", told.outcomes))
        yield told


def test_every_row_counts_once(story: Story) -> None:
    assert story.door.batch(BATCH)["predictionsCount"] == 900


def test_drift_is_that_of_the_rows(story: Story) -> None:
    drift = story.door.drift(BATCH)
    assert {name: one["driftScore"] for name, one in drift.items()} == churn_psi(story.training, story.rows)
    assert {(one["sampleSize"], one["baselineSampleSize"]) for one in drift.values()} == {(900, 1_200)}


def test_accuracy_is_that_of_the_rows_whose_outcome_is_known(story: Story) -> None:
    known = story.outcomes.index
    outcomes, scores = story.rows["outcome"][known] == CLASSES[0], story.rows["Yes"][known]
    accuracy = story.door.accuracy(BATCH)
    assert accuracy["LogLoss"]["value"] == near(log_loss(outcomes, scores))
    assert accuracy["LogLoss"]["sampleSize"] == len(known)
    # Scores are kept in cells, and the page says how far that can move the area.
    auc = accuracy["AUC"]
    assert abs(auc["value"] - roc_auc_score(outcomes, scores)) <= auc["bound"] + 1e-12 < 1e-3
