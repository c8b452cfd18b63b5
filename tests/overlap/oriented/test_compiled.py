"""The compiled version against the array path, on sets large enough to reach it."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from overlap import oriented
from overlap.oriented import sizes

pytest.importorskip("numba")
rng = np.random.default_rng(9)


def boxes(n, size):
    centre, sides = rng.uniform(-1, 1, (n, 2)), rng.uniform(0, size, (n, 2))
    return np.concatenate([centre, sides, rng.uniform(-np.pi, np.pi, (n, 1))], axis=1)


SETS = {"sparse": (boxes(300, 0.1), boxes(251, 0.1)), "dense": (boxes(300, 2.0), boxes(251, 2.0))}
AREA_ERROR, IOU_ERROR = {"float64": 1e-14, "float32": 1e-5}, {"float64": 1e-12, "float32": 1e-4}


@pytest.fixture
def calls(monkeypatch):
    """Count the calls that the compiled version answers."""
    from overlap.oriented import compiled

    seen = []
    for name in ("pairwise", "intersection"):
        real = getattr(compiled, name)
        monkeypatch.setattr(compiled, name, lambda *x, real=real: seen.append(1) or real(*x))
    return seen


def slow(monkeypatch, function, *args):
    with monkeypatch.context() as patch:
        patch.setattr(sizes, "kernels", lambda module: None)
        return function(*args)


@pytest.mark.parametrize("dtype", AREA_ERROR)
@pytest.mark.parametrize("name", SETS)
def test_same_answer(name, dtype, calls, monkeypatch):
    a, b = (x.astype(dtype) for x in SETS[name])
    fast = oriented.pairwise(a, b)
    array = slow(monkeypatch, oriented.pairwise, a, b)
    assert fast.dtype == array.dtype == dtype
    np.testing.assert_allclose(fast, array, atol=IOU_ERROR[dtype], rtol=0)
    fast = oriented.measure(a[:, None], b)
    array = slow(monkeypatch, oriented.measure, a[:, None], b)
    assert fast.shape == (300, 251)
    assert fast.intersection.dtype == dtype
    np.testing.assert_allclose(fast.intersection, array.intersection, atol=AREA_ERROR[dtype], rtol=0)
    assert calls == [1, 1]


@pytest.mark.parametrize("turn", [0, np.pi, np.pi / 2], ids=["identical", "half a turn", "sides swapped"])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_names_of_one_rectangle(turn, scale, calls):
    a = boxes(sizes.SMALL, 1.0)
    a = a * np.array([scale] * 4 + [1])
    a[:, 2:4] += 0.05 * scale
    b = a[:, [0, 1, 3, 2, 4]] if turn == np.pi / 2 else a.copy()
    b[:, 4] += turn
    o = oriented.measure(a, b)
    assert calls
    np.testing.assert_allclose(o.intersection / o.size_a, 1, atol=1e-12, rtol=0)


def test_empty_boxes(calls):
    a = np.zeros((256, 5))
    a[0, 2:4] = 1
    got = oriented.pairwise(a, a)
    assert calls
    assert got[0, 0] == 1
    assert np.all(got[0, 1:] == 0)
    assert np.isnan(got[1:, 1:]).all()


def test_boxes_that_are_apart_share_exactly_nothing(calls):
    direction = np.linspace(0, 2 * np.pi, sizes.SMALL)
    diamond = np.stack(
        [0.75 * np.cos(direction), 0.75 * np.sin(direction), *np.ones((2, len(direction))), direction], 1
    )
    opposite = diamond * [-1, -1, 1, 1, 1]
    assert np.all(oriented.measure(diamond, opposite).intersection == 0)
    assert calls


def test_strided_and_read_only_boxes(calls):
    wide = np.zeros((600, 7))
    wide[::2, 1:6] = SETS["dense"][0]
    wide.flags.writeable = False
    got = oriented.pairwise(wide[::2, 1:6], SETS["dense"][1])
    np.testing.assert_array_equal(got, oriented.pairwise(*SETS["dense"]))
    assert len(calls) == 2


def test_values_are_checked_before(calls):
    bad = SETS["dense"][1].copy()
    bad[5, 3] = -1
    with pytest.raises(ValueError, match="1 of 251 boxes of b are malformed"):
        oriented.pairwise(SETS["dense"][0], bad)
    assert not calls


def test_torch_tensors_come_back_as_torch(calls):
    torch = pytest.importorskip("torch")
    got = oriented.pairwise(*map(torch.as_tensor, SETS["dense"]))
    assert calls
    assert isinstance(got, torch.Tensor)
    np.testing.assert_array_equal(got.numpy(), oriented.pairwise(*SETS["dense"]))


def test_gradients_take_the_array_path(calls):
    torch = pytest.importorskip("torch")
    a = torch.as_tensor(SETS["dense"][0]).clone().requires_grad_()
    oriented.pairwise(a, torch.as_tensor(SETS["dense"][1])).sum().backward()
    assert not calls
    assert torch.isfinite(a.grad).all()


def test_four_threads():
    expected = oriented.pairwise(*SETS["dense"])
    with ThreadPoolExecutor(4) as pool:
        for got in pool.map(lambda _: oriented.pairwise(*SETS["dense"]), range(8)):
            np.testing.assert_array_equal(got, expected)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "compiled"), [(255, False), (256, True)])
def test_small_sets_never_import_the_compiler(n, compiled):
    code = (
        "import sys, numpy as np; from overlap import oriented\n"
        f"x = np.ones(({n}, 5)); oriented.pairwise(x, x); print('numba' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == str(compiled)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e6])
def test_no_more_is_shared_than_either_has(calls, dtype, scale):
    a = (boxes(300, 2.0) * [scale, scale, scale, scale, 1]).astype(dtype)
    inner = (a * [1, 1, 0.5, 1, 1]).astype(dtype)
    turned = a[:, [0, 1, 3, 2, 4]] + np.array([0, 0, 0, 0, np.pi / 2], dtype)
    for b in (a, inner, turned):
        o = oriented.measure(a[:, None], b)
        assert np.all((o.intersection >= 0) & (o.intersection <= np.minimum(o.size_a, o.size_b)))
        iou = oriented.pairwise(a, b)
        assert np.all((iou >= 0) & (iou <= 1))
    assert calls == [1] * 6
