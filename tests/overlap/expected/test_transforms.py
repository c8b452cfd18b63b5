"""Oracles: every outcome of a few cells; gradcheck."""

from __future__ import annotations

import subprocess
import sys
from itertools import product

import array_api_compat.numpy as numpy_namespace
import numpy as np
import pytest

from overlap.expected.transforms import block_by_block, transformed

rng = np.random.default_rng(10)
P, VALUE, STEP = rng.random((3, 2, 5))
S = np.array([0.0, 0.3, 2.0])[:, None] * np.array([1.0, 2.0])


def by_outcomes(p, value, step, s):
    outcomes = np.array(list(product([0.0, 1.0], repeat=len(p))))
    chances = np.prod(np.where(outcomes == 1, p, 1 - p), axis=-1)
    falls = np.exp(-s * outcomes @ step)
    chance = np.sum(chances * falls)
    return np.log(chance), np.sum(chances * falls * (outcomes @ value)) / chance


def test_every_outcome():
    log_chance, shared = transformed(P, VALUE, STEP, S, numpy_namespace)
    for k, case in np.ndindex(S.shape):
        expected = by_outcomes(P[case], VALUE[case], STEP[case], S[k, case])
        np.testing.assert_allclose((log_chance[k, case], shared[k, case]), expected, rtol=1e-12, atol=1e-15)


def test_block_by_block(monkeypatch):
    whole = block_by_block(P, VALUE, STEP, S)
    monkeypatch.setattr("overlap.expected.transforms._BLOCK", 2 * S.size)
    np.testing.assert_allclose(block_by_block(P, VALUE, STEP, S), whole, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(block_by_block(P, VALUE, 0.5, S), block_by_block(P, VALUE, 0.5 + 0 * P, S), rtol=1e-13)


@pytest.mark.parametrize("step_has_gradient", [False, True])
def test_gradients(step_has_gradient):
    torch = pytest.importorskip("torch")
    xp = pytest.importorskip("array_api_compat.torch")
    p, value, step, s = (torch.as_tensor(x) for x in (P, VALUE, STEP, S))
    inputs = [x.clone().requires_grad_() for x in (p, value)]
    if step_has_gradient:
        inputs.append(step.clone().requires_grad_())

    def sums(p, value, step=step):
        return transformed(p, value, step, s, xp)

    assert torch.autograd.gradcheck(sums, inputs)
    assert torch.autograd.gradgradcheck(sums, inputs)


@pytest.mark.slow
def test_a_gradient_keeps_little():
    """A mask of 16 MB: its gradient and a few temporaries."""
    pytest.importorskip("torch")
    code = """
import resource, torch
from overlap.expected import expected_dice
p = torch.rand(1 << 21, dtype=torch.float64).pow_(20_000)
mask = p > 0.3
expected_dice(mask[:64], p[:64].clone().requires_grad_()).backward()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
p.requires_grad_()
expected_dice(mask, p).backward()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 / 16)
"""
    out = subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True).stdout
    # in sizes of the mask: 12 where nothing is kept for each rate, else four for each of eight
    assert float(out) < 18
