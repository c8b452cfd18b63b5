"""The compiled version against the array path, on inputs large enough to reach it."""

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
SHAPE = (5, 3, 83, 977)  # odd, so that rows end between words and blocks
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


@pytest.fixture
def calls(monkeypatch):
    """Count the calls that the compiled version answers."""
    from overlap.raster import compiled

    seen, real = [], compiled.raster_sizes
    monkeypatch.setattr(compiled, "raster_sizes", lambda *x: seen.append(1) or real(*x))
    return seen


def slow(monkeypatch, *args, **kwargs):
    with monkeypatch.context() as patch:
        patch.setattr(sizes, "kernels", lambda module: None)
        return raster.measure(*args, **kwargs)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("tnorm", raster.TNORMS)
@pytest.mark.parametrize("axis", [None, (2, 3), -1, (1, -1, 2), (0, 2, 3), (0, 3)])
def test_same_answer(name, tnorm, axis, calls, monkeypatch):
    pair = PAIRS[name]
    fast = raster.measure(*pair, axis=axis, tnorm=tnorm)
    assert calls
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
def test_other_axes_take_the_array_path(axis, monkeypatch):
    fast = raster.measure(*HARD, axis=axis)
    np.testing.assert_array_equal(fast.intersection, slow(monkeypatch, *HARD, axis=axis).intersection)


def test_an_axis_that_does_not_exist_raises():
    with pytest.raises(ValueError, match="axis must be None, or one or more of -4 to 3"):
        raster.measure(*HARD, axis=4)


def test_strided_arrays_take_the_array_path():
    a, b = (x[..., ::2] for x in HARD)
    assert int(raster.measure(a, b).intersection) == np.count_nonzero(a & b)


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


def test_read_only_arrays():
    a = HARD[0].copy()
    a.flags.writeable = False
    assert int(raster.measure(a, HARD[1]).intersection) == np.count_nonzero(a & HARD[1])


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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_after_a_fork():
    expected = int(raster.measure(*HARD).intersection)
    child = os.fork()
    if child == 0:
        os._exit(0 if int(raster.measure(*HARD).intersection) == expected else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True).stdout


def test_compilation_is_cached_on_disk():
    raster.measure(*SOFT)
    out = run(
        "import numpy as np; from overlap import raster; from overlap.raster import compiled\n"
        "x = np.ones(1 << 20, np.float32); raster.measure(x, x)\n"
        "print(sum(compiled._soft_rows.compiled.stats.cache_hits.values()))"
    )
    assert int(out) == 1


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
