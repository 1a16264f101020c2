"""Every class of ``assay.stats`` that merges is a commutative monoid, and a partition gives the whole."""

import functools
import importlib
import inspect
import pkgutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.laws.cases import CASES

import assay.stats


def mergeable_classes() -> set[type]:
    """Public classes under ``assay.stats`` with ``empty``, ``of`` and ``merge``, found by import."""
    found = set()
    for module in pkgutil.walk_packages(assay.stats.__path__, "assay.stats."):
        for name, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            public = not name.startswith("_") and cls.__module__ == module.name
            if public and all(hasattr(cls, verb) for verb in ("empty", "of", "merge")):
                found.add(cls)
    return found


EVERY_CLASS = pytest.mark.parametrize("cls", CASES, ids=lambda cls: cls.__name__)


def test_every_class_that_merges_is_under_the_laws() -> None:
    assert mergeable_classes() == set(CASES)


@EVERY_CLASS
@given(data=st.data())
def test_empty_changes_nothing(cls: type, data: st.DataObject) -> None:
    case = CASES[cls]
    context = data.draw(case.context)
    value = case.of(context, data.draw(st.lists(case.row, max_size=12)))
    empty = case.empty(context)
    assert case.close(empty.merge(value), value)
    assert case.close(value.merge(empty), value)
    assert case.close(empty, case.of(context, []))


@EVERY_CLASS
@given(data=st.data())
def test_order_does_not_matter(cls: type, data: st.DataObject) -> None:
    case = CASES[cls]
    context = data.draw(case.context)
    one, other = (case.of(context, data.draw(st.lists(case.row, max_size=12))) for _ in range(2))
    assert case.close(one.merge(other), other.merge(one))


@EVERY_CLASS
@given(data=st.data())
def test_grouping_does_not_matter(cls: type, data: st.DataObject) -> None:
    case = CASES[cls]
    context = data.draw(case.context)
    a, b, c = (case.of(context, data.draw(st.lists(case.row, max_size=8))) for _ in range(3))
    assert case.close(a.merge(b).merge(c), a.merge(b.merge(c)))


@EVERY_CLASS
@given(data=st.data())
def test_any_partition_gives_the_value_of_the_whole(cls: type, data: st.DataObject) -> None:
    case = CASES[cls]
    context = data.draw(case.context)
    chunks = data.draw(st.lists(st.lists(case.row, max_size=12), max_size=5))
    parts = functools.reduce(cls.merge, (case.of(context, chunk) for chunk in chunks), case.empty(context))
    assert case.close(parts, case.of(context, [row for chunk in chunks for row in chunk]))


@EVERY_CLASS
@given(data=st.data())
def test_merging_changes_neither_input(cls: type, data: st.DataObject) -> None:
    case = CASES[cls]
    context = data.draw(case.context)
    rows = [data.draw(st.lists(case.row, max_size=8)) for _ in range(2)]
    one, other = (case.of(context, r) for r in rows)
    one.merge(other)
    assert case.close(one, case.of(context, rows[0]))
    assert case.close(other, case.of(context, rows[1]))
