"""Batch monitoring of machine-learning deployments.

``assay.compare`` and ``assay.profile`` work without a server; they are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.library import Comparison, FeatureComparison, TableProfile, Verdict, compare, profile

__all__ = ["Comparison", "FeatureComparison", "TableProfile", "Verdict", "__version__", "compare", "profile"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # By name, so that `import assay` stays cheap and the command line's import contract can see that it does.
    if name in __all__:
        return getattr(import_module("assay.library"), name)
    raise AttributeError(f"module 'assay' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
