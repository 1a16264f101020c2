"""Features of a model on the wire: a page of them, for packages and deployments alike."""

from typing import Annotated, Literal

from fastapi import Depends, Query, Request
from pydantic.json_schema import SkipJsonSchema

from assay.http.bodies import Body
from assay.http.paging import page_body
from assay.monitoring import models
from assay.monitoring.models import FeatureQuery
from assay.records.models import Feature
from assay.records.pages import PageRequest

Flag = Literal["false", "False", "true", "True"]


class FeatureBody(Body):
    """One feature of a model."""

    name: str
    feature_type: Literal["Numeric", "Categorical", "Binary", "Text", "Date"] | None
    importance: float | None
    date_format: str | None
    known_in_advance: bool


class FeaturePage(Body):
    """A page of Feature objects."""

    count: int
    total_count: int
    next: str | None
    previous: str | None
    data: list[FeatureBody]


class FeatureFilter:
    """Query parameters of a list of features."""

    def __init__(
        self,
        offset: Annotated[int, Query(ge=0, description="Items to leave out from the start.")] = 0,
        limit: Annotated[int, Query(ge=0, description="Most items of the page; 0 means all.")] = 0,
        search: Annotated[str | SkipJsonSchema[None], Query(description="Text in the name.")] = None,
        orderBy: Annotated[
            Literal["name", "-name", "importance", "-importance"], Query(description="Sort key.")
        ] = "name",
        forSegmentedAnalysis: Annotated[
            Flag, Query(description="Keep features that segments can be made of.")
        ] = "false",
        includeNonPredictionFeatures: Annotated[  # noqa: ARG002  # part of the contract, without effect
            Flag, Query(description="External models have no other features; kept for clients that send it.")
        ] = "false",
    ) -> None:
        self.query = FeatureQuery(search, orderBy, forSegmentedAnalysis.lower() == "true")
        self.request = PageRequest(offset, limit or None)


Features = Annotated[FeatureFilter, Depends()]


def features_page(request: Request, found: tuple[Feature, ...], wanted: FeatureFilter) -> dict[str, object]:
    """A page of a model's features."""
    return page_body(request, models.chosen_features(found, wanted.query, wanted.request), _feature)


def _feature(feature: Feature) -> FeatureBody:
    return FeatureBody(
        name=feature.name,
        feature_type=str(feature.kind),  # type: ignore[arg-type]  # the enum has these words
        importance=feature.importance,
        date_format="ISO 8601" if feature.kind == "Date" else None,
        known_in_advance=False,
    )
