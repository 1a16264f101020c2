"""Query parameters of a list of deployments."""

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Query
from pydantic.json_schema import SkipJsonSchema

from assay.http.features import Flag
from assay.http.times import QueryTime
from assay.monitoring.deployments.deployment_views import DeploymentsWanted
from assay.records.deployments import DeploymentOrder, DeploymentQuery
from assay.records.users import User

OrderKey = Literal[
    "label",
    "-label",
    "serviceHealth",
    "-serviceHealth",
    "modelHealth",
    "-modelHealth",
    "accuracyHealth",
    "-accuracyHealth",
    "recentPredictions",
    "-recentPredictions",
    "lastPredictionTimestamp",
    "-lastPredictionTimestamp",
    "currentModelDeployedTimestamp",
    "-currentModelDeployedTimestamp",
    "createdAtTimestamp",
    "-createdAtTimestamp",
    "importance",
    "-importance",
    "fairnessHealth",
    "-fairnessHealth",
    "customMetricsHealth",
    "-customMetricsHealth",
    "actualsTimelinessHealth",
    "-actualsTimelinessHealth",
    "predictionsTimelinessHealth",
    "-predictionsTimelinessHealth",
    "createdAt",
    "-createdAt",
]
_STORED = {
    "label": DeploymentOrder.LABEL,
    "recentPredictions": DeploymentOrder.RECENT_PREDICTIONS,
    "lastPredictionTimestamp": DeploymentOrder.LAST_PREDICTION,
    "currentModelDeployedTimestamp": DeploymentOrder.MODEL_SINCE,
    "createdAtTimestamp": DeploymentOrder.CREATED,
    "createdAt": DeploymentOrder.CREATED,
    "importance": DeploymentOrder.IMPORTANCE,
}
_HEALTH = {"serviceHealth": "service", "modelHealth": "drift", "accuracyHealth": "accuracy"}

HealthWord = Literal["passing", "warning", "failing", "unknown", "unavailable"]
Words = list[str] | SkipJsonSchema[None]
HealthWords = list[HealthWord] | SkipJsonSchema[None]
Text = str | SkipJsonSchema[None]
Whole = int | SkipJsonSchema[None]


def _several(words: list[str] | None) -> tuple[str, ...] | None:
    return None if words is None else tuple(words)


class DeploymentFilter:
    """Query parameters of a list of deployments; those that are lists may come more than once, and any word will do."""

    def __init__(
        self,
        orderBy: Annotated[
            OrderKey | SkipJsonSchema[None],
            Query(
                description="Sort key; newest first unless told. The last four healths of the list, which this server "
                "does not tell, sort like createdAt."
            ),
        ] = None,
        search: Annotated[Text, Query(description="Text in the label.")] = None,
        serviceHealth: Annotated[HealthWords, Query(description="Keep deployments with this health.")] = None,
        modelHealth: Annotated[HealthWords, Query(description="Keep deployments with this drift health.")] = None,
        accuracyHealth: Annotated[HealthWords, Query(description="Keep deployments with this health.")] = None,
        role: Annotated[
            Literal["OWNER", "USER"] | SkipJsonSchema[None],
            Query(description="OWNER keeps those that the caller made, USER those of others that the caller sees."),
        ] = None,
        status: Annotated[
            list[Literal["active", "inactive"]] | SkipJsonSchema[None],
            Query(description="Keep those in this state; every deployment of this server is active."),
        ] = None,
        importance: Annotated[
            list[Literal["CRITICAL", "HIGH", "MODERATE", "LOW"]] | SkipJsonSchema[None],
            Query(description="Keep deployments of this importance."),
        ] = None,
        lastPredictionTimestampStart: Annotated[
            QueryTime, Query(description="Keep deployments with a prediction at this time or later.")
        ] = None,
        lastPredictionTimestampEnd: Annotated[
            QueryTime, Query(description="Keep deployments whose latest prediction is not later.")
        ] = None,
        predictionUsageDailyAvgGreaterThan: Annotated[
            Whole, Query(ge=-(2**53), le=2**53, description="Keep those with more rows a day, over seven days.")
        ] = None,
        predictionUsageDailyAvgLessThan: Annotated[
            Whole, Query(ge=-(2**53), le=2**53, description="Keep those with fewer rows a day, over seven days.")
        ] = None,
        defaultPredictionServerId: Annotated[
            Words, Query(description="Keep deployments that name this server.")
        ] = None,
        buildEnvironmentType: Annotated[Words, Query(description="Keep deployments of models so built.")] = None,
        executionEnvironmentType: Annotated[
            Words, Query(description="dedicated or external; every deployment of this server is external.")
        ] = None,
        predictionEnvironmentPlatform: Annotated[
            Words, Query(description="Keep deployments whose environment has this platform.")
        ] = None,
        createdByMe: Annotated[Flag | SkipJsonSchema[None], Query(description="Keep those of the caller.")] = None,
        createdBy: Annotated[Text, Query(description="Keep those of this user, told by id or name.")] = None,
        championModelExecutionType: Annotated[
            Words, Query(description="Keep deployments of models so run; every model of this server is external.")
        ] = None,
        championModelTargetType: Annotated[
            Words, Query(description="Keep deployments with this kind of target.")
        ] = None,
        tagKeys: Annotated[Words, Query(description="Keep deployments that have a tag of this name.")] = None,
        tagValues: Annotated[Words, Query(description="Keep deployments that have a tag of this value.")] = None,
    ) -> None:
        self._role, self._mine = role, (createdByMe or "false").lower() == "true"
        key = orderBy or "-createdAt"
        name = key.removeprefix("-")
        self._wanted = DeploymentsWanted(
            query=DeploymentQuery(
                search=search,
                order_by=_STORED.get(name, DeploymentOrder.CREATED),
                descending=key.startswith("-"),
                created_by=createdBy,
                importance=None if importance is None else tuple(importance),
                last_prediction_from=lastPredictionTimestampStart,
                last_prediction_to=lastPredictionTimestampEnd,
                more_a_day=predictionUsageDailyAvgGreaterThan,
                fewer_a_day=predictionUsageDailyAvgLessThan,
                prediction_servers=_several(defaultPredictionServerId),
                build_environments=_several(buildEnvironmentType),
                platforms=_several(predictionEnvironmentPlatform),
                target_types=_several(championModelTargetType),
            ),
            service=None if serviceHealth is None else tuple(serviceHealth),
            drift=None if modelHealth is None else tuple(modelHealth),
            accuracy=None if accuracyHealth is None else tuple(accuracyHealth),
            tag_names=_several(tagKeys),
            tag_values=_several(tagValues),
            health_order=_HEALTH.get(name),
        )
        # What is the same for every deployment of this server: none is kept unless its word is among those asked for.
        self._keeps_none = any(
            asked is not None and word not in asked
            for asked, word in (
                (status, "active"),
                (executionEnvironmentType, "external"),
                (championModelExecutionType, "external"),
            )
        )

    def wanted(self, caller: User) -> DeploymentsWanted:
        """The filters as the caller, who may mean himself, asks for them."""
        mine = self._mine or self._role == "OWNER"
        query = replace(
            self._wanted.query,
            owner_id=caller.id if mine else None,
            not_owner_id=caller.id if self._role == "USER" else None,
            none=self._keeps_none,
        )
        return replace(self._wanted, query=query)
