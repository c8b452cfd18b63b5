"""Oracles: a plain loop of suppression, cases worked by hand."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import sparse

from overlap import boxes, cuboids, intervals, matching, oriented, raster

rng = np.random.default_rng(11)


def plain_nms(scores, pairwise, threshold):
    order, kept = list(np.argsort(-np.asarray(scores), kind="stable")), []
    while order:
        best = order.pop(0)
        kept.append(best)
        order = [i for i in order if not pairwise[best, i] > threshold]
    return kept


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 1.0])
def test_nms_against_a_plain_loop(threshold):
    for _ in range(20):
        half = np.triu(np.round(rng.random((12, 12)), 1))
        pairwise, scores = np.maximum(half, half.T), np.round(rng.random(12), 1)
        expected = plain_nms(scores, pairwise, threshold)
        assert matching.nms(scores, pairwise, threshold).tolist() == expected
        assert matching.nms(scores, sparse.csr_array(pairwise), threshold).tolist() == expected
        assert matching.nms(scores, lambda i, j, p=pairwise: p[i, j], threshold).tolist() == expected


def test_nms_asks_only_for_what_is_left():
    asked = []

    def pairwise(i, rest):
        asked.append((i, rest.tolist()))
        return np.where(rest == i + 1, 1.0, 0.0)

    assert matching.nms([0.9, 0.8, 0.7, 0.6], pairwise, 0.5).tolist() == [0, 2]
    assert asked == [(0, [1, 2, 3]), (2, [3])]


def test_nms_of_classes():
    everything = np.ones((4, 4))
    assert matching.nms([0.1, 0.2, 0.3, 0.4], everything, 0.5, labels=["a", "b", "a", "b"]).tolist() == [3, 2]


def test_nms_is_strict_and_stable():
    assert matching.nms([0.5, 0.5], np.full((2, 2), 0.5), 0.5).tolist() == [0, 1]
    assert matching.nms([0.5, 0.5], np.full((2, 2), 0.6), 0.5).tolist() == [0]
    assert matching.nms([], np.zeros((0, 0)), 0.5).tolist() == []


@pytest.mark.parametrize("method", ["linear", "gaussian"])
def test_soft_nms_of_every_form(method):
    """The same from a matrix, a sparse one and a function, which is asked for what is not taken yet."""
    half = np.triu(np.round(rng.random((12, 12)), 1))
    pairwise, scores = np.maximum(half, half.T), np.round(rng.random(12), 1)
    labels = rng.integers(0, 2, 12)
    index, score = matching.nms(scores, pairwise, 0.4, labels=labels, method=method)
    asked = []

    def function(i, rest):
        asked.append(len(rest))
        assert (labels[rest] == labels[i]).all()
        return pairwise[i, rest]

    for form in (sparse.csr_array(pairwise), sparse.coo_array(pairwise), function):
        again, score_again = matching.nms(scores, form, 0.4, labels=labels, method=method)
        assert again.tolist() == index.tolist()
        np.testing.assert_array_equal(score_again, score)
    assert sum(asked) == sum(n * (n - 1) // 2 for n in np.bincount(labels))
    left = dict(enumerate(scores))
    for i, s in zip(index, score, strict=True):
        assert left.pop(i) == pytest.approx(s, rel=1e-14)
        assert all(left[j] <= s for j in left)
        for j in left:
            share = np.exp(-(pairwise[i, j] ** 2) / 0.5) if method == "gaussian" else 1 - pairwise[i, j]
            is_weakened = labels[i] == labels[j] and (method == "gaussian" or pairwise[i, j] >= 0.4)
            left[j] *= share if is_weakened else 1


def test_nms_of_masks_is_that_of_their_boxes():
    corner, side = rng.integers(0, 20, (30, 2)), rng.integers(3, 12, (30, 2))
    masks = np.zeros((30, 32, 32), bool)
    for mask, (x, y), (w, h) in zip(masks, corner, side, strict=True):
        mask[y : y + h, x : x + w] = True
    scores = rng.random(30)
    b = np.concatenate([corner, corner + side], axis=1).astype(float)
    pairwise = raster.pairwise(masks, masks)
    for method in ("hard", "linear", "gaussian"):
        of_masks = matching.nms(scores, pairwise, 0.3, method=method)
        of_boxes = boxes.nms(b, scores, 0.3, method=method)
        np.testing.assert_allclose(np.stack(of_masks), np.stack(of_boxes), rtol=1e-14)


def test_cars_parked_at_right_angles():
    """Their axis-aligned boxes overlap and one is lost; the rotated ones do not."""
    cars = np.array([[0, 0, 4, 1.6, np.pi / 4], [1.9, 1.9, 4, 1.6, -np.pi / 4]])
    reach = (cars[:, 2] + cars[:, 3]) / 2 * np.sqrt(0.5)
    lo, hi = cars[:, :2] - reach[:, None], cars[:, :2] + reach[:, None]
    common = np.clip(np.minimum(hi[:, None], hi) - np.maximum(lo[:, None], lo), 0, None).prod(-1)
    area = (hi - lo).prod(-1)
    upright = common / (area[:, None] + area - common)
    assert matching.nms([0.9, 0.8], upright, 0.15).tolist() == [0]
    assert matching.nms([0.9, 0.8], oriented.pairwise(cars, cars), 0.15).tolist() == [0, 1]
    assert boxes.nms(np.concatenate([lo, hi], axis=1), [0.9, 0.8], 0.15).tolist() == [0]
    assert oriented.nms(cars, [0.9, 0.8], 0.15).tolist() == [0, 1]


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, sparse.coo_array])
@pytest.mark.parametrize("side", [np.triu, np.tril])
@pytest.mark.parametrize("method", ["hard", "linear", "gaussian"])
def test_pairs_of_one_side_are_refused_and_the_remedy_is_right(form, side, method):
    """In which order of the rows soever: what is stored is (i, j) with i < j, as from a join with itself."""
    symmetric = np.array([[1, 0.8, 0.6], [0.8, 1, 0], [0.6, 0, 1]])
    scores = [0.7, 0.9, 0.8]
    pairwise = form(side(symmetric))
    with pytest.raises(ValueError, match=r"without their \(j, i\); pass both, pairwise \+ pairwise.T") as refused:
        matching.nms(scores, pairwise, 0.5, method=method)
    assert "\n" not in str(refused.value)
    got = matching.nms(scores, pairwise + pairwise.T, 0.5, method=method)
    if method == "hard":
        assert got.tolist() == [1, 2]
        return
    index, score = got
    share = {"linear": 0.2 * 0.4, "gaussian": np.exp(-(0.64 + 0.36) / 0.5)}[method]
    assert index.tolist() == [1, 2, 0]
    np.testing.assert_allclose(score, [0.9, 0.8, 0.7 * share], rtol=1e-14)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize(
    "entries", [[[1, 0.9, 0.6], [0.3, 1, 0.2], [0.6, 0.2, 1]], [[0, 0.9, 0.6], [0, 0, 0], [0.6, 0, 0]]]
)
def test_overlaps_that_differ_the_other_way_round(form, entries):
    """A share of one's own area, and a matrix that lacks one entry."""
    pairwise = form(np.array(entries))
    with pytest.raises(ValueError, match=r"not symmetric, 0.9 at \(0, 1\) and 0") as refused:
        matching.nms([0.7, 0.8, 0.6], pairwise, 0.5)
    *_, remedy = str(refused.value).split("of both, ")
    greater = eval(remedy, {"numpy": np, "pairwise": pairwise})
    assert matching.nms([0.7, 0.8, 0.6], greater, 0.5).tolist() == [1, 2]


def test_what_rounding_leaves_is_symmetric_and_what_has_no_effect_may_differ():
    pairwise = np.array([[5, 0.5 + 1e-7, 0.1], [0.5 - 1e-7, np.nan, np.nan], [0.0, -1, 7]])
    assert matching.nms([0.9, 0.8, 0.7], pairwise, 0.4).tolist() == [0, 2]
    assert matching.nms([0.9, 0.8, 0.7], sparse.csr_array(pairwise), 0.4).tolist() == [0, 2]
    one_side = np.triu(np.ones((2, 2)))
    assert matching.nms([0.8, 0.9], one_side, 0.4, labels=["a", "b"]).tolist() == [1, 0]


@pytest.mark.parametrize("method", ["hard", "linear", "gaussian"])
@pytest.mark.parametrize("told", [0.9, [0.9], [0.9] * 4, [[0.9, 0.9]]])
def test_a_function_tells_one_overlap_for_each(method, told):
    with pytest.raises(ValueError, match=r"returned shape .* for 2 indices; return one overlap for each of them"):
        matching.nms([0.9, 0.8, 0.7], lambda i, rest: told, 0.5, method=method)
    kept = matching.nms([0.9, 0.8, 0.7], lambda i, rest: [0.9] * len(rest), 0.5, method=method)
    assert (kept if method == "hard" else kept[0])[0] == 0


def test_linear_scores_are_never_negative():
    """1.5 is no share; in single precision equal shapes overlap by a little more than 1."""
    too_much = np.array([[1, 1.5], [1.5, 1]])
    for form in (too_much, sparse.csr_array(too_much), lambda i, rest: too_much[i, rest]):
        with pytest.raises(ValueError, match="an overlap is 1.5; pass an index that is 1 at most, such as overlap.iou"):
            matching.nms([0.9, 0.8], form, 0.5, method="linear")
    rounded = np.full((2, 2), np.nextafter(np.float32(1), np.float32(2)))
    _, score = matching.nms([0.9, 0.8], rounded, 0.5, method="linear")
    assert score.tolist() == [0.9, 0]


@pytest.mark.parametrize("method", ["hard", "linear", "gaussian"])
def test_a_threshold_is_not_negative_whatever_is_suppressed(method):
    flat = np.array([[0.0, 0, 2, 2], [1, 0, 3, 2], [2, 0, 4, 2]])
    turned = np.array([[1.0, 1, 2, 2, 0], [2, 1, 2, 2, 0], [3, 1, 2, 2, 0]])
    solid = np.array([[1.0, 1, 1, 2, 2, 2, 0], [2, 1, 1, 2, 2, 2, 0], [3, 1, 1, 2, 2, 2, 0]])
    calls = (
        ("boxes", boxes.nms, flat),
        ("oriented", oriented.nms, turned),
        ("cuboids", cuboids.nms, solid),
        ("intervals", intervals.nms, flat[:, [0, 2]]),
    )
    scores = [0.9, 0.8, 0.7]
    for package, nms, shapes in calls:
        with pytest.raises(
            ValueError, match=f"{package}.nms: the threshold is -0.1, and no overlap is below 0; pass 0"
        ):
            nms(shapes, scores, -0.1, method=method)
        kept = nms(shapes, scores, 0, method=method)
        # the first meets the second, and only touches the third
        assert (kept if method == "hard" else kept[0]).tolist() == ([0, 2] if method == "hard" else [0, 2, 1])
    with pytest.raises(ValueError, match="matching.nms: the threshold is -0.1, and no overlap is below 0; pass 0"):
        matching.nms(scores, boxes.pairwise(flat, flat), -0.1, method=method)


# ---------------------------------------------------------------- scores and assignment


def test_ranking_score(backend):
    p, q = rng.random(6), rng.random(6)
    score = matching.ranking_score(backend.asarray(p), backend.asarray(q))
    np.testing.assert_array_equal(backend.to_numpy(score), p * q)
    for a, expected in ((0.5, np.sqrt(p * q)), (1.0, p), (0.0, q)):
        got = backend.to_numpy(matching.ranking_score(backend.asarray(p), backend.asarray(q), a))
        np.testing.assert_allclose(got, expected, rtol=1e-14)


def test_ranking_score_refuses_what_is_no_probability(backend):
    p = np.array([-1.2, 0.1, 3.0])
    q = np.array([0.4, 0.5, np.nan])
    if backend.name == "dask":
        # values may not be looked at
        assert np.isnan(backend.to_numpy(matching.ranking_score(backend.asarray(q), backend.asarray(p)))[2])
        return
    with pytest.raises(ValueError, match=r"2 of 3 numbers of q are outside \[0, 1\], such as -1.2") as refused:
        matching.ranking_score(backend.asarray(q), backend.asarray(p))
    logistic = re.search(r"of logits pass (.*?),", str(refused.value)).group(1)
    clipped = re.search(r"bounds (.*)", str(refused.value)).group(1)
    for remedy, expected in ((logistic, 0.4 / (1 + np.exp(1.2))), (clipped, 0.0)):
        probability = eval(remedy, {"numpy": np, "q": p})
        score = backend.to_numpy(matching.ranking_score(backend.asarray(q), backend.asarray(probability)))
        assert score[0] == pytest.approx(expected)
        assert np.isnan(score[2])
    # rounding of single precision
    assert matching.ranking_score(1 + 1e-7, 1.0) > 1


@pytest.mark.parametrize("method", ["hard", "linear", "gaussian"])
def test_thresholds_in_per_cent(method):
    flat = np.array([[0.0, 0, 4, 4], [0, 0, 4, 3], [4, 0, 8, 4]])
    turned = np.array([[2.0, 2, 4, 4, 0], [2, 1.5, 4, 3, 0], [6, 2, 4, 4, 0]])
    upright = np.array([[2.0, 2, 0, 4, 4, 1, 0], [2, 1.5, 0, 4, 3, 1, 0], [6, 2, 0, 4, 4, 1, 0]])
    for nms, shapes in (
        (boxes.nms, flat),
        (intervals.nms, flat[:, ::2]),
        (oriented.nms, turned),
        (cuboids.nms, upright),
    ):
        with pytest.raises(ValueError, match="the threshold is 50, and no overlap is above 1") as refused:
            nms(shapes, [0.9, 0.8, 0.7], 50, method=method)
        _, remedy = str(refused.value).split("pass ")
        kept = nms(shapes, [0.9, 0.8, 0.7], eval(remedy), method=method)
        assert (kept if method == "hard" else kept[0]).tolist() == ([0, 2] if method == "hard" else [0, 2, 1])


def test_overlaps_that_are_areas_have_thresholds_of_areas():
    cells = np.array([[90.0, 40, 20], [40, 90, 60], [20, 60, 90]])
    assert matching.nms([0.9, 0.8, 0.7], cells, 50).tolist() == [0, 1]


OVERLAPS = np.array(
    [
        [0.70, 0.10, 0.00],  # positive
        [0.45, 0.00, 0.00],  # between: ignored
        [0.10, 0.30, 0.00],  # background, but the best that reference 1 has
        [0.50, 0.50, 0.00],  # ≥, ties to the lower reference
        [0.40, 0.00, 0.00],  # not < 0.4
        [np.nan, 0.2, np.nan],  # NaN is no overlap
    ]
)


def test_assign(backend):
    got = backend.to_numpy(matching.assign(backend.asarray(OVERLAPS)))
    assert got.tolist() == [0, -2, -1, 0, -2, -1]


def test_assign_low_quality(backend):
    overlaps = OVERLAPS.copy()
    overlaps[3, 1] = 0
    got = backend.to_numpy(matching.assign(backend.asarray(overlaps), low_quality=True))
    # reference 1 gets its best anchor; reference 2 overlaps nothing and gets none
    assert got.tolist() == [0, -2, 1, 0, -2, -1]


def test_low_quality_keeps_positives_and_gives_ties_to_all():
    overlaps = np.array([[0.9, 0.3], [0.0, 0.3], [0.2, 0.1]])
    assert matching.assign(overlaps, low_quality=True).tolist() == [0, 1, -1]
    assert matching.assign(np.array([[0.8, 0.6], [0.9, 0.0]]), low_quality=True).tolist() == [0, 0]
    wanted_twice = np.array([[0.2, 0.3], [0.1, 0.1]])
    assert matching.assign(wanted_twice, low_quality=True).tolist() == [1, -1]


@pytest.mark.parametrize("low_quality", [True, False])
def test_assign_a_batch_and_nothing(low_quality):
    batch = rng.random((3, 5, 4))
    got = matching.assign(batch, 0.9, 0.8, low_quality)
    for k in range(3):
        np.testing.assert_array_equal(got[k], matching.assign(batch[k], 0.9, 0.8, low_quality))
    assert matching.assign(np.zeros((3, 0)), low_quality=low_quality).tolist() == [-1, -1, -1]
    assert matching.assign(np.zeros((0, 3)), low_quality=low_quality).tolist() == []


def test_assign_under_vmap():
    torch = pytest.importorskip("torch")
    batch = torch.rand(3, 5, 4)
    got = torch.func.vmap(lambda x: matching.assign(x, low_quality=True))(batch)
    assert torch.equal(got, matching.assign(batch, low_quality=True))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: matching.nms([0.5, 0.6], np.ones((3, 3)), 0.5), r"shape \(2, 2\), got \(3, 3\)"),
        (lambda: matching.nms([0.5, np.nan], np.ones((2, 2)), 0.5), "matching.nms: 1 scores are NaN"),
        (lambda: matching.nms([0.5], [[1.0]], np.nan), "threshold is NaN"),
        (lambda: matching.nms([0.5], [[1.0]], 0.5, labels=[1, 2]), "one for each of the 1 scores"),
        (lambda: matching.ranking_score(0.5, 0.5, 1.5), r"in \[0, 1\], got 1.5"),
        (lambda: matching.nms([0.5], [[1.0]], 50, method="linear"), "no overlap is above 1; of per cent pass 50 / 100"),
        (lambda: matching.ranking_score(-0.5, 0.5, 0.5), "1 of 1 numbers of p are outside .*, such as -0.5; of logits"),
        (lambda: matching.assign(np.ones((2, 2)), 0.4, 0.5), "must not exceed positive"),
        (lambda: matching.assign(np.ones(2)), r"got \(2,\)"),
    ],
)
def test_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
