"""Any interleaving of replacements, rows, actuals and deletions gives the figures of a model made of plain lists."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples
from tests.http import reference
from tests.http.reference import as_floats
from tests.http.versions import abandon, commit, opened, path_of
from tests.material import Prepared, Ready, binary_block, binary_rows, file_of, new_batch, upload
from tests.serving import Served, User, serving

BATCHES = 2
POOL = binary_rows(900, 400)
# Predictions of one id differ from delivery to delivery, so that it shows which one counts.
IDS = 18


@dataclass(frozen=True)
class Push:
    """Rows for a batch, or for its draft if it has one and they are meant for it, by file or by call."""

    batch: int
    to_draft: bool
    first: int
    rows: int
    first_id: int
    by_file: bool


@dataclass(frozen=True)
class Act:
    """Something done with a batch."""

    what: str
    batch: int


@dataclass(frozen=True)
class Outcomes:
    """Actuals of some ids."""

    first_id: int
    values: tuple[bool, ...]


# "go_on" opens a replacement, and commits the one that is open: most of what can be done should be done.
ACTS = ("go_on", "go_on", "go_on", "work", "work", "abandon", "delete")
BATCH = st.integers(0, BATCHES - 1)
PUSH = st.builds(
    Push,
    batch=BATCH,
    to_draft=st.sampled_from([True, True, False]),
    first=st.integers(0, 360),
    rows=st.integers(1, 12),
    first_id=st.integers(0, IDS - 12),
    by_file=st.booleans(),
)
TELL = st.builds(
    Outcomes,
    first_id=st.integers(0, IDS - 12),
    values=st.lists(st.booleans(), min_size=1, max_size=12).map(tuple),
)
ACT = st.builds(Act, what=st.sampled_from(ACTS), batch=BATCH)
STEPS = st.lists(st.one_of(ACT, ACT, PUSH, PUSH, TELL), min_size=6, max_size=18)
# Both batches hold the same ids, and their outcomes are known and computed, before anything else happens.
BEGINNING = (
    *(Push(batch, to_draft=False, first=batch * 50, rows=IDS, first_id=0, by_file=False) for batch in range(BATCHES)),
    Outcomes(0, tuple(i % 3 == 0 for i in range(IDS))),
    Act("work", 0),
)

Rows = list[tuple[int, pl.DataFrame]]


@dataclass
class Expected:
    """What the server should hold: deliveries with their order of arrival, by batch."""

    live: dict[int, Rows] = field(default_factory=lambda: {b: [] for b in range(BATCHES)})
    drafts: dict[int, Rows] = field(default_factory=dict)
    old: dict[int, list[Rows]] = field(default_factory=lambda: {b: [] for b in range(BATCHES)})
    actuals: dict[str, bool] = field(default_factory=dict)
    arrivals: int = 0

    def push(self, batch: int, rows: pl.DataFrame, *, to_draft: bool) -> None:
        self.arrivals += 1
        content = self.drafts[batch] if to_draft else self.live[batch]
        content.append((self.arrivals, rows))

    def matched(self, batch: int) -> pl.DataFrame:
        """The batch's rows with an actual whose prediction is the newest of its id among all live batches."""
        newest: dict[str, tuple[int, int]] = {}
        for content in self.live.values():
            for arrival, rows in content:
                for place, one in enumerate(rows["id"].to_list()):
                    newest[one] = max(newest.get(one, (0, 0)), (arrival, place))
        found = [
            {"score": score, "actual": self.actuals[one]}
            for arrival, rows in self.live[batch]
            for place, (one, score) in enumerate(zip(rows["id"].to_list(), rows["score"].to_list(), strict=True))
            if newest[one] == (arrival, place) and one in self.actuals
        ]
        return pl.DataFrame(found, schema={"score": pl.Float64, "actual": pl.Boolean})


@pytest.fixture(scope="module")
def shared(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all examples: each has batches and association ids of its own."""
    folder = tmp_path_factory.mktemp("laws") / "store"
    with prepared.copy(folder) as place, serving(place, prepared.tokens) as server:
        yield server


@dataclass
class Play:
    """An example on its way through the server and the model."""

    server: Served
    ready: Ready
    number: int
    expected: Expected = field(default_factory=Expected)
    batches: dict[int, str] = field(default_factory=dict)
    drafts: dict[int, str] = field(default_factory=dict)
    versions: dict[int, list[str]] = field(default_factory=lambda: {b: [] for b in range(BATCHES)})

    @property
    def user(self) -> User:
        return self.server.owner

    def begin(self) -> None:
        self.batches = {b: new_batch(self.user, self.ready) for b in range(BATCHES)}

    def do(self, step: Push | Act | Outcomes) -> None:
        if isinstance(step, Push):
            self.push(step)
        elif isinstance(step, Outcomes):
            self.tell(step)
        else:
            getattr(self, step.what)(step.batch)

    def push(self, step: Push) -> None:
        to_draft = step.to_draft and step.batch in self.drafts
        rows = POOL[step.first : step.first + step.rows].with_columns(
            pl.Series("id", [f"{self.number}-{step.first_id + i}" for i in range(step.rows)])
        )
        target = self.drafts[step.batch] if to_draft else self.batches[step.batch]
        if step.by_file:
            name = f"k{self.expected.arrivals}"
            assert upload(self.user, self.ready, target, name, file_of(rows)).status_code == 202
        else:
            block = binary_block(self.ready, rows, target)
            answer = self.user.post(self.ready.path("predictionInputs", "fromJSON"), {"data": [block]})
            assert answer.status_code == 202
        self.expected.push(step.batch, rows, to_draft=to_draft)

    def tell(self, step: Outcomes) -> None:
        told = {f"{self.number}-{step.first_id + i}": value for i, value in enumerate(step.values)}
        data = [{"associationId": i, "actualValue": "yes" if value else "no"} for i, value in told.items()]
        assert self.user.post(self.ready.path("actuals", "fromJSON"), {"data": data}).status_code == 202
        self.expected.actuals |= told

    def go_on(self, batch: int) -> None:
        if batch in self.drafts:
            self.commit(batch)
        else:
            self.open(batch)

    def open(self, batch: int) -> None:
        self.drafts[batch] = opened(self.user, self.ready, self.batches[batch])
        self.expected.drafts[batch] = []

    def commit(self, batch: int) -> None:
        answer = commit(self.user, self.ready, self.batches[batch], allowEmpty=True)
        assert answer.status_code == 200
        del self.drafts[batch]
        self.versions[batch].append(answer.json()["versionId"])
        self.expected.old[batch].append(self.expected.live[batch])
        self.expected.live[batch] = self.expected.drafts.pop(batch)

    def abandon(self, batch: int) -> None:
        if batch in self.drafts:
            assert abandon(self.user, self.ready, self.batches[batch]).status_code == 200
            del self.drafts[batch], self.expected.drafts[batch]

    def delete(self, batch: int) -> None:
        assert self.user.delete(path_of(self.ready, self.batches[batch])).status_code == 200
        self.batches[batch] = new_batch(self.user, self.ready)
        self.drafts.pop(batch, None)
        self.expected.drafts.pop(batch, None)
        self.versions[batch] = []
        self.expected.old[batch] = []
        self.expected.live[batch] = []

    def work(self, _: int) -> None:
        self.server.work()

    def check(self) -> None:
        self.server.work()
        for batch, content in self.expected.live.items():
            self.check_content(self.batches[batch], content)
            self.check_accuracy(self.batches[batch], self.expected.matched(batch))
            for version, old in zip(self.versions[batch], self.expected.old[batch], strict=True):
                self.check_content(version, old)
        for batch, content in self.expected.drafts.items():
            self.check_content(self.drafts[batch], content)

    def check_content(self, batch_id: str, content: Rows) -> None:
        rows = pl.concat([POOL.clear(), *(rows for _, rows in content)])
        assert self.user.read(path_of(self.ready, batch_id))["predictionsCount"] == rows.height
        found = {
            one["name"]: one
            for one in self.user.read(self.ready.path("featureDrift"), batchId=batch_id, metric="psi")["data"]
        }
        assert {one["sampleSize"] for one in found.values()} == {rows.height}
        if rows.height:
            training = self.ready.training
            cells = {
                name: reference.numeric_cells(as_floats(training[name].to_list()), as_floats(rows[name].to_list()))
                for name in ("age", "income")
            }
            cells["region"] = reference.level_cells(training["region"].to_list(), rows["region"].to_list())
            for name, pair in cells.items():
                expected = reference.distances(*pair)["psi"]
                assert found[name]["driftScore"] == pytest.approx(expected, rel=1e-9, abs=1e-12)

    def check_accuracy(self, batch_id: str, rows: pl.DataFrame) -> None:
        found = {
            one["metricName"]: one for one in self.user.read(self.ready.path("accuracy"), batchId=batch_id)["data"]
        }
        assert found["LogLoss"]["sampleSize"] == rows.height
        if not rows.height:
            return
        actual, score = rows["actual"].to_numpy(), np.clip(rows["score"].to_numpy(), 1e-15, 1 - 1e-15)
        loss = -np.where(actual, np.log(score), np.log(1 - score)).mean()
        assert found["LogLoss"]["value"] == pytest.approx(loss, rel=1e-9)
        hits = ((rows["score"] >= 0.5) == rows["actual"]).mean()
        assert found["Accuracy"]["value"] == pytest.approx(hits, rel=1e-12)
        if 0 < rows["actual"].sum() < rows.height:
            expected: Any = reference.binary_accuracy(actual, rows["score"].to_numpy())["AUC"]
            assert found["AUC"]["value"] == pytest.approx(expected, abs=found["AUC"].get("bound", 0.0) + 1e-9)


def test_any_interleaving_gives_the_figures_of_plain_lists(shared: Served, binary: Ready) -> None:
    numbers = iter(range(10**6))

    @examples(20)
    @given(steps=STEPS)
    def holds(steps: list[Push | Act | Outcomes]) -> None:
        play = Play(shared, binary, next(numbers))
        play.begin()
        for step in (*BEGINNING, *steps):
            play.do(step)
        play.check()

    holds()
