"""Text alike in both databases: without the difference of upper and lower case, and in one order."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

# A database may have been made with rules that know only the letters of ASCII, so better ones are named: those of
# ICU, or those that newer versions bring themselves.
COLLATIONS = ("und-x-icu", "pg_unicode_fast", "pg_c_utf8")
_KNOWN = "assay_letters"


class Lowered(FunctionElement[str]):
    """Text in lower case."""

    type = sa.Text()
    name = "lowered"
    inherit_cache = True


@compiles(Lowered)
def _lower(element: Lowered, compiler: Any, **more: Any) -> str:
    return f"lower({compiler.process(element.clauses, **more)})"


@compiles(Lowered, "postgresql")
def _lower_by_rules(element: Lowered, compiler: Any, **more: Any) -> str:
    text = compiler.process(element.clauses, **more)
    rules = getattr(compiler.dialect, _KNOWN, None)
    return f"lower({text})" if rules is None else f'lower({text} COLLATE "{rules}")'


class CodePoints(FunctionElement[str]):
    """Text that sorts by its code points, as SQLite's does, whatever language the database was made for."""

    type = sa.Text()
    name = "code_points"
    inherit_cache = True


@compiles(CodePoints)
def _as_it_is(element: CodePoints, compiler: Any, **more: Any) -> str:
    return str(compiler.process(element.clauses, **more))


@compiles(CodePoints, "postgresql")
def _by_code_points(element: CodePoints, compiler: Any, **more: Any) -> str:
    return f'({compiler.process(element.clauses, **more)} COLLATE "C")'


def learn(engine: sa.Engine, connection: Any) -> None:
    """Find out which rules a PostgreSQL server has, by a driver's connection; `Lowered` uses them from then on."""
    query = "SELECT collname FROM pg_collation WHERE collname = ANY(%s) AND collencoding IN (-1, 6)"
    known = {name for (name,) in connection.execute(query, (list(COLLATIONS),)).fetchall()}
    setattr(engine.dialect, _KNOWN, next((name for name in COLLATIONS if name in known), None))
