"""Association ids as rows bring them: the caller's keys that tie predictions to actuals."""

import polars as pl

from assay.errors import Invalid


def check_association_ids(ids: pl.Series, place: str, *, required: bool, longest: int = 256) -> pl.Series:
    """Blank ids are missing; refuses ids that cannot be kept, and missing ones where each row needs one."""
    ids = without_blanks(ids)
    for wrong, reason in association_id_faults(ids, required=required, longest=longest):
        if wrong.any():
            raise Invalid(f"{place}, row {wrong.arg_true()[0] + 1}: {reason}.")
    return ids


def without_blanks(ids: pl.Series) -> pl.Series:
    """Blank ids are missing."""
    return ids.set(ids.str.strip_chars() == "", None)


def association_id_faults(ids: pl.Series, *, required: bool, longest: int = 256) -> list[tuple[pl.Series, str]]:
    """Which ids cannot be kept, and why; also missing ones where each row needs one."""
    faults = [
        ((ids.str.len_bytes() > longest), f"found an association id of more than {longest} bytes"),
        (
            ids.str.contains("\x00", literal=True),
            "found a NUL character in an association id, which no text may hold",
        ),
    ]
    if required:
        faults.insert(0, (ids.is_null(), "the deployment requires an association id for every row"))
    return [(wrong.fill_null(value=False), reason) for wrong, reason in faults]
