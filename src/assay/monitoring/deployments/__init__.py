"""Deployments and their batches: made, changed, replaced, judged, deleted."""
