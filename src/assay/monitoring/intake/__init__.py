"""Predictions come in: rows, files, aggregates; what counts, counts once."""
