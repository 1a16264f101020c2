"""Drift of all columns together, which no single column may show. Needs rows, not profiles."""

from assay.stats.multivariate.domain import DomainClassifier, domain_classifier
from assay.stats.multivariate.reconstruction import Reconstruction, ReconstructionError, reconstruction_error

__all__ = [
    "DomainClassifier",
    "Reconstruction",
    "ReconstructionError",
    "domain_classifier",
    "reconstruction_error",
]
