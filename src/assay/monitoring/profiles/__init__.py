"""Stored profiles: written in fragments, cut by time and segment, loaded merged."""
