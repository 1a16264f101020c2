import dataclasses
import importlib
import inspect
import pkgutil

import pytest
from tests.storage import records as new

from assay import records
from assay.records.batches import BatchOrder
from assay.records.limits import Limits

MODULES = [importlib.import_module(f"assay.records.{m.name}") for m in pkgutil.iter_modules(records.__path__)]
CLASSES = [
    cls
    for m in MODULES
    for _, cls in inspect.getmembers(m, inspect.isclass)
    if dataclasses.is_dataclass(cls) and cls.__module__ == m.__name__
]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_records_are_frozen_and_hold_only_their_fields(cls):
    assert cls.__dataclass_params__.frozen
    assert set(cls.__slots__) == {f.name for f in dataclasses.fields(cls)}


def test_a_package_knows_its_features_by_name():
    package = new.package(1)
    assert package.feature("x") is package.features[0]
    assert package.feature("X") is None


def test_every_order_of_batches_exists_both_ways():
    assert {f"-{o}" for o in BatchOrder if not o.startswith("-")} == {o for o in BatchOrder if o.startswith("-")}


def test_bytes_of_a_baseline_are_not_shown():
    shown = repr(new.baseline(1, feature_bins=b"very long bytes"))
    assert "very long bytes" not in shown


def positive(limit):
    return limit > type(limit)(0)


def test_every_limit_is_positive():
    assert [f.name for f in dataclasses.fields(Limits) if not positive(getattr(Limits(), f.name))] == []
