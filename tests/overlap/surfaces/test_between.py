from __future__ import annotations

import json
from functools import cache
from itertools import product
from math import inf, isnan, isqrt, nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from overlap import EmptyPolicy, surfaces
from overlap.surfaces import PRESETS, distances

masks = st.tuples(st.integers(2, 3), st.integers(0, 2**32 - 1)).map(
    lambda t: np.random.default_rng(t[1]).random((2, *(7, 6, 5)[: t[0]])) < 0.4
)


def box(shape, *ranges):
    mask = np.zeros(shape, bool)
    mask[tuple(slice(*r) for r in ranges)] = True
    return mask


def cells_that_miss_a_face(mask):
    return mask & ~ndimage.binary_erosion(mask)


def cells_that_touch_the_rest(mask):
    neighbours = np.ones((3,) * mask.ndim)
    return mask & ~ndimage.binary_erosion(mask, neighbours, border_value=1)


def edt_distances(a, b, spacing, edge_of=cells_that_miss_a_face):
    """The classical way: distance transforms of the whole image, read at the boundary."""
    edges = [edge_of(m) for m in (a, b)]
    far = [ndimage.distance_transform_edt(~e, sampling=spacing) for e in edges]
    return far[1][edges[0]], far[0][edges[1]]


TEXTBOOK = {
    "monai": 6.788,
    "metrics_reloaded": 6.788,
    "deepmind": 11.314,
    "medpy": 2.263,
    "panoptica": 2.263,
    "seg_metrics": 2.263,
}


@pytest.mark.parametrize("preset", PRESETS)
def test_textbook_case(preset):
    """Fig. 5c of the Metrics Reloaded pitfalls, values by the released tools, see coverage.md."""
    b = box((14, 14), (9, 12), (9, 12))
    a = b | box((14, 14), (1, 2), (1, 2))
    d = distances(a, b, spacing=1, preset=preset)
    assert d.hd95() == pytest.approx(TEXTBOOK[preset], abs=5e-4)
    assert d.hausdorff() == pytest.approx(8 * sqrt(2))
    assert distances(b, a, spacing=1, preset=preset).hd95() == d.hd95()


def golden(test_data):
    return json.loads((test_data / "lidc_distances.json").read_text(encoding="utf-8"))


@cache
def outlined_by(nodule):
    """Return the mask of each rater, read once for all presets."""
    from domains.lesions import example, read_image

    return (read_image(example(nodule)) == 1).transpose("rater", ...).values


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["monai", "deepmind", "medpy"])
def test_presets_are_their_tools(preset, test_data):
    """60 pairs of radiologists on 30 nodules; tests/data/lidc_distances.json says which versions."""
    for case in golden(test_data)["cases"]:
        a, b = (outlined_by(case["name"])[k] for k in case["raters"])
        d = distances(a, b, spacing=case["spacing"], preset=preset)
        expected = {k: v for k, v in case[preset].items() if k != "hd95_float32"}
        ours = {k: d.nsd(1.0) if k == "nsd" else getattr(d, k)() for k in expected}
        assert ours == pytest.approx(expected, abs=1e-6)


def test_a_mask_that_leaves_the_image():
    """A square that reaches the edge: there seg-metrics 1.2.8 has no boundary, and says 5 where the others say 3."""
    a = box((30, 18), (5, 20), (0, 15))
    b = box((30, 18), (5, 20), (0, 18))
    far = {name: distances(a, b, spacing=1.0, preset=name).hd95() for name in ("monai", "medpy", "seg_metrics")}
    assert far == {"monai": 3.0, "medpy": 3.0, "seg_metrics": 5.0}


def test_a_mask_that_fills_the_image_has_no_contour():
    everywhere = np.ones((5, 5), bool)
    assert distances(everywhere, box((5, 5), (1, 4), (1, 4)), spacing=1.0, preset="seg_metrics").hd95() == inf
    assert isnan(distances(everywhere, everywhere, spacing=1.0, surface="contour").hd95())


def test_means_by_sides():
    """One cell three away from a bar of five: each side has half of the say."""
    a = box((1, 12), (0, 1), (0, 1))
    b = box((1, 12), (0, 1), (3, 8))
    d = distances(a, b, spacing=1.0, preset="panoptica")
    assert d.assd() == d.masd() == (3 + (3 + 4 + 5 + 6 + 7) / 5) / 2
    assert d.nsd(4.0) == (1 + 2 / 5) / 2
    pooled = distances(a, b, spacing=1.0, preset="medpy")
    assert pooled.assd() == (3 + 3 + 4 + 5 + 6 + 7) / 6
    assert pooled.nsd(4.0) == 3 / 6


@pytest.mark.slow
def test_concentric_spheres(shared_data):
    """Radii 40 and 25 mm: HD = HD95 = ASSD = 15 (MeshMetrics, on the meshes); cells are 1 mm."""
    nib = pytest.importorskip("nibabel")
    folder = shared_data / "lesions" / "concentric_spheres"
    a, b = (np.asarray(nib.load(folder / f"example_3d_{k}_mask.nii.gz").dataobj) > 0 for k in ("pred", "ref"))
    d = distances(a, b, spacing=1.0)
    assert [d.hausdorff(), d.hd95(), d.assd(), d.masd()] == pytest.approx([15] * 4, abs=0.3)
    assert d.nsd(16) == 1
    assert d.nsd(14) < 0.05
    level = distances(a, b, spacing=1.0, surface="iso")
    assert level.hd95() == pytest.approx(15, rel=5e-3)
    assert level.assd() == pytest.approx(15, rel=2e-2)


@given(masks, st.tuples(*[st.sampled_from([0.5, 0.7, 1.0, 3.0, 25.0])] * 3))
def test_against_distance_transforms(pair, spacing):
    a, b = pair
    spacing = spacing[: a.ndim]
    if not (a.any() and b.any()):
        return
    d = distances(a, b, spacing=spacing)
    for ours, theirs in zip((d.a_to_b, d.b_to_a), edt_distances(a, b, spacing), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@given(masks, st.tuples(*[st.sampled_from([0.5, 0.7, 1.0, 3.0, 25.0])] * 3))
def test_contours_against_distance_transforms(pair, spacing):
    a, b = pair
    spacing = spacing[: a.ndim]
    if not (cells_that_touch_the_rest(a).any() and cells_that_touch_the_rest(b).any()):
        return
    d = distances(a, b, spacing=spacing, surface="contour")
    theirs = edt_distances(a, b, spacing, cells_that_touch_the_rest)
    np.testing.assert_allclose(d.a_to_b, theirs[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(d.b_to_a, theirs[1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("gap", [1, 4, 30])
def test_far_and_near_are_measured_alike(gap):
    """The look close by and the tree must meet: a rough sheet and a copy further and further away."""
    rng = np.random.default_rng(0)
    a = np.zeros((20, 20, 60), bool)
    a[:, :, 10:13] = rng.random((20, 20, 3)) < 0.5
    b = np.roll(a, gap, axis=2)
    d = distances(a, b, spacing=(0.4, 1.0, 1.3))
    for ours, theirs in zip((d.a_to_b, d.b_to_a), edt_distances(a, b, (0.4, 1.0, 1.3)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.slow
@settings(max_examples=10)
@given(masks)
def test_laws(pair):
    a, b = pair
    if not (a.any() and b.any()):
        return
    d, back = distances(a, b, spacing=1.5), distances(b, a, spacing=1.5)
    assert d.hausdorff() == back.hausdorff() == d.percentile(100) == d.percentile(100, "pooled")
    assert d.hd95() <= d.hausdorff()
    assert d.assd() <= d.hausdorff()
    assert d.assd() == pytest.approx(back.assd())
    assert distances(a, a, spacing=2).hausdorff() == 0
    assert 0 <= d.nsd(1) <= d.nsd(2) <= 1
    double = distances(a, b, spacing=3.0)
    assert double.hd95() == pytest.approx(2 * d.hd95())
    # with a rim, as one of them has no boundary where the image ends
    here = [np.pad(x, 1) for x in (a, b)]
    far = [np.pad(x, [(20, 3)] * x.ndim) for x in (a, b)]
    for preset in PRESETS:
        moved = distances(*far, spacing=1.5, preset=preset)
        assert moved.hd95() == distances(*here, spacing=1.5, preset=preset).hd95()


STEPS = (1.0, 0.1, 0.3, 0.7, 1.1, 1.3)


@pytest.mark.parametrize("preset", PRESETS)
def test_as_many_cells_as_the_tolerance_are_within(preset):
    """A square that is so many cells on: the tolerance is written as a person writes it."""
    a = box((24, 24), (4, 8), (4, 8))
    for cells, step in product([1, 3, 7], STEPS):
        d = distances(a, np.roll(a, cells, axis=1), spacing=step, preset=preset)
        assert d.nsd(round(cells * step, 1)) == 1, (cells, step)
        assert d.nsd(round(cells * step, 1) - 0.01) < 1, (cells, step)


@given(st.tuples(*[st.integers(1, 400)] * 3), st.tuples(*[st.integers(0, 4)] * 3), st.sampled_from([10, 100, 1000]))
def test_single_cells_on_a_decimal_grid(steps, cells, decimals):
    """Two cells, any way apart: the square of their distance is a whole number."""
    a = np.zeros((5, 5, 5), bool)
    b = a.copy()
    a[0, 0, 0] = True
    b[cells] = True
    square = sum((step * n) ** 2 for step, n in zip(steps, cells, strict=True))
    d = distances(a, b, spacing=np.array(steps) / decimals)
    root = isqrt(square)
    assert d.nsd((root + 1) / decimals) == 1
    assert root * root != square or d.nsd(root / decimals) == 1
    if root > 0:
        assert d.nsd((root - 1) / decimals) == 0


@pytest.mark.parametrize("step", [1.000001, 0.999999, 1.0, np.float32(1.000001)])
def test_six_digits_of_a_header_do_not_move_the_surface_dice(step):
    """A ball of radius 7, shifted by one cell: 0.41 instead of 1 if 1.000001 mm is more than 1 mm."""
    from_centre = np.indices((20, 20, 20)) - 9
    ball = (from_centre**2).sum(axis=0) <= 49
    d = distances(ball, np.roll(ball, 1, axis=0), spacing=step)
    assert d.nsd(1.0) == 1
    assert d.nsd(0.999) == pytest.approx(0.41, abs=0.01)


def test_a_level_surface_has_no_distance_from_itself():
    ball = np.clip(6.4 - np.linalg.norm(np.indices((16, 16, 16)) - 7.3, axis=0), 0, 1)
    d = distances(ball, ball, spacing=(0.7, 0.7, 1.3), surface="iso")
    assert d.nsd(0.0) == 1
    assert d.hausdorff() == 0


def test_soft_masks_are_cut_at_the_level():
    a = np.array([0.0, 0.4, 0.5, 0.9, 0.0])
    b = np.array([0.0, 0.0, 0.0, 1.0, 1.0])
    assert distances(a, b, spacing=2.0).hausdorff() == 2
    assert distances(a, b, spacing=2.0, level=0.4).hausdorff() == 4
    assert distances(a.astype(np.float32), b.astype(np.float32), spacing=2.0).hausdorff() == 2


def test_backends(backend):
    a, b = backend.asarray(box((6, 6), (1, 4), (1, 4))), backend.asarray(box((6, 6), (1, 4), (2, 6)))
    if backend.name in ("dask", "array_api_strict"):
        with pytest.raises(TypeError, match="on the host"):
            distances(a, b, spacing=1)
    else:
        assert distances(a, b, spacing=1).hausdorff() == 2


OPTIONS = [
    {"spacing": 1.5},
    {"spacing": (0.5, 0.7, 3.0), "surface": "marching"},
    {"spacing": 1, "surface": "iso", "level": 0.3},
    {"spacing": 2.0, "level": 0.7},
    {"spacing": 1, "preset": "medpy"},
    {"spacing": (1, 1, 2), "preset": "deepmind"},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_one_number_is_that_of_the_distances(options):
    a = ball(6, (2, 2, 2))
    b = ball(5, (2, 2, 2), centre=(1.0, -2.0, 0.5))
    d = distances(a, b, **options)
    assert surfaces.hausdorff(a, b, **options) == d.hausdorff()
    assert surfaces.hd95(a, b, **options) == d.hd95()
    assert surfaces.assd(a, b, **options) == d.assd()
    assert surfaces.nsd(a, b, 1.5, **options) == d.nsd(1.5)
    assert 0 < d.nsd(1.5) < 1


@pytest.mark.parametrize("function", [surfaces.hausdorff, surfaces.hd95, surfaces.assd])
def test_one_number_of_empty_masks(function):
    policy = EmptyPolicy(both_empty=0.0, prediction_empty=373.0, reference_empty=374.0)
    assert isnan(function(EMPTY, EMPTY, spacing=1))
    assert function(EMPTY, EMPTY, spacing=1, empty=1.0) == 1
    assert function(EMPTY, SOME, spacing=1) == inf
    assert function(SOME, EMPTY, spacing=1, empty=policy) == 374


def test_surface_dice_of_empty_masks():
    assert isnan(surfaces.nsd(EMPTY, EMPTY, 1.0, spacing=1))
    assert surfaces.nsd(EMPTY, EMPTY, 1.0, spacing=1, empty=1.0) == 1
    assert surfaces.nsd(EMPTY, SOME, 100.0, spacing=1, empty=1.0) == 0


EMPTY, SOME = np.zeros((4, 4), bool), box((4, 4), (1, 3), (1, 3))


@pytest.mark.parametrize("preset", PRESETS)
def test_empty_masks(preset):
    none = distances(EMPTY, EMPTY, spacing=1, preset=preset)
    assert all(isnan(v) for v in (none.hausdorff(), none.hd95(), none.assd(), none.masd(), none.nsd(1)))
    assert none.nsd(1, empty=1.0) == 1
    for pair in ((EMPTY, SOME), (SOME, EMPTY)):
        d = distances(*pair, spacing=1, preset=preset)
        assert d.hausdorff() == d.hd95() == d.assd() == d.masd() == inf
        assert d.nsd(100) == 0


def test_empty_policy():
    policy = EmptyPolicy(both_empty=0.0, prediction_empty=373.0, reference_empty=374.0)
    worth = [distances(*x, spacing=1, empty=policy).hd95() for x in ((EMPTY, EMPTY), (EMPTY, SOME), (SOME, EMPTY))]
    assert worth == [0, 373, 374]
    assert distances(EMPTY, EMPTY, spacing=1, empty=0.0).assd() == 0


def test_lengths_of_contours():
    """An isolated cell has a diamond of half-diagonals; a half plane one straight line."""
    d = distances(box((3, 3), (1, 2), (1, 2)), box((3, 3), (1, 2), (1, 2)), spacing=(3, 4), surface="marching")
    assert d.area_a.sum() == pytest.approx(4 * 2.5)
    plane = distances(*[box((10, 8), (0, 5), (0, 8))] * 2, spacing=(3, 4), surface="marching")
    # 2 × 8 cells of 4 along, 2 × 4 of 3 across, less the corners, which are cut
    assert plane.area_a.sum() == pytest.approx(2 * 7 * 4 + 2 * 4 * 3 + 4 * 2.5)


def test_areas_of_contours():
    """A marching cube around one cell is an octahedron; a slab has its own faces."""
    one = box((3, 3, 3), (1, 2), (1, 2), (1, 2))
    d = distances(one, one, spacing=1, surface="marching")
    assert d.area_a.sum() == pytest.approx(sqrt(3))
    slab = box((40, 40, 2), (0, 40), (0, 40), (0, 2))
    area = distances(slab, slab, spacing=(1, 1, 0.5), surface="marching").area_a.sum()
    assert area == pytest.approx(2 * 40 * 40 + 4 * 40, rel=0.03)


@settings(max_examples=10)
@given(hnp.arrays(bool, (4, 4, 4)))
def test_inside_out_has_the_same_area(mask):
    rim = np.pad(mask, 1)
    area = [distances(x, x, spacing=(1, 2, 3), surface="marching").area_a.sum() for x in (rim, np.pad(~rim, 1))]
    outer = box((8, 8, 8), (1, 7), (1, 7), (1, 7))
    shell = distances(outer, outer, spacing=(1, 2, 3), surface="marching").area_a.sum()
    assert area[1] - area[0] == pytest.approx(shell)


def ball(radius, spacing, centre=(0.13, 0.21, 0.37), parts=7):
    """Share of each cell that a ball fills."""
    axes = []
    for step, c in zip(spacing, centre, strict=True):
        n = int(32 / step) + 3
        inner = (np.arange(parts) + 0.5) / parts - 0.5
        axes.append(((np.arange(n)[:, None] - (n - 1) / 2 + inner) * step - c).ravel())
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    shape = [v for a in axes for v in (len(a) // parts, parts)]
    return (x**2 + y**2 + z**2 < radius**2).reshape(shape).mean(axis=(1, 3, 5))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spacing", "hd95", "assd"), [((1, 1, 1), 0.03, 0.005), ((1, 1, 3), 0.04, 0.005), ((0.5, 0.5, 5), 0.04, 0.015)]
)
def test_level_surfaces_of_balls(spacing, hd95, assd):
    """Radii 12 and 10 mm: ASSD = 2, and no point within 1 mm, which no tool on cells finds at 3 or 5 mm slices."""
    d = distances(ball(12, spacing), ball(10, spacing), spacing=spacing, surface="iso")
    assert d.assd() == pytest.approx(2, rel=assd)
    assert d.hd95() == pytest.approx(2, rel=hd95)
    assert d.nsd(1.0) == 0
    assert d.area_a.sum() == pytest.approx(4 * np.pi * 12**2, rel=0.06)


@pytest.mark.slow
def test_level_surfaces_of_slabs():
    """Two faces, moved by a quarter of a cell and by none: a step at a fraction, exactly."""
    a, b = np.zeros((2, 40, 40, 12))
    a[:, :, 4:8], b[:, :, 4:8] = 1, 1
    b[:, :, 8] = 0.5
    d = distances(a, b, spacing=(1, 1, 2), surface="iso")
    assert d.percentile(40) == pytest.approx(0, abs=1e-9)
    assert d.hausdorff() == pytest.approx(1, abs=1e-6), "from midway between 7 and 8 to 8: half a cell of 2"
    same = distances(a, a.astype(np.float32), spacing=1, surface="iso")
    assert same.hausdorff() == pytest.approx(0, abs=1e-6)
    assert distances(a > 0, a, spacing=1, surface="iso").hausdorff() == pytest.approx(0, abs=1e-6)


def test_level_surfaces_where_there_are_none():
    a = np.zeros((4, 4, 4))
    a[1:3, 1:3, 1:3] = 0.5
    assert isnan(distances(a, a, spacing=1, surface="iso", level=0.75).hd95())
    assert distances(a, a * 2, spacing=1, surface="iso", level=0.75).hausdorff() == inf
    assert distances(a, a, spacing=1, surface="iso", level=0.25).hausdorff() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize("level", [0.25, 0.5, 0.75, 1.0])
def test_level_surfaces_are_there_where_cells_are(ndim, level):
    """Maps of four raters hold just the levels: what is cut at >= level is there, for every kind of surface."""
    rng = np.random.default_rng(5)
    a, b = rng.integers(0, 4, (2, *(6, 7, 8)[:ndim])) / 4
    far = {
        surface: distances(a, b, spacing=1.0, surface=surface, level=level).hausdorff()
        for surface in ("voxel", "marching", "iso")
    }
    assert np.isfinite(list(far.values())).all() == (level < 1)
    assert isnan(far["iso"]) == (level == 1)
    assert far["iso"] == pytest.approx(far["voxel"], abs=1.5, nan_ok=True)


def test_level_lines_of_discs():
    """Radii 12 and 10 mm in the plane, cells of 1 × 2 mm."""
    spacing = (1.0, 2.0)
    parts = 7
    axes = [(np.arange(n * parts) + 0.5) / parts * step - 15.2 for n, step in zip((31, 16), spacing, strict=True)]
    x, y = np.meshgrid(*axes, indexing="ij")
    shares = [((x**2 + y**2) < r**2).reshape(31, parts, 16, parts).mean(axis=(1, 3)) for r in (12, 10)]
    d = distances(*shares, spacing=spacing, surface="iso")
    assert d.assd() == pytest.approx(2, rel=0.01)
    assert d.hd95() == pytest.approx(2, rel=0.06)
    assert d.nsd(1.0) == 0
    assert [d.area_a.sum(), d.area_b.sum()] == pytest.approx([2 * np.pi * 12, 2 * np.pi * 10], rel=0.01)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"spacing": (1, 2, 3)}, "must be 2 sizes"),
        ({"spacing": 0}, "> 0"),
        ({"spacing": (1, nan)}, "> 0"),
        (
            {"spacing": 1, "surface": "mesh"},
            "surfaces.distances: surface must be one of 'voxel', 'contour', 'marching', 'iso', got 'mesh'",
        ),
        ({"spacing": 1, "surface": "iso", "level": 0}, "level must be > 0"),
        ({"spacing": 1, "surface": "iso", "preset": "medpy"}, "'voxel' surfaces"),
        ({"spacing": 1, "preset": "itk"}, "preset must be one of 'monai', 'metrics_reloaded', 'deepmind'"),
        ({"spacing": 1, "preset": "monai", "surface": "marching"}, "'voxel' surfaces"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        distances(SOME, SOME, **options)


def test_wrong_masks():
    with pytest.raises(TypeError, match="labels|> 0|== k"):
        distances(SOME.astype(int), SOME, spacing=1)
    with pytest.raises(ValueError, match="one shape"):
        distances(SOME, SOME[:3], spacing=1)
    with pytest.raises(ValueError, match="two or three"):
        distances(np.ones((2,) * 4, bool), np.ones((2,) * 4, bool), spacing=1, surface="marching")
    with pytest.raises(TypeError):
        distances(SOME, SOME)
