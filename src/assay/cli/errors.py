"""What ends a command."""

import typer


class Problem(typer.TyperException):
    """Something that keeps a command from doing its work; said in one line, exit status 1."""

    exit_code = 1


class Usage(Problem):
    """Arguments that do not fit together or name nothing; said in one line, exit status 2."""

    exit_code = 2
