"""Compiled graphs against the same functions run at once."""

from __future__ import annotations

import numpy as np
import pytest

import overlap as ov
from overlap import raster

torch = pytest.importorskip("torch")
from overlap.nn import traced  # noqa: E402
from overlap.raster import sizes  # noqa: E402

rng = np.random.default_rng(4)
P, Y, WEIGHTS = (torch.as_tensor(rng.random((2, 3, 8, 25), dtype=np.float32)) for _ in range(3))
OPTIONS = {
    "plain": {},
    "where": {"where": WEIGHTS[:, :1] > 0.3},
    "weights": {"weights": WEIGHTS[:, :1]},
    "both": {"weights": WEIGHTS[:1], "where": Y[:, :1] > 0.3},
}


@pytest.fixture
def calls(monkeypatch):
    """Count the calls of the operator, as it is traced."""
    seen, real = [], sizes._traced

    def counted(*arguments):
        seen.append(True)
        return real(*arguments)

    monkeypatch.setattr(sizes, "_traced", counted)
    return seen


def run(f, p, *others):
    p = p.clone().requires_grad_()
    value = f(p, *others)
    value.sum().backward()
    return value.detach(), p.grad


# a graph takes a second: every pair of the three occurs
CASES = [
    (options, tnorm, (i + j) % 2 == 0) for i, options in enumerate(OPTIONS) for j, tnorm in enumerate(raster.TNORMS)
]


@pytest.mark.slow
@pytest.mark.parametrize(("options", "tnorm", "has_kernels"), CASES)
def test_a_compiled_measure_has_the_value_and_the_gradient(has_kernels, tnorm, options, calls, monkeypatch):
    def dice(p, y):
        return ov.dice(raster.measure(p, y, axis=(2, 3), tnorm=tnorm, **OPTIONS[options]))

    expected = run(dice, P, Y)
    if not has_kernels:
        monkeypatch.setattr(traced, "kernels", lambda module: None)
    torch.compiler.reset()
    found = run(torch.compile(dice, fullgraph=True, backend="aot_eager"), P, Y)
    assert calls
    for x, y in zip(found, expected, strict=True):
        torch.testing.assert_close(x, y, rtol=3.6e-7, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("target", [Y > 0.5, Y.double()], ids=["bool", "float64"])
def test_other_targets(target, calls):
    def dice(p, y):
        return ov.dice(raster.measure(p, y, axis=(0, 2, 3)))

    torch.compiler.reset()
    found = run(torch.compile(dice, fullgraph=True, backend="aot_eager"), P, target)
    assert calls
    for x, y in zip(found, run(dice, P, target), strict=True):
        torch.testing.assert_close(x, y, rtol=2.4e-7, atol=0)


@pytest.mark.slow
def test_a_target_that_needs_a_gradient_is_traced_itself(calls):
    torch.compiler.reset()
    y = Y.clone().requires_grad_()
    run(torch.compile(lambda p, y: ov.dice(raster.measure(p, y)), fullgraph=True, backend="aot_eager"), P, y)
    assert not calls
    assert y.grad is not None


@pytest.mark.slow
def test_what_the_operators_promise():
    arguments = (P[:, :2].clone().requires_grad_(), Y[:, :2], None, None, [2, 3], "minimum")
    torch.library.opcheck(traced._sizes_operator, arguments)
