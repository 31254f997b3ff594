import numpy as np
import pytest
from phantoms import LABELS, _bucket
from scores import best_threshold, f1, report
from sklearn.metrics import f1_score


def test_f1_is_scikit_learns():
    random = np.random.default_rng(1)
    for _ in range(50):
        truth, said = random.random((2, 40)) < random.random((2, 1))
        assert f1(truth, said) == pytest.approx(f1_score(truth, said, zero_division=0), abs=1e-12)


def test_best_threshold_beats_every_other():
    random = np.random.default_rng(2)
    for _ in range(50):
        truth = random.random(60) < 0.3
        truth[0] = True
        # Ties included.
        score = np.round(random.normal(size=60) + truth, 1)
        best = f1_score(truth, score >= best_threshold(truth, score))
        assert best == pytest.approx(max(f1_score(truth, score >= at) for at in np.unique(score)), abs=1e-12)


def test_report_takes_thresholds_from_the_other_patients():
    truth = np.zeros((4, len(LABELS)), np.uint8)
    truth[:2] = 1
    threshold = (truth, np.repeat([[3.0], [2.0], [1.0], [0.0]], len(LABELS), axis=1))
    # At the threshold of 2 only the first unseen picture is positive; its own best threshold would be 1.
    unseen = (truth, np.repeat([[3.0], [1.0], [0.5], [0.0]], len(LABELS), axis=1))
    assert report("test", {}, threshold, unseen)["macroF1"] == pytest.approx(2 / 3, abs=1e-4)


def test_a_patient_is_always_in_the_same_set():
    assert _bucket("p00001") == _bucket("p00001")
    buckets = [_bucket(f"p{i:05d}") for i in range(4000)]
    assert np.mean(np.array(buckets) < 80) == pytest.approx(0.8, abs=0.03)
