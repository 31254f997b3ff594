"""Reads a phantom site in the plain folder form (`labels.csv` and `images/`) into arrays, and splits it by patient.

The labels are the site's own. On `phantom-neutral` they are the true findings; no sidecar is opened.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

LABELS = (
    "No Finding",
    "Enlarged Cardiomediastinum",
    "Cardiomegaly",
    "Lung Opacity",
    "Lung Lesion",
    "Edema",
    "Consolidation",
    "Pneumonia",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Effusion",
    "Pleural Other",
    "Fracture",
    "Support Devices",
)


@dataclass(frozen=True)
class Part:
    """Pictures (N, side, side) uint8 and labels (N, 14) in {0, 1} of one set of patients."""

    pictures: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Site:
    """`train` fits, `threshold` chooses each label's threshold, `unseen` is scored once."""

    train: Part
    threshold: Part
    unseen: Part


def _bucket(patient: str) -> int:
    """A number in 0..99 that depends on the patient alone."""
    return int.from_bytes(hashlib.sha256(patient.encode()).digest()[:4], "little") % 100


def read_site(folder: Path, side: int, limit: int | None = None) -> Site:
    """Reads at most `limit` pictures, scaled to `side` pixels: 80 % of patients train, 10 % and 10 % the rest."""
    with (folder / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))[:limit]
    pictures = np.empty((len(rows), side, side), np.uint8)
    labels = np.zeros((len(rows), len(LABELS)), np.uint8)
    for i, row in enumerate(rows):
        with Image.open(folder / row["image"]) as image:
            grey = image.convert("L")
            if grey.size != (side, side):
                grey = grey.resize((side, side), Image.Resampling.BOX)
            pictures[i] = np.asarray(grey)
        for name in filter(None, row["labels"].split("|")):
            labels[i, LABELS.index(name)] = 1
    bucket = np.array([_bucket(row["patient"]) for row in rows])
    parts = (bucket < 80, (bucket >= 80) & (bucket < 90), bucket >= 90)
    return Site(*(Part(pictures[chosen], labels[chosen]) for chosen in parts))
