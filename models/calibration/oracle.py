"""The ceiling: a small convolutional network trained on the neutral site's true findings.

On unseen patients it must read a macro-F1 of at least 0.85 over the 14 labels: what is drawn can be seen.

    python oracle.py FOLDER > oracle.json
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
from phantoms import LABELS, Part, read_site
from scores import best_threshold, f1, report, write
from torch import nn

SIDE = 112
BATCH = 64
PEAK_RATE = 3e-3
WEIGHT_DECAY = 0.02


def _unit(inward: int, outward: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inward, outward, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(outward), nn.ReLU()
    )


class Residual(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.first = _unit(channels, channels)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.second(self.first(x)))


def network() -> nn.Sequential:
    """112 -> 56 -> 28 -> 14 -> 7 pixels; mean and maximum over the last map, since findings are local."""
    return nn.Sequential(
        _unit(1, 16, 2),
        _unit(16, 24),
        _unit(24, 48, 2),
        _unit(48, 48),
        _unit(48, 72, 2),
        Residual(72),
        _unit(72, 128, 2),
        Residual(128),
        Pool(),
        nn.Dropout(0.1),
        nn.Linear(256, len(LABELS)),
    )


class Pool(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)


def _tensor(pictures: np.ndarray) -> torch.Tensor:
    grey = torch.from_numpy(pictures).unsqueeze(1).float() / 255
    return ((grey - 0.5) * 4).contiguous(memory_format=torch.channels_last)


def _scores(model: nn.Module, part: Part) -> np.ndarray:
    model.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        batches = [model(_tensor(part.pictures[i : i + 256])).float() for i in range(0, len(part.pictures), 256)]
    return torch.cat(batches).numpy()


def _shifted(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Moves a batch by up to 4 pixels each way: a little more variety."""
    dx, dy = (int(torch.randint(-4, 5, (1,), generator=generator)) for _ in range(2))
    return torch.roll(pictures, (dy, dx), (2, 3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    generator = torch.Generator().manual_seed(arguments.seed)
    site = read_site(arguments.folder, SIDE, arguments.limit)
    model = network().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, weight_decay=WEIGHT_DECAY)
    steps = arguments.epochs * math.ceil(len(site.train.labels) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=steps, pct_start=0.15)
    truth = torch.from_numpy(site.train.labels).float()
    for epoch in range(arguments.epochs):
        began = time.monotonic()
        model.train()
        total = 0.0
        order = torch.randperm(len(truth), generator=generator)
        for batch in order.split(BATCH):
            pictures = _shifted(_tensor(site.train.pictures[batch.numpy()]), generator)
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(pictures)
            loss = nn.functional.binary_cross_entropy_with_logits(logits.float(), truth[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        seen = _scores(model, site.threshold)
        macro = np.mean(
            [
                f1(
                    site.threshold.labels[:, c].astype(bool),
                    seen[:, c] >= best_threshold(site.threshold.labels[:, c], seen[:, c]),
                )
                for c in range(len(LABELS))
            ]
        )
        print(
            f"epoch {epoch + 1}: loss {total / len(truth):.4f}, macro-F1 of the threshold patients {macro:.3f}, "
            f"{time.monotonic() - began:.0f} s",
            file=sys.stderr,
            flush=True,
        )
    protocol = {
        "pixels": SIDE,
        "trained": len(truth),
        "epochs": arguments.epochs,
        "seed": arguments.seed,
        "threshold": "best F1 per label on other patients",
        "thresholdPictures": len(site.threshold.labels),
        "parameters": sum(p.numel() for p in model.parameters()),
    }
    write(
        report(
            "convolutional network on true findings",
            protocol,
            (site.threshold.labels, _scores(model, site.threshold)),
            (site.unseen.labels, _scores(model, site.unseen)),
        )
    )


if __name__ == "__main__":
    main()
