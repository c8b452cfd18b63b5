"""Oracle: limits that were planted are found again; plain numpy for clashes."""

from __future__ import annotations

import numpy as np
import pytest

from domains.ramachandran import contact_names, hard_sphere
from domains.ramachandran.models.contacts import ContactSettings, clashes_of, distances_on, fit, harden, outer_limit
from domains.ramachandran.models.steric import LIMITS


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"limits": "atoms"}, "limits must be one of 'elements', 'pairs'; got 'atoms'"),
        ({"tau": 0}, "tau must be a number > 0 and <= 180; got 0"),
        ({"steps": 0}, "steps must be a whole number >= 1; got 0"),
        ({"steps": 2.5}, "steps must be a whole number >= 1; got 2.5"),
        ({"resamples": -1}, "resamples must be a whole number >= 0; got -1"),
        ({"seeds": ()}, r"seeds are empty; name at least one, such as \(0, 1\)"),
        ({"seeds": (3, 3)}, r"seeds \(3, 3\) repeat; each is a fit of its own, name it once"),
        ({"seeds": (-1,)}, "each seed must be a whole number >= 0; got -1"),
        ({"temperature": (0.1, 0.0)}, "each temperature must be a number > 0; got 0.0"),
        ({"temperature": (0.1,)}, r"temperature must be two numbers, first and last; got \(0.1,\)"),
        ({"temperature": 0.05}, "temperature must be two numbers, first and last; got 0.05"),
        ({"seeds": 3}, r"seeds must be whole numbers, one for each fit, such as \(0, 1\); got 3"),
        ({"rate": 0}, "rate must be a number > 0; got 0"),
    ],
)
def test_wrong_settings(options, said):
    with pytest.raises(ValueError, match=f"^ramachandran.learn_contacts: {said}$"):
        ContactSettings(**options)


def test_limits_of_1963():
    assert [outer_limit(name) for name in contact_names("elements")] == [outer for _, outer in LIMITS.values()]
    assert outer_limit("O' N\"") == 2.6
    assert outer_limit("HA O") == 2.2


@pytest.mark.parametrize("sharing", ["elements", "pairs"])
def test_hard_regions_are_those_of_hard_sphere(sharing):
    limits = np.random.default_rng(2).uniform(1.5, 2.9, len(contact_names(sharing)))
    expected = hard_sphere(dict(zip(contact_names(sharing), limits, strict=True)), n=36)
    distances = distances_on(expected, 111.0)
    np.testing.assert_array_equal(harden(distances, limits, sharing), expected)
    clashes = clashes_of(distances, limits, sharing)
    np.testing.assert_array_equal(clashes.any(axis=0), ~expected.values)
    for k in range(0, len(limits), 7):
        alone = np.zeros(len(limits))
        alone[k] = limits[k]
        np.testing.assert_array_equal(clashes[k], ~harden(distances, alone, sharing))


def planted_and_found(temperature):
    planted = {name: limit for name, (_, limit) in LIMITS.items()} | {"CO": 2.55, "OO": 2.9, "HH": 2.1, "HO": 1.7}
    truth = hard_sphere(planted, n=60)
    distances = distances_on(truth, 111.0)
    limits, losses = fit(distances, truth.values, 1, ContactSettings(steps=120, temperature=temperature))
    assert losses[-1] < losses[0] / 3
    cells = harden(distances, limits, "elements")
    clashes = clashes_of(distances, limits, "elements")
    alone = (clashes & (clashes.sum(axis=0) == 1)).mean(axis=(1, 2))
    iou = (cells & truth.values).sum() / (cells | truth.values).sum()
    return iou, limits - np.array(list(planted.values())), alone > 0.005


@pytest.mark.slow
def test_limits_that_were_planted_are_found():
    """Those that act, that is forbid cells which no other contact forbids."""
    pytest.importorskip("torch")
    iou, errors, acts = planted_and_found((0.05, 0.005))
    assert iou > 0.985
    assert acts.sum() >= 4
    assert np.abs(errors[acts]).max() < 0.03


@pytest.mark.slow
def test_wide_walls_at_the_end_miss_them():
    pytest.importorskip("torch")
    iou, _, _ = planted_and_found((0.15, 0.02))
    assert 0.9 < iou < 0.96


@pytest.mark.slow
def test_a_fit_sees_only_what_it_may():
    pytest.importorskip("torch")
    truth = hard_sphere("outer", n=36)
    distances = distances_on(truth, 111.0)
    seen = np.random.default_rng(0).random((36, 36)) < 0.5
    settings = ContactSettings(steps=10)
    limits, losses = fit(distances, truth.values, 4, settings, seen)
    other, same = fit(distances, truth.values ^ ~seen, 4, settings, seen)
    np.testing.assert_array_equal(limits, other)
    np.testing.assert_array_equal(losses, same)
    whole, _ = fit(distances, truth.values, 4, settings)
    assert not np.array_equal(limits, whole)
