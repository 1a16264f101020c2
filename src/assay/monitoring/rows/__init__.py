"""Rows: how they are read, told apart, profiled and kept."""
