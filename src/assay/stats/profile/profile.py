"""Profile of some rows over a baseline's bins: all that is kept of them for drift.

See docs/methods/profile.md.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import polars as pl

from assay.errors import BinsMismatch, FormatUnreadable
from assay.stats.container import pack, unpack
from assay.stats.profile.bins import Bins, LevelBins
from assay.stats.profile.block import Block, Column
from assay.stats.profile.categorical import CategoricalColumn
from assay.stats.profile.layout import Layout
from assay.stats.profile.numeric import NumericColumn
from assay.stats.profile.words import TextColumn, WordBins

PROFILE_KIND = "profile"
PROFILE_VERSION = 1


@dataclass(frozen=True, eq=False)
class Profile:
    """Rows seen and the profile of every column, over fixed bins.

    A commutative monoid: ``merge`` adds, ``empty(bins)`` is its identity, and profiling rows in any partition
    gives the same counts exactly and the same moments up to rounding.

    Attributes
    ----------
    rows : int
    columns : mapping of str to Column
        In the order of the column names.

    Examples
    --------
    >>> from assay.stats.profile.bins import NumericBins
    >>> bins = {"x": NumericBins.of(pl.Series([1, 2, 3, 4])), "city": LevelBins.of(pl.Series(["a", "b"]))}
    >>> profile = Profile.of(pl.DataFrame({"x": [1, None, 9], "city": ["a", "z", "z"]}), bins)
    >>> profile.rows, profile.columns["x"].missing, profile.columns["city"].cells().tolist()
    (3, 1, [1, 0, 2, 0])
    >>> Profile.from_bytes(profile.to_bytes(), bins).merge(Profile.empty(bins)) == profile
    True
    """

    rows: int
    columns: Mapping[str, Column]

    @classmethod
    def empty(cls, bins: Mapping[str, Bins]) -> Self:
        """Profile of no rows."""
        return cls.of_missing(0, bins)

    @classmethod
    def of_missing(cls, rows: int, bins: Mapping[str, Bins]) -> Self:
        """Profile of rows that have a value in no column."""
        return cls(rows, {name: _all_missing(b, rows) for name, b in sorted(bins.items())})

    @classmethod
    def of(cls, frame: pl.DataFrame, bins: Mapping[str, Bins]) -> Self:
        """Profile of the rows of a frame.

        A column named in ``bins`` and absent from the frame counts as missing in every row; other columns of
        the frame are ignored.

        Raises
        ------
        Invalid
            When a column's type cannot be read as its bins need it.
        """
        present = set(frame.columns)
        return cls(
            frame.height,
            {
                name: _column_of(frame[name], b) if name in present else _all_missing(b, frame.height)
                for name, b in sorted(bins.items())
            },
        )

    @property
    def bins(self) -> Mapping[str, Bins]:
        """Bins of every column, as the baseline fixed them."""
        if isinstance(self.columns, StoredColumns):
            return self.columns.block.layout
        return {name: column.bins for name, column in self.columns.items()}

    def merge(self, other: Self) -> Self:
        """Profile of both inputs' rows; neither is changed.

        Raises
        ------
        BinsMismatch
            When the columns or their bins differ.
        """
        _require_same_columns(self.columns, other.columns)
        return type(self)(
            self.rows + other.rows,
            {name: _merged(name, column, other.columns[name]) for name, column in self.columns.items()},
        )

    def select(self, names: Iterable[str]) -> Self:
        """The same rows, with these columns only.

        Raises
        ------
        BinsMismatch
            When the profile has no such column.
        """
        wanted = sorted(set(names))
        absent = [name for name in wanted if name not in self.columns]
        if absent:
            raise BinsMismatch(f"The profile has no column {', '.join(map(repr, absent))}.")
        return type(self)(self.rows, {name: self.columns[name] for name in wanted})

    def to_bytes(self) -> bytes:
        """Bytes for `from_bytes`; a function of the content alone."""
        block = _block(self)
        buckets = block.bucket_bytes
        fields = {"rows": self.rows, "bins": block.layout.digest, "buckets": len(buckets)}
        return pack(PROFILE_KIND, PROFILE_VERSION, fields, block.arrays, attachment=buckets + block.distinct_bytes)

    @classmethod
    def from_bytes(cls, data: bytes, bins: Mapping[str, Bins]) -> Self:
        """Profile of bytes made by `to_bytes`, over the bins it was counted with.

        Columns are decoded when they are looked at. To read many profiles over the same bins, make a ``Layout``
        of them once and give that.

        Raises
        ------
        BinsMismatch
            When it was counted over other bins.
        FormatUnreadable
            When the bytes are damaged, of another kind, or too new.
        """
        layout = Layout.of(bins)
        contents = unpack(data, kind=PROFILE_KIND, newest=PROFILE_VERSION)
        rows, digest = contents.fields.get("rows"), contents.fields.get("bins")
        if not isinstance(rows, int) or rows < 0:
            raise FormatUnreadable(f"A stored profile has {rows!r} rows.")
        if digest != layout.digest:
            raise BinsMismatch(
                f"A stored profile of {rows} rows was counted over other bins than those of the {len(layout)} "
                "columns given. Read it with the bins of its own baseline."
            )
        split = contents.fields.get("buckets")
        if not isinstance(split, int) or split < 0:
            raise FormatUnreadable(f"A stored profile has log buckets of {split!r} bytes.")
        attached = contents.attachment
        return cls(rows, StoredColumns(Block.of_arrays(contents.arrays, attached[:split], attached[split:], layout)))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Profile)
            and self.rows == other.rows
            and dict(self.columns.items()) == dict(other.columns.items())
        )

    __hash__ = None  # type: ignore[assignment]  # compared by content that numpy cannot hash


@dataclass(frozen=True, eq=False)
class StoredColumns(Mapping[str, Column]):
    """Columns of a block, each made into an object when it is first asked for."""

    block: Block
    _known: dict[str, Column] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> Column:
        """Profile of one column."""
        if name not in self._known:
            self._known[name] = self.block.column(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.block.layout.bins)

    def __len__(self) -> int:
        return len(self.block.layout.bins)

    def __contains__(self, name: object) -> bool:
        return name in self.block.layout.bins


def merge_all(profiles: Iterable[Profile], bins: Mapping[str, Bins]) -> Profile:
    """Profile of all the rows of many profiles over the same bins; the empty one for none.

    Equal to merging them one by one, and much faster: cells are added up side by side for all columns.

    Raises
    ------
    BinsMismatch
        When one of them has other columns or bins.

    Examples
    --------
    >>> from assay.stats.profile.bins import NumericBins
    >>> bins = {"x": NumericBins.of(pl.Series([1, 2, 3, 4]))}
    >>> days = [Profile.of(pl.DataFrame({"x": [day]}), bins) for day in range(7)]
    >>> merge_all(days, bins).rows
    7
    """
    held = list(profiles)
    if not held:
        return Profile.empty(bins)
    layout = Layout.of(bins)
    blocks = [_block(profile) for profile in held]
    for block in blocks:
        _require_same_bins(layout, block.layout)
    return Profile(sum(profile.rows for profile in held), StoredColumns(Block.sum(blocks)))


def _column_of(values: pl.Series, bins: Bins) -> Column:
    if isinstance(bins, WordBins):
        return TextColumn.of(values, bins)
    return CategoricalColumn.of(values, bins) if isinstance(bins, LevelBins) else NumericColumn.of(values, bins)


def _all_missing(bins: Bins, rows: int) -> Column:
    if isinstance(bins, LevelBins):
        return replace(CategoricalColumn.empty(bins), missing=rows)
    if isinstance(bins, WordBins):
        return replace(TextColumn.empty(bins), missing=rows)
    return replace(NumericColumn.empty(bins), missing=rows)


def _block(profile: Profile) -> Block:
    if isinstance(profile.columns, StoredColumns):
        return profile.columns.block
    return Block.of_columns(profile.columns, Layout.of(profile.bins))


def _merged(name: str, one: Column, other: Column) -> Column:
    if isinstance(one, NumericColumn) and isinstance(other, NumericColumn) and one.bins == other.bins:
        return one.merge(other)
    if isinstance(one, CategoricalColumn) and isinstance(other, CategoricalColumn) and one.bins == other.bins:
        return one.merge(other)
    if isinstance(one, TextColumn) and isinstance(other, TextColumn) and one.bins == other.bins:
        return one.merge(other)
    raise BinsMismatch(
        f"Column {name!r} was counted over different bins in the two profiles. Profile both with one baseline."
    )


def _require_same_columns(one: Mapping[str, object], other: Mapping[str, object]) -> None:
    if one.keys() != other.keys():
        first, second = sorted(one.keys() - other.keys()), sorted(other.keys() - one.keys())
        raise BinsMismatch(
            f"Two profiles have different columns: only the first has {first}, only the second has {second}. "
            "Profile both with one baseline."
        )


def _require_same_bins(one: Layout, other: Layout) -> None:
    if one.digest == other.digest:
        return
    _require_same_columns(one, other)
    for name, bins in one.items():
        if bins != other[name]:
            raise BinsMismatch(
                f"Column {name!r} was counted over different bins in the two profiles. Profile both with one baseline."
            )
