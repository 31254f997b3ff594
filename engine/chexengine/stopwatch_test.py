"""Sums by name, also of work that fails."""

import pytest

from chexengine import stopwatch


def test_adds_what_each_block_took(monkeypatch):
    ticks = iter([10.0, 10.5, 20.0, 23.0, 30.0, 31.0])
    monkeypatch.setattr(stopwatch.time, "perf_counter", lambda: next(ticks))
    watch = stopwatch.Stopwatch()
    with watch.measure("Forward"):
        pass
    with watch.measure("Sample"):
        pass
    with pytest.raises(KeyError), watch.measure("Forward"):
        raise KeyError
    assert watch.seconds() == {"Forward": 1.5, "Sample": 3.0}


def test_gives_a_copy():
    watch = stopwatch.Stopwatch()
    with watch.measure("Step"):
        before = watch.seconds()
    assert before == {}
    assert list(watch.seconds()) == ["Step"]
