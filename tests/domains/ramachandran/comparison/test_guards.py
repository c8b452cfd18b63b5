"""Oracles: the table of errors of the reference notes; honest pairs; each remedy, followed literally."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from honest_pairs import NODES, as_region, disc, drawn, holding, honest_pairs, smoothed, spheres

from domains.ramachandran import CATEGORIES, LEVELS, compare, evaluate, hard_sphere, reference, region
from domains.ramachandran.comparison.guards import Hint, hint_line, remedies
from domains.ramachandran.torus import Table, centres

MISTAKES = {
    "phi and psi swapped": lambda x: x.T,
    "psi upside down": lambda x: x[::-1],
    "phi mirrored": lambda x: x[:, ::-1],
    "both angles negated": lambda x: x[::-1, ::-1],
    "phi 0 to 360 read as -180 to 180": lambda x: np.roll(x, 90, 1),
    "psi 0 to 360 read as -180 to 180": lambda x: np.roll(x, 90, 0),
    "0 to 360 read as -180 to 180": lambda x: np.roll(x, (90, 90), (0, 1)),
    "complement of the region": lambda x: ~x,
}
# general favored and allowed, from the notes
EXPECTED = {
    "phi and psi swapped": (0.0244, 0.1875),
    "psi upside down": (0.1820, 0.5673),
    "0 to 360 read as -180 to 180": (0.0100, None),
}
pytestmark = pytest.mark.filterwarnings("ignore:ramachandran.compare")


def slow(*values):
    return pytest.param(*values, marks=pytest.mark.slow)


def put_right(message, predicted):
    """Follow the first remedy of an error that begins with "pass"."""
    expression = message.split("; pass ")[1].split(", or ")[0].split("; or ")[0]
    return eval(expression, {"predicted": predicted, "np": np})


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_named_with_the_overlap_that_it_hides(mistake):
    for k, category in enumerate(CATEGORIES):
        # each mistake at both levels, and each category too
        level = LEVELS[(k + list(MISTAKES).index(mistake)) % 2]
        truth = region("top8000", category, level)
        predicted = as_region(MISTAKES[mistake](truth.values))
        report = compare(predicted, category=category, level=level)
        if mistake == "both angles negated" and category == "glycine":
            assert float(report.iou) == 1.0
            continue
        assert mistake in report.attrs["hint"]
        assert f"? IoU 1.00 instead of {float(report.iou):.2f}" in report.attrs["hint"]
        with pytest.raises(ValueError, match=r"^ramachandran.compare: .*; or leave strict= \(--strict\) out$") as error:
            compare(predicted, category=category, level=level, strict=True)
        assert float(compare(put_right(str(error.value), predicted), category=category, level=level).iou) == 1.0


@pytest.mark.parametrize("mistake", EXPECTED)
def test_what_errors_look_like(mistake):
    for level, iou in zip(LEVELS, EXPECTED[mistake], strict=True):
        predicted = as_region(MISTAKES[mistake](region(level=level).values))
        if iou is not None:
            assert float(compare(predicted, level=level).iou) == pytest.approx(iou, abs=5e-5)


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("way", [1, -1])
def test_half_a_cell(category, way):
    """The score at the edges of the cells, given with their centres, and the other way round."""
    truth = reference()
    k = CATEGORIES.index(category)
    score = Table(truth.score.values)(NODES[None, :] + way, NODES[:, None] + way, k)
    # each category at both levels, and each way too
    level = LEVELS[(k + (way == 1)) % 2]
    predicted = as_region(score >= float(truth[level][k]))
    report = compare(predicted, category=category, level=level)
    assert "half a cell (1°) off" in report.attrs["hint"]
    assert 0.9 < float(report.iou) < 0.99
    with pytest.raises(ValueError, match="half a cell") as error:
        compare(predicted, category=category, level=level, strict=True)
    assert float(compare(put_right(str(error.value), predicted), category=category, level=level).iou) > 0.999


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_rank_or_a_density_is_no_mask(category):
    rng = np.random.default_rng(0)
    score = reference().score.sel(category=category).values
    density = smoothed(drawn(score, 200_000, rng), 3)
    density /= density.sum()
    for level in LEVELS:
        options = {"category": category, "level": level}
        assert "a percentile rank taken for a mask? IoU 1.00" in compare(as_region(score), **options).attrs["hint"]
        for scaled in (density, density / density.max()):
            assert "a density taken for a mask?" in compare(as_region(scaled), **options).attrs["hint"]
        with pytest.raises(ValueError, match="percentile rank") as error:
            compare(as_region(score), **options, strict=True)
        assert float(compare(put_right(str(error.value), as_region(score)), **options).iou) == 1.0
        with pytest.raises(ValueError, match=r"pass region_from_density\(predicted, mass=0.9"):
            compare(as_region(density), **options, strict=True)


@pytest.mark.parametrize("category", CATEGORIES)
def test_another_category(category):
    for level in LEVELS:
        bare = as_region(region("top8000", category, level).values)
        for other in CATEGORIES:
            report = compare(bare, category=other, level=level)
            if other == category:
                assert "hint" not in report.attrs
            else:
                assert f"a region of {category}? IoU 1.00 instead of" in report.attrs["hint"]
    stranger = "general" if category != "general" else "glycine"
    with pytest.raises(ValueError, match=f'compare it with category="{category}"'):
        compare(bare, category=stranger, level="allowed", strict=True)


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
def test_a_sample_of_another_category(level):
    """Of 1000 residues under the default kernel: whichever other category it is compared with."""
    rng = np.random.default_rng(4)
    mass = 0.98 if level == "favored" else 0.999
    n_named = 0
    for category in CATEGORIES:
        counts = drawn(reference().score.sel(category=category).values, 1000, rng)
        sample = as_region(holding(smoothed(counts, 8), mass))
        assert "hint" not in compare(sample, category=category, level=level).attrs
        for other in set(CATEGORIES) - {category}:
            hint = compare(sample, category=other, level=level).attrs.get("hint", "")
            n_named += f"a region of {category}?" in hint
    # of 30
    assert n_named >= 22


def test_glycine_has_no_hand():
    truth = region("top8000", "glycine")
    half = truth.values & (NODES < 0)
    report = compare(as_region(half), category="glycine")
    assert "not symmetrical at (-phi, -psi)? IoU 1.00 instead of 0.5" in report.attrs["hint"]
    assert "hint" not in compare(as_region(half | half[::-1, ::-1]), category="glycine").attrs


@pytest.mark.parametrize("bandwidth", [0.0, 5.0])
def test_radians_taken_for_degrees(bandwidth):
    rng = np.random.default_rng(0)
    counts = drawn(reference().score.sel(category="general").values, 10_000, rng)
    rows, columns = np.nonzero(counts)
    inside = [np.histogram(np.radians(NODES[at]), np.arange(-180, 181, 2))[0] for at in (rows, columns)]
    cells = np.outer(inside[0], inside[1]) > 0
    if bandwidth:
        cells = holding(smoothed(cells.astype(float), bandwidth), 0.98)
    report = compare(as_region(cells), level="allowed")
    assert float(report.iou) == 0.0
    assert "angles in radians taken for degrees?" in report.attrs["hint"]
    with pytest.raises(ValueError, match=r"make the region from numpy.degrees\(phi\) and numpy.degrees\(psi\)"):
        compare(as_region(cells), level="allowed", strict=True)


@pytest.mark.slow
@pytest.mark.parametrize("category", ["general", "glycine", *(slow(name) for name in CATEGORIES[2:])])
def test_no_guard_speaks_of_an_honest_pair(category):
    n = 0
    for name, predicted, options in honest_pairs(category, seed=0):
        n += 1
        assert "hint" not in compare(predicted, **options, strict=True).attrs, name
    assert n >= 50


@pytest.mark.slow
def test_no_guard_speaks_of_hard_spheres():
    for name, predicted, options in spheres():
        assert "hint" not in compare(predicted, **options, strict=True).attrs, name


def test_stacks_are_told_in_one_line():
    right = region("top8000", None, None)
    wrong = right.drop_vars(["score", "cut"]).copy(data=right.values[:, :, ::-1])
    hint = compare(wrong, level=None).attrs["hint"]
    assert "psi upside down? mean IoU 1.00 instead of" in hint
    assert "category general, level favored; " in hint
    assert "(10 of 12" in hint
    assert "psi upside down or phi mirrored?" in hint, "glycine's two mirrors are one"
    one_wrong = xr.concat([right, wrong], "model")
    one_wrong = one_wrong.isel(category=0, level=0).drop_vars(["category", "level", "score", "cut"], errors="ignore")
    assert compare(one_wrong).attrs["hint"] == "psi upside down? mean IoU 1.00 instead of 0.18 (1 of 2: model 1)"
    with pytest.raises(ValueError, match="model 1"):
        compare(one_wrong, strict=True)


@pytest.mark.slow
@pytest.mark.parametrize("n", [36, 45, 72])
def test_other_grids(n):
    """Nodes from −180 on, an odd number of cells, and a grid that is not square."""
    nodes = {"psi": -180 + np.arange(n) * 360 / n, "phi": centres(2 * n)}
    like = xr.DataArray(np.zeros((n, 2 * n), bool), coords=nodes, dims=("psi", "phi"))
    cells = compare_on(like)
    swapped = xr.DataArray(cells.values.T, dims=("psi", "phi"), coords={"psi": nodes["phi"], "phi": nodes["psi"]})
    assert "phi and psi swapped" in compare(swapped).attrs["hint"]
    upside_down = cells.copy(data=cells.values[::-1])
    hint = compare(upside_down).attrs["hint"]
    assert hint.startswith("psi upside down? IoU 1.00")
    negated = cells.assign_coords(psi=-cells.psi, phi=-cells.phi)
    assert "both angles negated? IoU 1.00" in compare(negated).attrs["hint"]
    assert "hint" not in compare(cells).attrs


def compare_on(like):
    """Return the general favored region at other nodes, in plain numpy."""
    score = Table(reference().score.values[:1])(like.phi.values, like.psi.values[:, None], 0)
    return like.copy(data=score >= 0.02)


def test_lines():
    hints = [Hint("a", 0.97, 0.95, "do a"), Hint("b", 1.0, 0.5, "do b", 1), Hint("b", 1.0, 0.5, "do b", 2)]
    assert hint_line(hints[:1], [""]) == "a? IoU 0.970 instead of 0.950"
    assert hint_line(hints, ["x", "y", "z"]).endswith("b? mean IoU 1.00 instead of 0.50 (2 of 3: y; z)")
    many = [Hint("b", 1.0, 0.5, "do b", k) for k in range(5)]
    assert hint_line(many, list("uvwxy")).endswith("(5 of 5: u; v; w; 2 more)")
    assert remedies(hints) == "do a; do b"


@pytest.mark.slow
def test_a_level_is_not_ignored_where_the_reference_is_a_region():
    truth = region(level="allowed")
    assert float(compare(hard_sphere(), truth, level="allowed").iou) == float(compare(hard_sphere(), truth).iou)
    for level in (None, ["favored", "allowed"]):
        with pytest.raises(ValueError, match=r"^ramachandran.compare: level .* leave level= \(--level\) out"):
            compare(hard_sphere(), truth, level=level)
    with pytest.raises(ValueError, match="level 'allowed' chooses"):
        compare(hard_sphere(), hard_sphere("normal"), level="allowed")


def on_grid(n_psi, n_phi, category, level, offset=0.5):
    """The region itself, sampled at the centres of a grid."""
    psi = -180 + (np.arange(n_psi) + offset) * 360 / n_psi
    phi = -180 + (np.arange(n_phi) + offset) * 360 / n_phi
    inside = evaluate(phi[None, :], psi[:, None], category) >= float(reference()[level].sel(category=category))
    return xr.DataArray(inside, {"psi": psi, "phi": phi}, ("psi", "phi"))


def read_wrongly(truth):
    """Yield a prediction on its own grid with each mistake of the axes."""
    values = truth.values
    from_zero_psi = np.argsort(truth.psi.values % 360)
    from_zero_phi = np.argsort(truth.phi.values % 360)
    yield truth.copy(data=values[::-1])
    yield truth.copy(data=values[:, ::-1])
    yield truth.copy(data=values[::-1, ::-1])
    yield truth.copy(data=values[:, from_zero_phi])
    yield truth.copy(data=values[from_zero_psi])
    yield truth.copy(data=values[from_zero_psi][:, from_zero_phi])
    yield truth.assign_coords(psi=truth.psi.values + 180, phi=truth.phi.values + 180).copy(data=values)
    yield truth.rename(psi="phi", phi="psi").transpose("psi", "phi")
    if values.shape[0] == values.shape[1]:
        yield truth.copy(data=values.T)
    yield ~truth


@pytest.mark.slow
@pytest.mark.parametrize(
    ("grid", "offset", "level"),
    [
        slow((36, 36), 0.2, "favored"),
        slow((15, 15), 0.0, "allowed"),
        ((24, 45), 0.5, "allowed"),
        ((21, 33), 0.2, "favored"),
    ],
)
def test_a_told_iou_is_what_its_remedy_gives(grid, offset, level):
    n_told = 0
    category = str(np.random.default_rng(grid[0]).choice(CATEGORIES))
    options = {"category": category, "level": level}
    for predicted in read_wrongly(on_grid(*grid, category, level, offset)):
        hint = compare(predicted, **options).attrs.get("hint", "")
        if not hint.partition("?")[0] or "a region of" in hint or "glycine" in hint:
            continue
        n_told += 1
        told = float(hint.partition("IoU ")[2].split()[0])
        with pytest.raises(ValueError, match="pass ") as error:
            compare(predicted, **options, strict=True)
        followed = compare(put_right(str(error.value), predicted), **options)
        assert float(followed.iou) == pytest.approx(told, abs=0.0051), hint
    assert n_told > 4


HALF_CELLS = [(0.5, 0.5), (-0.5, -0.5), (0.5, 0), (-0.5, 0), (0, -0.5), (0, 0.5), (-0.5, 0.5), (0.5, -0.5)]


GRIDS = [("glycine", (180, 180)), ("general", (72, 72)), ("pre-proline", (36, 72)), ("cis-proline", (24, 24))]


@pytest.mark.slow
@pytest.mark.parametrize(("category", "grid"), GRIDS)
def test_half_a_cell_along_an_axis_or_both(category, grid):
    n_psi, n_phi = grid
    for k, level in enumerate(LEVELS):
        truth = on_grid(n_psi, n_phi, category, level)
        # each direction on two of the grids, once at each level
        for up, across in HALF_CELLS[(2 * GRIDS.index((category, grid)) + k) % 4 :: 4]:
            predicted = truth.assign_coords(psi=truth.psi + up * 360 / n_psi, phi=truth.phi + across * 360 / n_phi)
            report = compare(predicted, category=category, level=level)
            assert "cells half a cell" in report.attrs["hint"]
            with pytest.raises(ValueError, match="half a cell") as error:
                compare(predicted, category=category, level=level, strict=True)
            followed = compare(put_right(str(error.value), predicted), category=category, level=level)
            assert float(followed.iou) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("clashes", ["all", "ho2003"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_with_the_hard_sphere_map(mistake, clashes):
    """Its honest IoU is near a half. An axis of psi alone, which its basins run along, moves too little to tell."""
    cells = hard_sphere(clashes=clashes)
    wrong = as_region(MISTAKES[mistake](cells.values))
    for level in LEVELS:
        assert "hint" not in compare(as_region(cells.values), level=level).attrs
        hint = compare(wrong, level=level).attrs.get("hint", "")
        is_seen = mistake != "psi 0 to 360 read as -180 to 180"
        assert (mistake in hint) == is_seen, (level, hint)


@pytest.mark.parametrize("seed", [31, 32])
def test_nothing_is_said_of_a_small_part_of_a_region(seed):
    """A few degrees of one basin hold few residues, and what is not in them nearly all: it is honest all the same."""
    rng = np.random.default_rng(seed)
    for level in LEVELS:
        for phi, psi in [(-63, -43), (55, 45), (-150, 155), (75, -170)]:
            cells = disc(phi + rng.normal(0, 5), psi + rng.normal(0, 5), rng.uniform(8, 25))
            assert "hint" not in compare(as_region(cells), level=level).attrs
