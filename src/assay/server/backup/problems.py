"""Why a copy cannot be made, or not be used."""


class BackupProblem(Exception):
    """Says what was found, what was expected, and what to do."""
