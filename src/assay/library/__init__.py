"""Assay without a server: compare two tables, get a verdict with reasons, a table and a page."""

from assay.library.comparing import compare
from assay.library.comparison import Comparison
from assay.library.findings import FeatureComparison, Verdict
from assay.library.profiling import TableProfile, profile

__all__ = ["Comparison", "FeatureComparison", "TableProfile", "Verdict", "compare", "profile"]
