"""Golden checks of accuracy, intervals, many tests and service health, all through the public functions."""

import numpy as np
from tests.golden.case import Case, Check

from assay.stats import service
from assay.stats.accuracy import METRICS
from assay.stats.accuracy.binary import BinaryAccuracy
from assay.stats.accuracy.multiclass import MulticlassAccuracy, auc_by_class, macro_auc
from assay.stats.accuracy.ranking import delong_interval, delong_variance, hanley_mcneil_error
from assay.stats.accuracy.regression import RegressionAccuracy, median_absolute_error
from assay.stats.decision.multiplicity import benjamini_hochberg, benjamini_yekutieli, e_benjamini_hochberg, simes
from assay.stats.decision.online_fdr import lord_plus_plus
from assay.stats.estimate import Estimate
from assay.stats.estimation import EXPECTED_METRICS, ExpectedAccuracy, accuracy_error
from assay.stats.intervals import clopper_pearson, wilson


def binary(case: Case) -> dict[str, object]:
    columns, threshold = case.numbers(), case.params["threshold"]
    actual, score = np.array(columns["actual"]) == 1, np.array(columns["score"])
    rows = BinaryAccuracy.of(actual, score, threshold=threshold, weights=columns.get("weight"))
    estimates = {name: metric(rows) for name, metric in METRICS["Binary"].items()}
    return {
        **_values(estimates),
        **_confusion(rows),
        **_delong(rows),
        "Area Under PR Curve (average precision)": estimates["Area Under PR Curve"].value,
        "ECE_10_equal_width": estimates["ECE"].value,
        "Accuracy_ci_wilson": _ends(estimates["Accuracy"]),
        "TPR_ci_wilson": _ends(estimates["TPR"]),
        "LogLoss_ci": _ends(estimates["LogLoss"]),
        "Brier_ci": _ends(estimates["Brier"]),
        "calibration_bins": _calibration_bins(rows),
        "mean_predicted": rows.mean_predicted,
        "mean_actual": rows.mean_actual,
        "cbpe": _expected(ExpectedAccuracy.of(score, threshold=threshold)),
    }


def multiclass(case: Case) -> dict[str, object]:
    columns, classes = case.columns(), tuple(case.params["labels"])
    chances = np.array([columns[f"p_{name}"] for name in classes], dtype=float).T
    rows = MulticlassAccuracy.of([classes.index(name) for name in columns["actual"]], chances, classes=classes)
    values = _values({name: metric(rows) for name, metric in METRICS["Multiclass"].items()})
    return {
        **values,
        "AUC_ovr_per_class": _values(auc_by_class(rows)),
        "AUC_macro": macro_auc(rows).value,
        "F1_macro": values["Macro F1"],
        "Brier_multiclass": values["Brier"],
        "confusion": rows.table.rows.tolist(),
    }


def regression(case: Case) -> dict[str, object]:
    columns = case.numbers()
    actual, predicted = columns["actual"], columns["predicted"]
    rows = RegressionAccuracy.of(actual, predicted, weights=columns.get("weight"))
    estimates = {name: metric(rows) for name, metric in METRICS["Regression"].items()}
    return {
        **_values(estimates),
        "MAPE_rows_used": estimates["MAPE"].n,
        "median_absolute_error": median_absolute_error(actual, predicted),
        "RMSE_ci_delta": _ends(estimates["RMSE"]),
        "MAE_ci": _ends(estimates["MAE"]),
    }


def multiplicity(case: Case) -> dict[str, object]:
    if "e" in case.params:
        return {"rejected": e_benjamini_hochberg(case.params["e"], q=case.params["q"])}
    p = case.params["p"]
    return {"bh": benjamini_hochberg(p), "by": benjamini_yekutieli(p), "simes": simes(p)}


def online_fdr(case: Case) -> dict[str, object]:
    stream = lord_plus_plus(case.params["p"], q=case.params["q"], w0=case.params["w0"])
    return {"levels": list(stream.levels), "rejected": list(stream.rejected)}


def interval(case: Case) -> dict[str, object]:
    pairs = case.params["pairs"]
    return {
        "wilson": [list(wilson(k, n)) for k, n in pairs],
        "clopper_pearson": [list(clopper_pearson(k, n)) for k, n in pairs],
    }


def service_health(case: Case) -> dict[str, object]:
    columns, numbers = case.columns(), {k: v for k, v in case.columns().items() if k != "consumer"}
    seconds, times, statuses = (np.array(numbers[k], float) for k in ("second", "latency_ms", "status"))
    counts = service.ErrorCounts.of_statuses(statuses)
    load = service.Load.of(seconds, start=0, end=case.params["period_s"])
    return {
        "totalRequests": counts.requests,
        "slowRequests": service.slow_requests(times, case.params["slow_ms"]),
        "responseTime_quantiles_linear": {
            q: service.time_quantile(times, float(q)) for q in case.expected["responseTime_quantiles_linear"]
        },
        "userErrorRate": counts.user_error_rate.value,
        "serverErrorRate": counts.server_error_rate.value,
        "serverErrorRate_of_well_formed": counts.server_error_rate_of_well_formed.value,
        "numConsumers": service.consumers(columns["consumer"]),
        "medianLoad": load.median,
        "peakLoad": load.peak,
    }


CHECKS: dict[str, Check] = {
    "binary": binary,
    "multiclass": multiclass,
    "regression": regression,
    "multiplicity": multiplicity,
    "online_fdr": online_fdr,
    "interval": interval,
    "service": service_health,
}


def _values(estimates: dict[str, Estimate]) -> dict[str, object]:
    return {name: estimate.value for name, estimate in estimates.items()}


def _ends(estimate: Estimate) -> list[float | None]:
    return [estimate.low, estimate.high]


def _confusion(rows: BinaryAccuracy) -> dict[str, object]:
    counts = rows.confusion
    return {
        "TP": counts.true_positive.weight,
        "FP": counts.false_positive.weight,
        "TN": counts.true_negative.weight,
        "FN": counts.false_negative.weight,
    }


def _delong(rows: BinaryAccuracy) -> dict[str, object]:
    area = METRICS["Binary"]["AUC"](rows).value
    if area is None:
        return {}
    positives, negatives = rows.actual_positive, rows.n - rows.actual_positive
    return {
        "AUC_delong_var": delong_variance(rows.ranking),
        "AUC_ci_delong": list(delong_interval(rows.ranking)),
        "AUC_se_hanley_mcneil": hanley_mcneil_error(area, positives, negatives),
    }


def _calibration_bins(rows: BinaryAccuracy) -> list[list[float]]:
    bins = rows.calibration
    return [
        [i, int(bins.weight[i]), float(bins.score_sum[i]), int(bins.positives[i])]
        for i in np.flatnonzero(bins.weight).tolist()
    ]


def _expected(rows: ExpectedAccuracy) -> dict[str, object]:
    counts = rows.counts
    return {
        **{name: metric(rows).value for name, metric in EXPECTED_METRICS.items()},
        "TP": counts.true_positive,
        "FP": counts.false_positive,
        "TN": counts.true_negative,
        "FN": counts.false_negative,
        "Accuracy_se": accuracy_error(rows),
    }
