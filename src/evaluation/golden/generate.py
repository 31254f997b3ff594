"""Writes scores.json: random multi-label cases, degenerate ones among them, scored by scikit-learn.

    python src/evaluation/golden/generate.py        (needs numpy and scikit-learn)
    npm run format

Each case is a list of rows "truth/predicted" in bits, one character a label; a failed answer is "-" in place of its
bits. scikit-learn scores it twice: failed answers as all zeros, and left out. Jaccard is scikit-learn's samples
average over the rows whose truth is not empty; null where there are none. Balanced accuracy is one number a label;
null where the truth lacks positives or negatives, and then no part of the mean.
"""

import json
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn.metrics import accuracy_score, balanced_accuracy_score, jaccard_score, precision_recall_fscore_support

LABELS = 14


def averages(truth, predicted, average):
    p, r, f, _ = precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)
    return {"precision": float(p), "recall": float(r), "f1": float(f)}


def scores(truth, predicted):
    if len(truth) == 0:
        return None
    p, r, f, s = precision_recall_fscore_support(truth, predicted, average=None, zero_division=0)
    balanced = [
        float(balanced_accuracy_score(t, q)) if 0 < t.sum() < len(t) else None
        for t, q in zip(truth.T, predicted.T)
    ]
    defined = [value for value in balanced if value is not None]
    present = truth.any(axis=1)
    jaccard = None
    if present.any():
        jaccard = float(jaccard_score(truth[present], predicted[present], average="samples", zero_division=0))
    return {
        "macro": averages(truth, predicted, "macro"),
        "micro": averages(truth, predicted, "micro"),
        "perLabel": [
            {"precision": float(a), "recall": float(b), "f1": float(c), "support": int(d), "balancedAccuracy": e}
            for a, b, c, d, e in zip(p, r, f, s, balanced)
        ],
        "balancedAccuracy": float(np.mean(defined)) if defined else None,
        "subsetAccuracy": float(accuracy_score(truth, predicted)),
        "jaccard": jaccard,
    }


def case(name, truth, predicted, failed=None):
    truth, predicted = np.array(truth, dtype=int), np.array(predicted, dtype=int)
    failed = np.zeros(len(truth), dtype=bool) if failed is None else np.array(failed)
    predicted[failed] = 0
    bits = lambda row: "".join(str(int(v)) for v in row)
    return {
        "name": name,
        "rows": [f"{bits(t)}/{'-' if out else bits(p)}" for t, p, out in zip(truth, predicted, failed)],
        "asEmpty": scores(truth, predicted),
        "leftOut": scores(truth[~failed], predicted[~failed]),
    }


def main():
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", message="Only one label|.*single label")
    rng = np.random.default_rng(20240611)
    zeros, ones = np.zeros((6, LABELS)), np.ones((6, LABELS))
    some = (rng.random((6, LABELS)) < 0.3).astype(int)
    cases = [
        case("nothing true, nothing said", zeros, zeros),
        case("nothing true, all said", zeros, ones),
        case("all true, nothing said", ones, zeros),
        case("all true, all said", ones, ones),
        case("the truth itself", some, some),
        case("the opposite of the truth", some, 1 - some),
        case("one reading", some[:1], some[1:2]),
        case("every answer failed", some, zeros, [True] * 6),
        case("only failed answers have a positive label", [[1] * LABELS, [0] * LABELS], zeros[:2], [True, False]),
    ]
    for index in range(12):
        n = int(rng.integers(2, 60))
        prevalence = rng.uniform(0, 0.5, LABELS) * (rng.random(LABELS) < 0.8)
        truth = (rng.random((n, LABELS)) < prevalence).astype(int)
        hit, alarm = rng.random(), rng.random() * 0.3
        predicted = (rng.random((n, LABELS)) < np.where(truth == 1, hit, alarm)).astype(int)
        failed = rng.random(n) < (0.0 if index % 3 == 0 else 0.2)
        cases.append(case(f"random {index}", truth, predicted, failed))
    out = pathlib.Path(__file__).with_name("scores.json")
    text = json.dumps({"reference": f"scikit-learn {sklearn.__version__}", "cases": cases}, indent=1)
    out.write_text(text + "\n")


if __name__ == "__main__":
    main()
