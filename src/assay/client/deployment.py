"""A deployment as the server tells it, and what it tracks."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from assay.client.shapes import At, Shape

_ID = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment(Shape):
    """A model in service.

    Attributes
    ----------
    target_type : str
        ``Binary``, ``Multiclass`` or ``Regression``.
    service_health, drift_health, accuracy_health : str or None
        ``passing``, ``warning``, ``failing`` or ``unknown``.
    """

    id: str
    label: str
    description: str | None = None
    importance: str | None = None
    created_at: datetime | None = None
    model_id: Annotated[str, At("model.id")]
    target_name: Annotated[str, At("model.targetName")]
    target_type: Annotated[str, At("model.targetType")]
    model_package_id: Annotated[str | None, At("modelPackage.id")] = None
    service_health: Annotated[str | None, At("serviceHealth.status")] = None
    drift_health: Annotated[str | None, At("modelHealth.status")] = None
    accuracy_health: Annotated[str | None, At("accuracyHealth.status")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Shape):
    """What a deployment tracks, and for how many days it keeps what came (None for ever).

    ``alpha``, ``big_psi`` and ``big_rate`` say from when on a change speaks against a batch.
    """

    batch_monitoring: Annotated[bool, At("batchMonitoring.enabled")] = False
    target_drift: Annotated[bool, At("targetDrift.enabled")] = False
    feature_drift: Annotated[bool, At("featureDrift.enabled")] = False
    prediction_rows_kept: Annotated[bool, At("predictionsDataCollection.enabled")] = False
    association_id_columns: Annotated[tuple[str, ...], At("associationId.columnNames")] = ()
    association_id_required: Annotated[bool, At("associationId.requiredInPredictionRequests")] = False
    rows_days: Annotated[int | None, At("retention.rowsDays")] = None
    actuals_days: Annotated[int | None, At("retention.actualsDays")] = None
    files_days: Annotated[int | None, At("retention.filesDays")] = None
    alpha: Annotated[float | None, At("verdict.alpha")] = None
    big_psi: Annotated[float | None, At("verdict.bigPsi")] = None
    big_rate: Annotated[float | None, At("verdict.bigRate")] = None


DeploymentLike = Deployment | str
"""A deployment, or its id."""


def deployment_id_of(deployment: DeploymentLike) -> str:
    """The id, whichever of the two was given."""
    return deployment if isinstance(deployment, str) else deployment.id


def is_id(text: str) -> bool:
    """Whether the text has the shape of the server's ids: 24 lower-case hexadecimal digits."""
    return _ID.fullmatch(text) is not None
