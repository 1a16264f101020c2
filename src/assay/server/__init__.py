"""The composition root: settings, wiring and the operator's commands."""
