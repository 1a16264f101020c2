"""Exports of rows, actuals and training data as files."""
