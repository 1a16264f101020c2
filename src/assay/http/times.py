"""Moments in query parameters."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from assay.errors import Invalid
from assay.records.times import EXPECTED_TIME, parse_time

# A plus sign that was not escaped arrives as a blank.
_LOST_PLUS = re.compile(r" (\d{2}:?\d{2})$")


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_time(_LOST_PLUS.sub(r"+\1", value))
    except Invalid as refusal:
        # The framework knows the parameter's name.
        raise PydanticCustomError("time", EXPECTED_TIME) from refusal


QueryTime = Annotated[datetime | SkipJsonSchema[None], BeforeValidator(_parsed)]
