"""Moments in query parameters."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic.json_schema import SkipJsonSchema

from assay.records.times import parse_time

# A plus sign that was not escaped arrives as a blank.
_LOST_PLUS = re.compile(r" (\d{2}:?\d{2})$")


def _parsed(value: Any) -> Any:
    return parse_time(_LOST_PLUS.sub(r"+\1", value), "time") if isinstance(value, str) else value


QueryTime = Annotated[datetime | SkipJsonSchema[None], BeforeValidator(_parsed)]
