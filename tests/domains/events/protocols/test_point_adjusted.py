"""The adjustment sample by sample, as its definition says, and the mean of many guesses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from domains._checks import UsageError
from domains.events import PROTOCOLS, compare, from_frames
from domains.events.protocols.point_adjusted import POINT_ADJUSTED

N = 400


def adjusted(prediction, reference):
    """Return the vector of predictions in which each event that is hit is predicted wholly."""
    change = np.flatnonzero(np.diff(reference.astype(int), prepend=0, append=0)).reshape(-1, 2)
    whole = prediction.copy()
    for first, stop in change:
        if prediction[first:stop].any():
            whole[first:stop] = True
    return whole


def drawn(rng, share):
    return np.repeat(rng.random(N // 8) < share, 8)


@pytest.mark.slow
def test_sizes_are_those_of_adjusted_vectors():
    rng = np.random.default_rng(0)
    for _ in range(5):
        reference = drawn(rng, 0.2)
        prediction = rng.random(N) < 0.05
        whole = adjusted(prediction, reference)
        report = compare(from_frames(prediction, rate=2), from_frames(reference, rate=2), POINT_ADJUSTED, rate=2.0)
        sizes = [float(report[name]) for name in ("intersection", "size_a", "size_b")]
        assert sizes == [(whole & reference).sum() / 2, whole.sum() / 2, reference.sum() / 2]
        assert float(report.f1) == pytest.approx(2 * (whole & reference).sum() / (whole.sum() + reference.sum()))


def test_what_a_guess_gets_is_the_mean_of_guesses():
    rng = np.random.default_rng(1)
    reference = drawn(rng, 0.2)
    prediction = np.zeros(N, bool)
    prediction[:20] = True
    report = compare(from_frames(prediction, rate=1), from_frames(reference, rate=1), POINT_ADJUSTED, support=float(N))
    guesses = [rng.random(N) < 20 / N for _ in range(2000)]
    found = [(adjusted(guess, reference) & reference).sum() for guess in guesses]
    false_alarms = [(guess & ~reference).sum() for guess in guesses]
    for name, values in {"random_found": found, "random_false_alarms": false_alarms}.items():
        error = np.std(values) / np.sqrt(len(values))
        assert float(report[name]) == pytest.approx(np.mean(values), abs=4 * error)
    terms = float(report.random_found), float(report.random_false_alarms)
    assert float(report.random_f1) == pytest.approx(2 * terms[0] / (sum(terms) + reference.sum()))


def test_a_guess_looks_excellent():
    # one per cent at random in one event of five per cent
    reference = np.array([[5000.0, 5500.0]])
    prediction = np.stack([np.arange(0.0, 10000, 100), np.arange(1.0, 10001, 100)], axis=1)
    report = compare(prediction, reference, POINT_ADJUSTED, support=10000.0)
    assert float(report.random_f1) == pytest.approx(0.91, abs=0.005)
    assert float(compare(prediction, reference, "time", support=10000.0).dice) < 0.02


def test_it_is_no_preset_and_says_so_by_its_place():
    assert POINT_ADJUSTED not in PROTOCOLS.values()
    report = compare(np.array([[0.0, 1.0]]), np.array([[0.0, 5.0]]), POINT_ADJUSTED)
    assert (float(report.f1), report.attrs["protocol"]) == (1.0, "custom")
    # without the length of the recording nobody knows what a guess would get
    assert np.isnan(report.random_f1)


def test_files_and_labels_add_up():
    columns = ["file", "onset", "offset", "label"]
    prediction = pd.DataFrame([("a", 0, 1, "x"), ("b", 0, 4, "y")], columns=columns)
    reference = pd.DataFrame([("a", 0, 2, "x"), ("a", 5, 6, "x"), ("b", 0, 2, "x")], columns=columns)
    options = {"support": {"a": 10.0, "b": 20.0}}
    pooled = compare(prediction, reference, POINT_ADJUSTED, **options)
    apart = compare(prediction, reference, POINT_ADJUSTED, by=("file", "label"), **options)
    for name in ("intersection", "size_a", "size_b", "random_found", "random_false_alarms"):
        assert float(apart[name].sum()) == pytest.approx(float(pooled[name]))


@pytest.mark.parametrize("rate", [None, 0, "1"])
def test_a_rate_is_needed(rate):
    with pytest.raises(UsageError, match="rate must be a number > 0"):
        compare([[1.0, 2.0]], [[1.0, 2.0]], POINT_ADJUSTED, rate=rate)
