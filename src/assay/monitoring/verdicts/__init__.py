"""Verdicts: is this batch good, and why not."""
