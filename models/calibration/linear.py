"""The floor: logistic regression on 32 x 32 pixels. It must stay under a macro-F1 of 0.6.

python linear.py FOLDER > linear.json
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
from phantoms import LABELS, Part, read_site
from scores import report, write
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

SIDE = 32
# Inverse strength of the penalty, chosen on the threshold patients among these.
PENALTIES = (0.0003, 0.003, 0.03)


def _flat(part: Part) -> np.ndarray:
    return part.pictures.reshape(len(part.pictures), -1).astype(np.float64) / 255


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int)
    arguments = parser.parse_args()
    site = read_site(arguments.folder, SIDE, arguments.limit)
    scaler = StandardScaler().fit(_flat(site.train))
    train, threshold, unseen = (scaler.transform(_flat(part)) for part in (site.train, site.threshold, site.unseen))
    threshold_scores = np.zeros((len(threshold), len(LABELS)))
    unseen_scores = np.zeros((len(unseen), len(LABELS)))
    for column in range(len(LABELS)):
        best = -np.inf
        for penalty in PENALTIES:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                reader = LogisticRegression(C=penalty, max_iter=200).fit(train, site.train.labels[:, column])
            likelihood = -reader_loss(reader, threshold, site.threshold.labels[:, column])
            if likelihood > best:
                best = likelihood
                threshold_scores[:, column] = reader.decision_function(threshold)
                unseen_scores[:, column] = reader.decision_function(unseen)
    protocol = {
        "pixels": SIDE,
        "trained": len(train),
        "threshold": "best F1 per label on other patients",
        "thresholdPictures": len(threshold),
        "penalty": "best log-likelihood on the threshold patients",
    }
    write(
        report(
            "logistic regression on 32 x 32 pixels",
            protocol,
            (site.threshold.labels, threshold_scores),
            (site.unseen.labels, unseen_scores),
        )
    )


def reader_loss(reader: LogisticRegression, pixels: np.ndarray, truth: np.ndarray) -> float:
    """Mean negative log-likelihood."""
    margin = reader.decision_function(pixels)
    return float(np.mean(np.logaddexp(0, -np.where(truth == 1, margin, -margin))))


if __name__ == "__main__":
    main()
