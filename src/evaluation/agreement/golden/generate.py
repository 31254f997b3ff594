"""Writes kappa.json: pairs of readers scored by scikit-learn and statsmodels.

    python src/evaluation/agreement/golden/generate.py        (needs numpy, scikit-learn and statsmodels)

Each case is a square table of counts, the first reader by row. `kappa` is scikit-learn's cohen_kappa_score; standard
error and interval are statsmodels' cohens_kappa, whose kappa must be the same. `share` is the share on the diagonal
with statsmodels' Wilson interval.
"""

import json
import pathlib

import numpy as np
import sklearn
import statsmodels
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import proportion_confint

WEIGHTS = {"none": None, "linear": "linear", "quadratic": "quadratic"}


def scored(table, weights):
    k = len(table)
    first, second = [], []
    for i in range(k):
        for j in range(k):
            first += [i] * table[i][j]
            second += [j] * table[i][j]
    kappa = cohen_kappa_score(first, second, labels=list(range(k)), weights=WEIGHTS[weights])
    result = cohens_kappa(np.array(table), wt=WEIGHTS[weights])
    assert abs(result.kappa - kappa) < 1e-12, (table, weights)
    return {
        "kappa": float(kappa),
        "standardError": float(result.std_kappa),
        "low": float(result.kappa_low),
        "high": float(result.kappa_upp),
    }


def case(name, table):
    table = [[int(v) for v in row] for row in table]
    n = int(np.sum(table))
    agreed = int(np.trace(table))
    low, high = proportion_confint(agreed, n, alpha=0.05, method="wilson")
    return {
        "name": name,
        "table": table,
        "share": {"value": agreed / n, "low": float(low), "high": float(high)},
        **{weights: scored(table, weights) for weights in WEIGHTS},
    }


def main():
    rng = np.random.default_rng(20240611)
    cases = [
        # Fleiss, Cohen and Everitt's own example has these proportions, of 200 psychiatric patients.
        case("Fleiss, Cohen, Everitt 1969", [[106, 10, 4], [22, 28, 10], [2, 12, 6]]),
        case("always the same word, in two categories", [[7, 0, 0], [0, 0, 0], [0, 0, 5]]),
        case("never the same word", [[0, 3, 2], [4, 0, 1], [2, 2, 0]]),
        case("no more than chance", [[25, 25], [25, 25]]),
        case("one category hardly used", [[90, 4, 0], [5, 1, 0], [0, 0, 0]]),
        case("one item", [[0, 1], [0, 0]]),
    ]
    for index in range(12):
        k = int(rng.choice([3, 5]))
        n = int(rng.integers(8, 150))
        centre = rng.integers(0, k, n)
        slip = lambda: np.clip(centre + rng.integers(-1, 2, n) * (rng.random(n) < 0.4), 0, k - 1)
        table = np.zeros((k, k), dtype=int)
        np.add.at(table, (slip(), slip()), 1)
        cases.append(case(f"random {index}", table))
    reference = f"scikit-learn {sklearn.__version__}, statsmodels {statsmodels.__version__}"
    out = pathlib.Path(__file__).with_name("kappa.json")
    out.write_text(json.dumps({"reference": reference, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
