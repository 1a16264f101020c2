"""Figures that pages show, from stored profiles and accumulators."""
