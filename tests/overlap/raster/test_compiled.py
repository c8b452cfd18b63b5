"""The compiled version against the array path, on masks of numpy that count as large and on tensors of any size."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from overlap import raster
from overlap.raster import sizes

pytest.importorskip("numba")
SHAPE = (5, 3, 23, 197)  # odd, so that rows end between words and blocks
rng = np.random.default_rng(3)
SOFT = tuple(rng.random(SHAPE, dtype=np.float32) for _ in range(2))
HARD = tuple(x > 0.5 for x in SOFT)
PAIRS = {
    "hard": HARD,
    "float32": SOFT,
    "float64": tuple(x.astype(np.float64) for x in SOFT),
    "mixed": (SOFT[0], HARD[1]),
    "wide": (SOFT[0].astype(np.float64), SOFT[1]),
}


@pytest.fixture(autouse=True)
def large(monkeypatch):
    monkeypatch.setattr(sizes, "_LARGE", 1 << 12)


@pytest.fixture
def calls(monkeypatch):
    """Note of each call of the compiled version whether it answers."""
    from overlap.raster import compiled

    seen, real = [], compiled.raster_sizes

    def noted(*arguments):
        answer = real(*arguments)
        seen.append(answer is not None)
        return answer

    monkeypatch.setattr(compiled, "raster_sizes", noted)
    return seen


def slow(monkeypatch, *args, **kwargs):
    with monkeypatch.context() as patch:
        patch.setattr(sizes, "kernels", lambda module: None)
        return raster.measure(*args, **kwargs)


# compiled by itself
@pytest.mark.parametrize("name", ["hard", "float32", "float64", "mixed", pytest.param("wide", marks=pytest.mark.slow)])
@pytest.mark.parametrize("tnorm", raster.TNORMS)
@pytest.mark.parametrize("axis", [None, (2, 3), -1, (1, -1, 2), (0, 2, 3), (0, 3)])
def test_same_answer(name, tnorm, axis, calls, monkeypatch):
    pair = PAIRS[name]
    fast = raster.measure(*pair, axis=axis, tnorm=tnorm)
    assert calls == [True]
    array = slow(monkeypatch, *pair, axis=axis, tnorm=tnorm)
    for x, y in zip(
        (fast.intersection, fast.size_a, fast.size_b),
        (array.intersection, array.size_a, array.size_b),
        strict=True,
    ):
        assert x.dtype == y.dtype
        assert x.shape == y.shape
        if name == "hard":
            np.testing.assert_array_equal(x, y)
        else:
            np.testing.assert_allclose(x, y, rtol=1e-12)


@pytest.mark.parametrize("axis", [0, (0, 1)])
def test_sums_over_few_cells_take_the_array_path(axis, calls, monkeypatch):
    fast = raster.measure(*HARD, axis=axis)
    assert calls == [False]
    np.testing.assert_array_equal(fast.intersection, slow(monkeypatch, *HARD, axis=axis).intersection)


COUNTED = {
    "where": {"where": rng.random((5, 1, 23, 197)) > 0.3},
    "where of rows": {"where": rng.random((23, 1)) > 0.3},
    "where and an axis to itself": {"where": rng.random((5, 1, 1, 197)) > 0.3, "axis": (0, 2, 3)},
    "weights": {"weights": rng.random((5, 1, 23, 197), dtype=np.float32)},
    "weights of classes": {"weights": rng.random((3, 1, 1))},
    "whole weights": {"weights": rng.integers(0, 5, 197)},
    "bool weights": {"weights": rng.random(197) > 0.5},
    "both": {"weights": rng.random(197), "where": rng.random((3, 23, 1)) > 0.3},
}


# weights are compiled for each pair of types: of one pair, and of the others only `where`, at every run
WHAT_COUNTS = [
    pytest.param(name, counted, marks=[pytest.mark.slow] if name != "float32" and "weights" in COUNTED[counted] else [])
    for name in ("hard", "float32", "mixed")
    for counted in COUNTED
]


@pytest.mark.parametrize(("name", "counted"), WHAT_COUNTS)
def test_what_counts(name, counted, calls):
    options = {"axis": (2, 3)} | COUNTED[counted]
    a, b = PAIRS[name]
    o = raster.measure(a, b, **options)
    assert calls == [True]
    s = np.where(options.get("where", True), options.get("weights", 1), 0)
    expected = [(s * x.astype(np.float64)).sum(options["axis"]) for x in (np.minimum(a, b), a, b)]
    exact = name == "hard" and "weights" not in options
    assert o.size_a.dtype == (np.int64 if exact else np.float64)
    np.testing.assert_allclose((o.intersection, o.size_a, o.size_b), expected, rtol=0 if exact else 1e-12)


STRIDED = {
    "channels last": lambda x: np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1),
    "every other": lambda x: x[..., ::2],
    "a window": lambda x: x[:, :, 3:20, 5:190],
    "transposed": lambda x: x.transpose(3, 1, 0, 2),
    "broadcast": lambda x: np.broadcast_to(x[:1, :, :1], x.shape),
}


@pytest.mark.parametrize("name", ["hard", "float32"])
@pytest.mark.parametrize("strided", STRIDED)
def test_masks_that_do_not_lie_in_order(name, strided, calls):
    a, b = (STRIDED[strided](x) for x in PAIRS[name])
    for one, other in ((a, b), (a, np.ascontiguousarray(b))):
        for axis in (None, (2, 3), (0, 2, 3)):
            o = raster.measure(one, other, axis=axis, where=other > 0.25)
            expected = [
                np.where(other > 0.25, x, 0).astype(np.float64).sum(axis) for x in (np.minimum(one, other), one, other)
            ]
            np.testing.assert_allclose((o.intersection, o.size_a, o.size_b), expected, rtol=1e-12)
    assert all(calls)


def test_backward_arrays_take_the_array_path(calls):
    a, b = (x[..., ::-1] for x in HARD)
    assert int(raster.measure(a, b).intersection) == np.count_nonzero(a & b)
    assert calls == [False]


def test_an_axis_that_does_not_exist_raises():
    with pytest.raises(ValueError, match="axis must be None, or one or more of -4 to 3"):
        raster.measure(*HARD, axis=4)


def test_booleans_viewed_from_other_bytes():
    a = np.full(sizes._LARGE, 255, np.uint8).view(bool)
    assert int(raster.measure(a, a).intersection) == sizes._LARGE


@pytest.mark.parametrize("value", [np.nan, 1.5, -1e-5, np.inf])
def test_values_are_checked_in_the_same_pass(value):
    bad = SOFT[0].copy()
    bad[2, 1, 5, 7] = value
    with pytest.raises(ValueError, match="1 counted values of b"):
        raster.measure(SOFT[1], bad)
    assert raster.measure(SOFT[1], bad, check_values=False).shape == ()


@pytest.mark.parametrize("value", [np.nan, 1.5, np.inf])
def test_what_is_not_counted_may_hold_anything(value, calls):
    a, b = (x.copy() for x in SOFT)
    weights = np.ones(SHAPE[-1])
    a[..., 7] = value
    b[..., 7] = value
    weights[7] = value
    where = np.arange(SHAPE[-1]) != 7
    o = raster.measure(a, b, weights=weights, where=where)
    assert calls == [True]
    np.testing.assert_allclose(o.size_b, b[..., where].sum(dtype=np.float64), rtol=1e-12)


@pytest.mark.parametrize("value", [np.nan, -1.0, np.inf])
def test_weights_are_checked_in_the_same_pass(value):
    weights = np.ones(SHAPE[-1])
    weights[7] = value
    with pytest.raises(ValueError, match="1 counted values of weights are out of range"):
        raster.measure(*SOFT, weights=weights)


@pytest.mark.parametrize("name", ["hard", "float32"])
def test_what_is_beyond_by_rounding_is_cut_off(name, calls):
    a = PAIRS[name][0]
    b = SOFT[1].copy()
    b[0, 0, 0, :4] = 1 + 1e-6, -1e-6, 1 + 2.4e-7, -1e-8
    o = raster.measure(a, b)
    assert calls == [True]
    clipped = np.clip(b, 0, 1).astype(np.float64)
    np.testing.assert_allclose(o.size_b, clipped.sum(), rtol=1e-14)
    np.testing.assert_allclose(o.intersection, np.minimum(a, clipped).sum(), rtol=1e-12)


def test_blocks_of_what_is_cut_off_and_of_what_is_not(calls):
    """A block of which nothing is beyond [0, 1] is not looked at value by value: both kinds, one after the other."""
    a = np.repeat(SOFT[0].reshape(-1), 2)
    b = np.repeat(SOFT[1].reshape(-1), 2)
    for x, at in ((a, 100), (b, 9000), (b, len(b) - 1)):
        x[at] = 1 + 1e-6
    a[200] = -0.0
    o = raster.measure(a, b)
    assert calls == [True]
    a, b = (np.clip(x, 0, 1).astype(np.float64) for x in (a, b))
    np.testing.assert_allclose((o.size_a, o.size_b), (a.sum(), b.sum()), rtol=1e-14)
    np.testing.assert_allclose(o.intersection, np.minimum(a, b).sum(), rtol=1e-12)


def test_read_only_arrays():
    for of_hard, given in ((HARD[0], HARD), (SOFT[0], SOFT)):
        a = of_hard.copy()
        a.flags.writeable = False
        expected = np.minimum(given[0], given[1]).sum(dtype=np.float64)
        np.testing.assert_allclose(raster.measure(a, given[1]).intersection, expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [(1,), (3, 5), (2, 1, 4, 4, 4), (2, 3, 10), (2, 3, 0)])
def test_tensors_of_few_cells(shape, calls, monkeypatch):
    torch = pytest.importorskip("torch")
    a, b = (torch.as_tensor(rng.random(shape)) for _ in range(2))
    for axis in (None, -1):
        fast = raster.measure(a, b, axis=axis)
        array = slow(monkeypatch, a, b, axis=axis)
        torch.testing.assert_close(fast.intersection, array.intersection)
        torch.testing.assert_close(fast.size_a, array.size_a)
    assert calls == [a.numel() > 0] * 2


def test_torch_tensors_come_back_as_torch(calls):
    torch = pytest.importorskip("torch")
    o = raster.measure(*map(torch.as_tensor, SOFT), axis=(2, 3))
    assert calls
    assert isinstance(o.size_a, torch.Tensor)
    torch.testing.assert_close(o.intersection, torch.as_tensor(raster.measure(*SOFT, axis=(2, 3)).intersection))


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_forward_mode_takes_the_array_path(calls):
    torch = pytest.importorskip("torch")
    from torch.autograd import forward_ad

    with forward_ad.dual_level():
        p = forward_ad.make_dual(torch.as_tensor(SOFT[0]), torch.ones(SHAPE))
        tangent = forward_ad.unpack_dual(raster.measure(p, torch.as_tensor(SOFT[1])).size_a).tangent
    assert float(tangent) == p.numel()
    assert not calls


@pytest.mark.parametrize("axis", [None, (2, 3), (0, 2, 3)])
def test_gradients_leave_the_bits_as_they_are(axis, calls):
    torch = pytest.importorskip("torch")
    p, y = map(torch.as_tensor, SOFT)
    o, plain = (raster.measure(x, y, axis=axis) for x in (p.clone().requires_grad_(), p))
    assert len(calls) == 2
    assert torch.equal(o.intersection, plain.intersection)
    assert o.intersection.requires_grad


def test_four_threads():
    expected = int(raster.measure(*HARD).intersection)
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda _: int(raster.measure(*HARD).intersection), range(16)))
    assert got == [expected] * 16


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX: forks")
def test_after_a_fork():
    expected = int(raster.measure(*HARD).intersection)
    child = os.fork()
    if child == 0:
        os._exit(0 if int(raster.measure(*HARD).intersection) == expected else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def run(code: str, **environment: str) -> str:
    command = [sys.executable, "-P", "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | environment).stdout


@pytest.mark.slow
def test_compilation_is_cached_on_disk(tmp_path):
    """In a folder of its own: other processes of the tests compile at the same time."""
    measure = (
        "import numpy as np; from overlap import raster; from overlap.raster import compiled\n"
        "x = np.ones(1 << 20, np.float32); raster.measure(x, x)\n"
        "print(sum(compiled._add_soft.compiled.stats.cache_hits.values()))"
    )
    assert int(run(measure, NUMBA_CACHE_DIR=str(tmp_path))) == 0
    assert int(run(measure, NUMBA_CACHE_DIR=str(tmp_path))) == 1


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["bool", "float32"])
def test_peak_memory(dtype):
    """Nothing is allocated besides the inputs: the peak of a fresh process grows by less than 8 MB."""
    resource = pytest.importorskip("resource")
    out = run(
        "import numpy as np, resource; from overlap import raster\n"
        f"x = np.ones(1 << 20, {dtype!r}); raster.measure(x, x)\n"
        f"a, b = (np.ones((256,) * 3, {dtype!r}) for _ in range(2))\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak(); raster.measure(a, b); print(peak() - before)"
    )
    assert resource.RUSAGE_SELF == 0
    assert int(out) <= 8 * 1024


@pytest.mark.parametrize("tnorm", raster.TNORMS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", [1.0, 0.01, 2e-16])
def test_no_more_is_shared_than_either_has(calls, tnorm, dtype, scale):
    """Values near the rounding of 1 too, where a + b − 1 is more than a or b."""
    b = (rng.random((4, 1 << 18)) * scale).astype(dtype)
    a = b * (rng.random(b.shape) < 0.99).astype(dtype)
    for one, other in ((a, b), (b, a), (np.ones_like(a), b), (a, np.ones_like(b))):
        for axis in (None, 0, 1):
            o = raster.measure(one, other, axis=axis, tnorm=tnorm)
            assert np.all(o.intersection <= np.minimum(o.size_a, o.size_b))
            assert np.all(o.intersection >= 0)
    assert calls
