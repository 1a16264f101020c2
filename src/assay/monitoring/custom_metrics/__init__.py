"""Metrics of the user's own: values by time and by batch."""
