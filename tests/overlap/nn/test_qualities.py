"""The oracle is the functional loss, and the papers' formulas in double precision."""

from __future__ import annotations

import numpy as np
import pytest

from overlap import losses

torch = pytest.importorskip("torch")
from overlap import nn  # noqa: E402

X = torch.linspace(-4, 4, 12, dtype=torch.float64).reshape(4, 3)
Q = torch.linspace(-1, 0.9, 12, dtype=torch.float64).clamp(min=0).reshape(4, 3)
PAIRS = [
    (nn.QualityFocalLoss, losses.quality_focal_loss, {"beta": 1.5}),
    (nn.VarifocalLoss, losses.varifocal_loss, {"alpha": 0.5, "gamma": 1.0}),
]


@pytest.mark.parametrize(("module", "function", "options"), PAIRS)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_as_the_function(module, function, options, reduction):
    p = torch.sigmoid(X)
    weights = torch.arange(4.0)[:, None]
    expected = function(p, Q, weights=weights, reduction=reduction, **options)
    assert torch.equal(module(**options, reduction=reduction)(p, Q, weights=weights), expected)
    from_logits = module(**options, from_logits="sigmoid", reduction=reduction)(X, Q, weights=weights)
    torch.testing.assert_close(from_logits, expected, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(module()(p, Q), function(p, Q))


@pytest.mark.parametrize(("module", "options"), [(module, options) for module, _, options in PAIRS])
def test_far_logits_keep_their_slope(module, options):
    x = torch.tensor([-300.0, 300.0], requires_grad=True)
    loss = module(**options, from_logits="sigmoid", reduction="sum")
    value = loss(x, torch.tensor([1.0, 0.0]))
    value.backward()
    # −log p is 300 there, and its slope 1
    share = torch.tensor([1.0, options.get("alpha", 1.0)])
    torch.testing.assert_close(value, (300 * share).sum())
    torch.testing.assert_close(x.grad, share * torch.tensor([-1.0, 1.0]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_halves_are_computed_in_single(dtype):
    loss = nn.QualityFocalLoss(from_logits="sigmoid")(X.to(dtype), Q.to(dtype))
    assert loss.dtype == torch.float32
    exact = losses.quality_focal_loss(torch.sigmoid(X.to(dtype).double()), Q.to(dtype).double())
    assert float(loss) == pytest.approx(float(exact), rel=1e-5)


@pytest.mark.slow
def test_compiled():
    loss = nn.VarifocalLoss(from_logits="sigmoid")
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(X, Q), loss(X, Q))


@pytest.mark.parametrize("module", [nn.QualityFocalLoss, nn.VarifocalLoss])
def test_what_is_refused(module):
    name = rf"^nn\.{module.__name__}: "
    with pytest.raises(ValueError, match=name + "from_logits must be one of None, 'sigmoid', got 'softmax'"):
        module(from_logits="softmax")
    with pytest.raises(ValueError, match=name + "reduction must be one of"):
        module(reduction="max")
    with pytest.raises(ValueError, match=name + ".* must be >= 0 and finite, got -1"):
        module(-1)
    with pytest.raises(ValueError, match=name + "prediction holds values outside of"):
        module()(X, Q)
    with pytest.raises(ValueError, match=name + "target holds values outside of"):
        module(from_logits="sigmoid")(X, Q + 1)
    with pytest.raises(ValueError, match=name + "prediction has shape"):
        module(from_logits="sigmoid")(X, Q[:2])
    assert "from_logits='sigmoid'" in repr(module(from_logits="sigmoid"))
    assert np.isfinite(float(module(from_logits="sigmoid")(X, Q)))
