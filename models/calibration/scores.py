"""F1 per label at thresholds chosen on patients who are neither trained on nor scored."""

from __future__ import annotations

import json
import sys

import numpy as np
from phantoms import LABELS


def f1(truth: np.ndarray, said: np.ndarray) -> float:
    """2 TP / (2 TP + FP + FN); 0 where there is nothing to find and nothing was said."""
    true_positive = np.sum(truth & said)
    wrong = np.sum(truth ^ said)
    return float(2 * true_positive / (2 * true_positive + wrong)) if true_positive else 0.0


def best_threshold(truth: np.ndarray, score: np.ndarray) -> float:
    """The score at and above which saying yes gives the highest F1."""
    candidates = np.unique(score)
    order = np.argsort(score)
    sorted_truth = truth[order].astype(np.int64)
    start = np.searchsorted(score[order], candidates)
    after = np.concatenate([np.cumsum(sorted_truth[::-1])[::-1], [0]])
    hits = after[start]
    said = len(score) - start
    return float(candidates[np.argmax(2 * hits / (said + sorted_truth.sum()))])


def report(reader: str, protocol: dict, threshold: tuple, unseen: tuple) -> dict:
    """Scores a reader: (labels, scores) of the threshold patients and of the unseen ones, each (N, 14)."""
    per_label = {}
    for column, label in enumerate(LABELS):
        at = best_threshold(threshold[0][:, column].astype(bool), threshold[1][:, column])
        truth = unseen[0][:, column].astype(bool)
        per_label[label] = {
            "f1": round(f1(truth, unseen[1][:, column] >= at), 4),
            "positives": int(truth.sum()),
        }
    macro = float(np.mean([entry["f1"] for entry in per_label.values()]))
    return {
        "schema": "chexreason.calibration/1",
        "reader": reader,
        "protocol": protocol,
        "unseen": len(unseen[0]),
        "macroF1": round(macro, 4),
        "labels": per_label,
    }


def write(result: dict) -> None:
    json.dump(result, sys.stdout, indent=2)
    print()
