"""Queued work: the queue, the worker and one handler per kind."""
