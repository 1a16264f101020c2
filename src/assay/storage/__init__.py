"""Rows and bytes at rest."""
