"""Oracles: closed forms, the formula of one cell in plain Python, and shapely's areas of each cell."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from overlap import boxes, losses, polygons

X = np.linspace(-2.75, 4.25, 15)  # cells of 1/2 from -3 to 4.5
Y = np.linspace(3.5, -1.5, 6)  # descending cells of 1 from -2 to 4
Z = np.linspace(0.1, 0.7, 4)  # cells of 1/5 from 0 to 4/5
GRIDS = {1: (X,), 2: (X, Y), 3: (X, Y, Z)}
CELLS = {1: 0.5, 2: 0.5, 3: 0.1}


def some(n, d):
    """Return boxes within the grids, and some that reach out of them."""
    rng = np.random.default_rng(d)
    low = rng.uniform([-3, -2, 0][:d], [2, 2, 0.4][:d], (n, d))
    return np.concatenate([low, low + rng.uniform(0, [2, 2, 0.4][:d], (n, d))], axis=1)


def share_of(lo, hi, centre, width):
    """Write the share of a cell down as the issue does."""
    left = centre - width / 2
    right = centre + width / 2
    return max(min(hi, right) - max(lo, left), 0) / width


@pytest.mark.parametrize("d", [1, 2, 3])
def test_each_cell_by_hand(backend, d):
    widths = [abs(x[1] - x[0]) for x in GRIDS[d]]
    drawn = backend.to_numpy(boxes.rasterize(backend.asarray(some(5, d) - 0.3), GRIDS[d]))
    assert drawn.shape == (5, *(len(x) for x in reversed(GRIDS[d])))
    for box, cells in zip(some(5, d) - 0.3, drawn, strict=True):
        for index in product(*(range(len(x)) for x in GRIDS[d])):
            along = zip(box[:d], box[d:], (x[i] for x, i in zip(GRIDS[d], index, strict=True)), widths, strict=True)
            assert cells[index[::-1]] == pytest.approx(prod(share_of(*axis) for axis in along), abs=1e-14)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_shares_add_to_the_size_of_the_box(d):
    drawn = boxes.rasterize(some(50, d), GRIDS[d])
    size = boxes.measure(some(50, d), some(50, d)).size_a
    np.testing.assert_allclose(drawn.sum(axis=tuple(range(1, d + 1))) * CELLS[d], size, rtol=1e-13)


def test_boxes_are_polygons():
    for box in some(20, 2) - 0.7:
        drawn = boxes.rasterize(box, (X, Y))
        np.testing.assert_allclose(drawn, polygons.rasterize(shapely.box(*box), (X, Y), "coverage"), atol=1e-14)
        left, low = np.meshgrid(X - 0.25, Y - 0.5)
        shared = shapely.intersection(shapely.box(left, low, left + 0.5, low + 1), shapely.box(*box))
        np.testing.assert_allclose(drawn, shapely.area(shared) / 0.5, atol=1e-14)


@given(st.floats(-9, 9), st.floats(0, 9), st.sampled_from(["float32", "float64"]))
def test_exactly_one_inside_and_nothing_outside(lo, side, dtype):
    box = np.array([lo, lo + side], dtype)
    centres = np.arange(-4, 5) / 3
    drawn = boxes.rasterize(box, (centres,))
    left = (centres - 1 / 6).astype(dtype)
    right = (centres + 1 / 6).astype(dtype)
    margin = 4e-7
    assert drawn.dtype == dtype
    assert ((drawn >= 0) & (drawn <= 1)).all()
    assert (drawn[(left >= box[0] + margin) & (right <= box[1] - margin)] == 1).all()
    assert (drawn[(right <= box[0] - margin) | (left >= box[1] + margin)] == 0).all()


def test_batches_and_none():
    batch = some(6, 2).reshape(2, 3, 4)
    np.testing.assert_array_equal(boxes.rasterize(batch, (X, Y))[1, 2], boxes.rasterize(batch[1, 2], (X, Y)))
    assert boxes.rasterize(np.zeros((0, 4)), (X, Y)).shape == (0, 6, 15)


@pytest.mark.parametrize(("dtype", "expected"), [("int64", "float64"), ("float16", "float32"), ("float32", "float32")])
def test_dtypes(dtype, expected):
    assert boxes.rasterize(np.array([0, 0, 2, 1], dtype), (X, Y)).dtype == expected


# ---------------------------------------------------------------- axes that repeat

RING = np.arange(-175.0, 180, 10)


@pytest.mark.filterwarnings("ignore:polygons.*an edge longer than half a period:UserWarning")
def test_over_the_seam():
    rng = np.random.default_rng(4)
    low = rng.uniform(-900, 900, (30, 2))
    torus = np.concatenate([low, low + rng.uniform(0, 355, (30, 2))], axis=1)
    drawn = boxes.rasterize(torus, (RING, RING[::-1]), period=(360, 360))
    for box, cells in zip(torus, drawn, strict=True):
        expected = polygons.rasterize(shapely.box(*box), (RING, RING[::-1]), "coverage", period=(360, 360))
        np.testing.assert_allclose(cells, expected, atol=1e-12)


def test_arcs_in_closed_form():
    drawn = boxes.rasterize(np.array([172.0, 193.0]), (RING,), period=(360,))
    assert drawn[[0, 1, 34, 35]].tolist() == pytest.approx([1, 0.3, 0, 0.8], abs=1e-14)
    # of a ring, everything: it counts once, wherever it begins
    for lo in (-180.0, 3.0, 1234.5):
        for length in (360, 361, 999):
            ring = boxes.rasterize(np.array([lo, lo + length]), (RING,), period=(360,))
            np.testing.assert_allclose(ring, 1, atol=1e-12)
            assert (ring <= 1).all()


def test_part_of_a_period():
    window = np.arange(5.0, 50, 10)
    drawn = boxes.rasterize(np.array([342.0, 375.0]), (window,), period=(360,))
    np.testing.assert_allclose(drawn, [1, 0.5, 0, 0, 0], atol=1e-13)


# ---------------------------------------------------------------- gradients


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.mark.parametrize("d", [1, 2, 3])
def test_gradcheck(torch, d):
    grid = [x[:4] for x in GRIDS[d]]
    box = torch.tensor(some(2, d), requires_grad=True)
    assert torch.autograd.gradcheck(lambda box: boxes.rasterize(box, grid), box)
    far = torch.tensor(some(2, d) + 100, requires_grad=True)
    period = (7.5, 6, 0.8)[:d]
    assert torch.autograd.gradcheck(lambda box: boxes.rasterize(box, grid, period=period), far)


@pytest.mark.parametrize("end", [1.0, 1.2, 1.5])
@pytest.mark.parametrize("centres", [X, X[::-1]])
def test_a_longer_box_covers_as_much_more(torch, end, centres):
    """Also where it ends between two cells: each has half the slope that it has on its own side."""
    box = torch.tensor([0.0, end], dtype=torch.float64, requires_grad=True)
    (0.5 * boxes.rasterize(box, (centres,)).sum()).backward()
    assert box.grad.tolist() == [-1, 1]


def test_between_two_cells_the_slope_is_halfway(torch):
    box = torch.tensor([0.0, 1.0], dtype=torch.float64, requires_grad=True)
    boxes.rasterize(box, (X,))[7].backward()  # from 1/2 to 1
    assert box.grad.tolist() == [0, 1]
    box.grad = None
    boxes.rasterize(box, (X,))[8].backward()
    assert box.grad.tolist() == [0, 1]


@pytest.mark.slow
def test_vmap_and_compile(torch):
    batch = torch.tensor(some(5, 2), requires_grad=True)
    expected = boxes.rasterize(batch, (X, Y), period=(None, 6))
    mapped = torch.func.vmap(lambda box: boxes.rasterize(box, (X, Y), period=(None, 6)))(batch)
    torch.testing.assert_close(mapped, expected)

    @torch.compile(fullgraph=True, backend="aot_eager")
    def compiled(box):
        return boxes.rasterize(box, (X, Y), period=(None, 6))

    torch.testing.assert_close(compiled(batch), expected)


@pytest.mark.slow
def test_a_box_learns_the_map_that_it_was_drawn_from(torch):
    truth = torch.tensor([-1.3, -0.8, 2.6, 3.1], dtype=torch.float64)
    drawn = boxes.rasterize(truth, (X, Y))
    box = torch.tensor([0.2, 0.1, 1.0, 1.0], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([box], lr=0.05)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, 0.98)
    for _ in range(400):
        optimiser.zero_grad()
        losses.dice_loss(boxes.rasterize(box, (X, Y)), drawn).backward()
        optimiser.step()
        schedule.step()
    torch.testing.assert_close(box.detach(), truth, atol=2e-3, rtol=0)


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("grid", "period", "message"),
    [
        ((X,), None, "grid must hold the cell centres along each of the 2 axes of the box, got 1 arrays; on the line"),
        (X, None, "grid must hold the cell centres along each of the 2 axes of the box, got 15 arrays"),
        ((X, [0, 1, 3]), None, r"grid\[1\] must be evenly spaced cell centres"),
        ((X, [0]), None, r"grid\[1\] must be a 1-D array of two or more cell centres, got shape \(1,\)"),
        ((X, Y), (None, 5.9), "the grid spans 6, more than the period; drop the repeated cells"),
        ((X, Y), (360,), "period must name a length for each of the 2 axes"),
        ((X, Y), (0, None), "a period must be positive and finite"),
    ],
)
def test_grids_that_do_not_fit(grid, period, message):
    with pytest.raises(ValueError, match=f"^boxes.rasterize: {message}"):
        boxes.rasterize(np.zeros(4), grid, period=period)


def test_the_remedies_work():
    repeated = np.arange(0, 361, 10.0)
    with pytest.raises(ValueError, match="drop the repeated cells"):
        boxes.rasterize(np.array([5.0, 15.0]), (repeated,), period=(360,))
    assert boxes.rasterize(np.array([5.0, 15.0]), (repeated[:-1],), period=(360,)).tolist() == [0, 1] + [0] * 34


def test_malformed(torch):
    upside_down = torch.tensor([[0.0, 1.0], [2.0, 1.0]])
    with pytest.raises(ValueError, match=r"boxes\.rasterize: 1 of 2 boxes of box are malformed"):
        boxes.rasterize(upside_down, (X,))
    drawn = torch.func.vmap(lambda box: boxes.rasterize(box, (X,)))(upside_down)
    assert torch.isnan(drawn).all(1).tolist() == [False, True]
