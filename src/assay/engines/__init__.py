"""Rows in, profiles out."""
