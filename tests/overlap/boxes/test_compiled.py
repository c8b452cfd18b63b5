"""The compiled version of `boxes.pairwise` against the array path, on inputs large enough to reach it."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import overlap as ov
from overlap import boxes
from overlap.boxes import sizes

pytest.importorskip("numba")
N, M = 331, 4211  # more columns than a block holds, and no whole number of blocks
rng = np.random.default_rng(3)


def some(n, d=2, dtype="float32"):
    low = rng.uniform(0, 100, (n, d))
    side = rng.uniform(0, 60, (n, d)) * (rng.random((n, 1)) > 0.05)
    return np.concatenate([low, low + side], axis=1).astype(dtype)


@pytest.fixture
def calls(monkeypatch):
    """Count the calls that the compiled version answers."""
    from overlap.boxes import compiled

    seen, real = [], compiled.pairwise
    monkeypatch.setattr(compiled, "pairwise", lambda *x: seen.append(1) or real(*x))
    return seen


@pytest.mark.parametrize("d", [1, 2, 3])
# those that are slow are compiled by themselves
@pytest.mark.parametrize(
    "dtype", ["float16", "float32", *(pytest.param(name, marks=pytest.mark.slow) for name in ("float64", "int32"))]
)
def test_same_bits(d, dtype, calls, monkeypatch):
    a, b = some(N, d, dtype), some(M, d, dtype)
    b[:50] = a[:50]
    fast = boxes.pairwise(a, b)
    assert calls
    expected = ov.iou(boxes.measure(a[:, None], b))
    assert fast.dtype == expected.dtype
    np.testing.assert_array_equal(fast, expected)
    assert np.isnan(fast).any(), "both empty"
    assert np.nanmax(fast) == 1
    monkeypatch.setattr(sizes, "kernels", lambda module: None)
    np.testing.assert_array_equal(boxes.pairwise(a, b), expected)


def test_without_the_compiler(monkeypatch):
    a, b = some(N), some(M)
    expected = boxes.pairwise(a, b)
    monkeypatch.setattr(sizes, "kernels", lambda module: None)
    np.testing.assert_array_equal(boxes.pairwise(a, b), expected)


def test_strided_and_read_only():
    a, b = some(2 * N)[::2], some(M)[:, :]
    b.flags.writeable = False
    np.testing.assert_array_equal(boxes.pairwise(a, b), boxes.pairwise(a.copy(), b.copy()))


def test_what_is_read_only_is_not_compiled_anew():
    from overlap.boxes import compiled

    a, b = some(N), some(M)
    expected = boxes.pairwise(a, b)
    known = len(compiled._fill._overloads)
    a.flags.writeable = False
    columns = np.asfortranarray(b)
    columns.flags.writeable = False
    np.testing.assert_array_equal(boxes.pairwise(a, columns), expected)
    assert len(compiled._fill._overloads) == known


def test_malformed_boxes_raise():
    bad = some(M)
    bad[17, 0] = np.nan
    with pytest.raises(ValueError, match="1 of 4211 boxes of b"):
        boxes.pairwise(some(N), bad)


def test_torch(calls):
    torch = pytest.importorskip("torch")
    a, b = some(N), some(M)
    got = boxes.pairwise(torch.as_tensor(a), torch.as_tensor(b))
    assert calls
    assert isinstance(got, torch.Tensor)
    np.testing.assert_array_equal(got.numpy(), boxes.pairwise(a, b))


def test_gradients_take_the_array_path(calls):
    torch = pytest.importorskip("torch")
    a, b = torch.as_tensor(some(N)).requires_grad_(), torch.as_tensor(some(M))
    got = boxes.pairwise(a, b)
    assert not calls
    np.testing.assert_array_equal(got.detach().numpy(), boxes.pairwise(a.detach(), b).numpy())
    got.nansum().backward()
    assert torch.isfinite(a.grad).all()


def test_four_threads():
    a, b = some(N), some(M)
    expected = boxes.pairwise(a, b)
    with ThreadPoolExecutor(4) as pool:
        for got in pool.map(lambda _: boxes.pairwise(a, b), range(8)):
            np.testing.assert_array_equal(got, expected)


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True).stdout


@pytest.mark.slow
def test_small_inputs_never_import_the_compiler():
    out = run(
        "import numpy as np, sys; from overlap import boxes\n"
        "x = np.array([[0.0, 0, 1, 1]] * 1000); boxes.pairwise(x, x)\n"
        "print('numba' in sys.modules)"
    )
    assert out.strip() == "False"


@pytest.mark.slow
def test_compilation_is_cached_on_disk():
    boxes.pairwise(some(N), some(M))
    out = run(
        "import numpy as np; from overlap import boxes; from overlap.boxes import compiled\n"
        "x = np.array([[0, 0, 1, 1]] * 1100, np.float32); boxes.pairwise(x, x)\n"
        "print(sum(compiled._fill.compiled.stats.cache_hits.values()))"
    )
    assert int(out) == 1


@pytest.mark.slow
@pytest.mark.parametrize("numba", [True, False])
def test_peak_memory(numba):
    """In a fresh process the peak grows by at most 1.1 times the result."""
    resource = pytest.importorskip("resource")
    out = run(
        "import sys, numpy as np, resource\n"
        f"sys.modules.update({{}} if {numba} else {{'numba': None}})\n"
        "from overlap import boxes\n"
        "low = np.random.default_rng(0).random((5000, 2), dtype=np.float32)\n"
        "x = np.concatenate([low, low + np.float32(0.1)], axis=1); boxes.pairwise(x[:1100], x[:1100])\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak(); got = boxes.pairwise(x, x); print((peak() - before) * 1024 / got.nbytes)"
    )
    assert resource.RUSAGE_SELF == 0
    assert float(out) <= 1.1
