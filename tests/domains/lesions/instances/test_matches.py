"""Oracle: panoptica 2.1.7 (Panoptica_Evaluator, NaiveThresholdMatching and MaxBipartiteMatching at IoU 0.5)."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import overlap as ov
from domains.lesions import CentreWithin, LeastDice, as_image, lesion_counts, lesion_scores, match, read_image


def boxes(*ranges):
    mask = np.zeros((40, 60, 20), bool)
    for x, y, z in ranges:
        mask[slice(*x), slice(*y), slice(*z)] = True
    return as_image(mask, 1.0)


A, B, C = ((5, 15), (5, 15), (5, 15)), ((30, 32), (50, 52), (10, 12)), ((5, 7), (50, 52), (10, 12))
ONE = ((20, 24), (10, 30), (8, 12))
TWO = ((20, 24), (10, 18), (8, 12)), ((20, 24), (22, 30), (8, 12))


@pytest.mark.parametrize(
    ("predicted", "reference", "dice", "pq", "kinds"),
    [
        ([A], [A, B], 0.99602, 2 / 3, ["one_to_one", "missed"]),
        ([A, C], [A], 0.99602, 2 / 3, ["one_to_one", "spurious"]),
        (TWO, [ONE], 0.88889, 0, ["split", "split"]),
        ([ONE], TWO, 0.88889, 0, ["merge", "merge"]),
    ],
    ids=["L1", "L2", "L3", "L4"],
)
def test_four_cases(predicted, reference, dice, pq, kinds):
    a, b = boxes(*predicted), boxes(*reference)
    table = match(a, b)
    scores = lesion_scores(table)
    assert float(ov.dice(ov.raster.measure(a.values, b.values))) == pytest.approx(dice, abs=5e-6)
    assert scores["pq"] == scores["f1"] == pytest.approx(pq)
    assert table["kind"].tolist() == kinds
    assert sum(scores[k] for k in ("one_to_one", "split", "merge", "many_to_many", "missed", "spurious")) == len(
        set(table["group"])
    )


def test_spine_as_panoptica_says(shared_data):
    folder = shared_data / "lesions" / "panoptica_spine" / "unmatched_instance"
    a, b = (read_image(folder / f"{k}.nii.gz") for k in ("pred", "ref"))
    scores = lesion_scores(match(a, b))
    assert (scores["predicted"], scores["reference"], scores["matched"]) == (22, 22, 19)
    assert scores["f1"] == pytest.approx(0.8636363636363636, abs=1e-12)
    assert scores["sq"] == pytest.approx(0.8328184295330796, abs=1e-12)
    assert scores["pq"] == pytest.approx(0.719252280051296, abs=1e-12)
    firm = lesion_scores(match(a, b, contact=0.2))
    assert firm["matched"] == 19
    assert firm["one_to_one"] > 10
    assert scores["one_to_one"] == 0, "vertebrae touch: one voxel links them all"


def test_volumes_and_columns():
    a, b = boxes(A, *TWO), boxes(A, B, ONE)
    table = match(a.assign_coords(x=a.x * 2), b.assign_coords(x=b.x * 2))
    assert table.columns.tolist() == [
        *("group", "kind", "predicted", "reference", "volume_predicted", "volume_reference"),
        *("intersection", "iou", "dice", "matched"),
    ]
    first = table.iloc[0]
    assert (first.volume_predicted, first.volume_reference, first.intersection) == (2000, 2000, 2000)
    missed = table[table["kind"] == "missed"].iloc[0]
    assert missed["predicted"] is pd.NA
    assert (missed.volume_predicted, missed.volume_reference, missed.iou) == (0, 16, 0)
    split = table[table["kind"] == "split"]
    assert split["iou"].tolist() == [0.4, 0.4]
    assert split["group"].nunique() == 1
    assert lesion_scores(match(a, b, threshold=0.4))["matched"] == 2


def test_many_to_many():
    """A chain: every predicted bar covers the end of one bar and the start of the next."""
    a, b = np.zeros((2, 30, 3), bool)
    for k in range(0, 24, 8):
        b[k : k + 6, 1] = True
        a[k + 5 : k + 9, 1] = True
    scores = lesion_scores(match(*(as_image(x, 1.0) for x in (a, b))))
    assert (scores["many_to_many"], scores["matched"]) == (1, 0)


def test_the_most_matches_then_the_best():
    """At a low threshold a lesion could take two partners; one-to-one gives each its own."""
    a = as_image(np.array([[1, 1, 1, 2, 2, 2, 0, 0]] * 2), 1.0)
    b = as_image(np.array([[1, 1, 0, 1, 0, 2, 2, 2]] * 2), 1.0)
    table = match(a, b, threshold=0.15)
    assert table.loc[table["matched"], ["predicted", "reference"]].to_numpy().tolist() == [[1, 1], [2, 2]]
    assert match(a, b, threshold=0.5)["matched"].sum() == 1, "2 of 4: at the threshold is matched"


instance_maps = st.integers(0, 2**32 - 1).map(lambda s: np.random.default_rng(s).integers(0, 5, (2, 6, 6)))


@pytest.mark.slow
@settings(max_examples=6)
@given(instance_maps, st.sampled_from([0.1, 0.3, 0.5, 0.75]))
def test_laws(pair, threshold):
    a, b = (as_image(x, 1.0) for x in pair)
    table = match(a, b, threshold=threshold)
    o = lesion_counts(table)
    assert (o.size_a, o.size_b) == tuple(len(set(x.ravel()) - {0}) for x in pair)
    matched = table[table["matched"]]
    assert matched["predicted"].is_unique
    assert matched["reference"].is_unique
    assert (matched["iou"] >= threshold).all()
    back = match(b, a, threshold=threshold)
    assert lesion_counts(back).intersection == o.intersection
    swap = {"split": "merge", "merge": "split", "missed": "spurious", "spurious": "missed"}
    assert sorted(table["kind"]) == sorted(swap.get(k, k) for k in back["kind"])
    scores = lesion_scores(table)
    if o.intersection:
        assert scores["pq"] == pytest.approx(scores["f1"] * scores["sq"])
    perfect = lesion_scores(match(a, a))
    assert perfect["pq"] == 1
    assert perfect["one_to_one"] == perfect["reference"]


def test_the_rule_says_what_is_matched():
    """Two balls of one lesion each, side by side: they share no voxel, and their centres are 6 mm apart."""
    a, b = boxes(((10, 14), (10, 14), (10, 14))), boxes(((16, 20), (10, 14), (10, 14)))
    assert match(a, b)["kind"].tolist() == ["spurious", "missed"]
    near = match(a, b, hit=CentreWithin(6.0))
    assert near["kind"].tolist() == ["one_to_one"]
    assert near[["volume_predicted", "volume_reference", "intersection", "iou"]].to_numpy().tolist() == [[64, 64, 0, 0]]
    assert near["matched"].tolist() == [True]
    assert not match(a, b, hit=CentreWithin(5.9))["matched"].any()
    # IoU 1/3, Dice 1/2
    c = boxes(((12, 16), (10, 14), (10, 14)))
    assert match(a, c)["matched"].tolist() == [False]
    assert match(a, c, hit=LeastDice(0.5))["matched"].tolist() == [True]


def test_lesions_that_touch_once_grown_are_one():
    whole, halves = boxes(ONE), boxes(*TWO)
    table = match(whole, halves, dilation=2)
    assert table["kind"].tolist() == ["one_to_one"]
    assert (table["iou"][0], bool(table["matched"][0])) == (0.8, True)
    assert match(whole, halves, dilation=1)["kind"].tolist() == ["merge", "merge"]


def test_nothing_at_all():
    none = boxes()
    assert np.isnan(lesion_scores(match(none, none))["f1"])
    assert lesion_scores(match(none, none), empty=1.0)["pq"] == 1
    only = lesion_scores(match(none, boxes(A)))
    assert (only["f1"], only["pq"], only["missed"]) == (0, 0, 1)
    assert np.isnan(only["sq"])


def test_refusals():
    with pytest.raises(ValueError, match="threshold"):
        match(boxes(A), boxes(A), threshold=0)
    with pytest.raises(ValueError, match="contact must be a number >= 0 and <= 1; got 20"):
        match(boxes(A), boxes(A), contact=20)
    with pytest.raises(ValueError, match="different grids"):
        match(boxes(A), boxes(A).assign_coords(x=np.arange(40) + 5.0))


PEAK_OF_SPECKS = """
import resource

import numpy as np
from scipy import ndimage
from domains.lesions import as_image, match

def specks(n, shift):
    mask = np.zeros((160, 160, 160), bool)
    lattice = np.argwhere(np.ones((20, 20, 20), bool))[:n] * 8
    mask[lattice[:, 0] + shift, lattice[:, 1], lattice[:, 2]] = True
    mask[lattice[:, 0] + 1, lattice[:, 1], lattice[:, 2]] = True
    numbers, _ = ndimage.label(mask)
    return as_image(numbers, 1.0)

peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
one, other = specks(7000, 0), specks(7000, 2)
match(one[:8, :8, :8], other[:8, :8, :8])
before = peak()
table = match(one, other, threshold=0.3)
print(len(table), int(table.matched.sum()), one.nbytes + other.nbytes, peak() - before)
"""


@pytest.mark.slow
def test_7000_lesions_a_side_take_no_more_than_the_two_maps_once_more():
    """A table of all pairs has 49 million cells, and eight of them took 4.2 GB."""
    answer = subprocess.run([sys.executable, "-c", PEAK_OF_SPECKS], capture_output=True, text=True, check=True)
    rows, matched, maps, more = map(int, answer.stdout.split())
    assert (rows, matched) == (7000, 7000)
    assert more < maps


def test_a_contact_at_its_limit_is_one():
    """One of the five voxels of the smaller lesion is shared: 0.2 exactly."""
    a = boxes(((0, 5), (0, 1), (0, 1)))
    b = boxes(((4, 14), (0, 1), (0, 1)))
    assert match(a, b, contact=0.2)["kind"].tolist() == ["one_to_one"]
    assert sorted(match(a, b, contact=0.2001)["kind"]) == ["missed", "spurious"]
