"""Batch monitoring of machine-learning deployments."""

__version__ = "0.1.0"
