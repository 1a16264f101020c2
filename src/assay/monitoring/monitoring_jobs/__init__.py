"""Monitoring jobs: rows fetched or uploaded, made into a batch; on demand and by schedule."""
