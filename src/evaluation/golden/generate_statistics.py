"""Writes statistics.json and score-metrics.json: what scipy, statsmodels and scikit-learn say of the same numbers.

    python src/evaluation/golden/generate_statistics.py        (needs numpy, scipy, scikit-learn and statsmodels)
    npm run format

The calibration error is made of scikit-learn's calibration_curve and the bins' counts; scikit-learn has none itself.
"""

import json
import pathlib
import warnings

import numpy as np
import scipy
import sklearn
import statsmodels
from scipy import stats
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

HERE = pathlib.Path(__file__).parent


def floats(values):
    return [float(value) for value in values]


def bca_cases(rng):
    """A mean, a ratio and a share with many ties, each with scipy's own replicates and interval."""
    cases = []
    shapes = [("mean", 23), ("ratio", 40), ("share", 17)]
    for (name, n), level in zip(shapes, (0.95, 0.9, 0.8)):
        rows = rng.exponential(size=(n, 2)) if name != "share" else (rng.random((n, 2)) < 0.2).astype(float)
        statistic = {
            "mean": lambda index: rows[index, 0].mean(axis=-1),
            "ratio": lambda index: rows[index, 0].sum(axis=-1) / rows[index, 1].sum(axis=-1),
            "share": lambda index: rows[index, 0].mean(axis=-1),
        }[name]
        result = stats.bootstrap(
            (np.arange(n),),
            lambda index, axis=-1: statistic(index.astype(int)),
            n_resamples=400,
            confidence_level=level,
            method="BCa",
            rng=rng,
        )
        cases.append(
            {
                "name": name,
                "level": level,
                "value": float(statistic(np.arange(n))),
                "replicates": floats(result.bootstrap_distribution),
                "jackknife": floats(statistic(np.delete(np.arange(n), i)) for i in range(n)),
                "low": float(result.confidence_interval.low),
                "high": float(result.confidence_interval.high),
            }
        )
    return cases


def statistics(rng):
    z = [-7.5, -4, -3.25, -2, -1, -0.1, 0, 0.3, 1, 1.96, 2.5, 5, 8]
    p = [1e-6, 1e-4, 0.001, 0.025, 0.3, 0.5, 0.77, 0.975, 0.9999]
    shapes = [(0.5, 1), (0.5, 9.5), (4.5, 1.5), (3.5, 12), (100.5, 40), (1500.5, 2300)]
    pairs = [(0, 0), (1, 0), (5, 5), (2, 9), (9, 2), (13, 20), (60, 45), (400, 330)]
    families = [[0.01, 0.04, 0.03, 0.005], [0.5], [0.9, 0.2, 0.2, 0.6], list(rng.random(9) ** 3)]
    return {
        "reference": f"scipy {scipy.__version__}, statsmodels {statsmodels.__version__}",
        "normalCdf": [[float(x), float(stats.norm.cdf(x))] for x in z],
        "normalQuantile": [[x, float(stats.norm.ppf(x))] for x in p],
        "betaCdf": [[x, a, b, float(stats.beta.cdf(x, a, b))] for a, b in shapes for x in (0.01, 0.2, 0.4, 0.9)],
        "betaQuantile": [[x, a, b, float(stats.beta.ppf(x, a, b))] for a, b in shapes for x in (0.025, 0.5, 0.975)],
        "bca": bca_cases(rng),
        # Mid-p is not in statsmodels: the exact p less the chance of the smaller count (Fagerland et al. 2013, eq. 4).
        "mcnemar": [
            {
                "pair": [b, c],
                "exact": float(mcnemar([[0, b], [c, 0]], exact=True).pvalue) if b + c else 1.0,
                "mid": float(2 * stats.binom.cdf(min(b, c), b + c, 0.5) - stats.binom.pmf(min(b, c), b + c, 0.5)),
            }
            for b, c in pairs
        ],
        "holm": [{"p": floats(ps), "adjusted": floats(multipletests(ps, method="holm")[1])} for ps in families],
    }


def calibration_error(truth, probability, weight):
    """From calibration_curve on readings repeated as often as their weight says."""
    truth, probability = np.repeat(truth, weight), np.repeat(probability, weight)
    share, mean = calibration_curve(truth, probability, n_bins=10, strategy="uniform")
    bins = np.searchsorted(np.linspace(0, 1, 11)[1:-1], probability)
    counts = np.bincount(bins, minlength=10)
    return float(np.sum(counts[counts > 0] * np.abs(share - mean)) / len(truth))


def score_case(name, truth, score, probability, weight):
    return {
        "name": name,
        "truth": [int(value) for value in truth],
        "score": floats(score),
        "probability": floats(probability),
        "weight": [int(value) for value in weight],
        "auroc": float(roc_auc_score(truth, score, sample_weight=weight)),
        "auprc": float(average_precision_score(truth, score, sample_weight=weight)),
        "brier": float(brier_score_loss(truth, probability, sample_weight=weight)),
        "calibrationError": calibration_error(truth, probability, weight),
    }


def score_metrics(rng):
    cases = []
    for index in range(8):
        n = int(rng.integers(6, 80))
        truth = (rng.random(n) < rng.uniform(0.1, 0.6)).astype(int)
        truth[:2] = [0, 1]
        score = rng.normal(size=n) + truth * rng.uniform(0, 2)
        if index % 2:
            score = np.round(score * 2) / 2
        probability = 1 / (1 + np.exp(-score))
        if index == 6:
            probability = score = rng.integers(0, 11, n) / 10
        weight = np.ones(n, int) if index % 3 == 0 else rng.poisson(1, n)
        weight[:2] = 1
        cases.append(score_case(f"random {index}", truth, score, probability, weight))
    one = np.array([0, 1, 0, 1, 1])
    cases.append(score_case("one score for all", one, np.full(5, 0.3), np.full(5, 0.3), np.ones(5, int)))
    cases.append(score_case("the truth itself", one, one, one, np.ones(5, int)))
    cases.append(score_case("its opposite", one, 1 - one, 1 - one, np.ones(5, int)))
    return {"reference": f"scikit-learn {sklearn.__version__}", "cases": cases}


def main():
    warnings.simplefilter("error")
    rng = np.random.default_rng(20240612)
    for name, content in (("statistics", statistics(rng)), ("score-metrics", score_metrics(rng))):
        (HERE / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
