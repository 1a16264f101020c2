"""All that a verdict follows from, in one hash: while that is the same, so is the verdict."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from assay.monitoring.verdicts.custom_metrics import condition_figures, conditions
from assay.monitoring.verdicts.subject import Subject

# To be raised with every change of the rule, so that stored verdicts are not taken for those of the new one.
RULE = 1


def fingerprint(subject: Subject) -> str:
    """SHA-256 over rows, actuals, requests, values of metrics, baseline and settings, as they are now."""
    tx, model, batch = subject.tx, subject.model, subject.batch
    facts = {
        "rule": RULE,
        "baseline": None if model.baseline is None else model.baseline.id,
        "content": tx.uploads.extent(batch.id, model.model_id),
        "requests": [batch.requests_count, batch.user_errors, batch.server_errors],
        "accuracy": tx.accuracy.done(model.deployment.id, batch.id, model.model_id),
        "metrics": [_told(one) for one in condition_figures(subject)] if conditions(subject) else [],
        "settings": _settings(subject),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _settings(subject: Subject) -> dict[str, Any]:
    """Those that the rule reads, and the features whose importance it weighs."""
    settings, health = subject.model.deployment.settings, subject.health
    return {
        "rule": asdict(settings.verdict),
        "drift": [settings.feature_drift, settings.target_drift],
        "tracked": settings.tracked_features,
        "association": settings.association_id_column,
        "health": [asdict(health.data_drift), asdict(health.accuracy), asdict(health.custom_metrics)],
        "features": [(f.name, f.importance) for f in subject.model.features],
    }


def _told(figure: Any) -> list[Any]:
    categories = [(c.name, c.count) for c in figure.categories]
    return [figure.metric.id, figure.metric.name, figure.value, figure.sample_size, categories]
