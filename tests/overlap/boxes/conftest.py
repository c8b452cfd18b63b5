"""What the tests of boxes share: a function of two sets of boxes under torch's gradients, vmap and compile."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def check_under_torch(torch):
    """Check a function of pairs of boxes; `every_pair` says that it returns a matrix."""

    def check(function, *, gradcheck=True, every_pair=False):
        rng = np.random.default_rng(5)
        low = rng.uniform(0, 10, (2, 5, 2))
        corners = np.concatenate([low, low + rng.uniform(0, 4, (2, 5, 2))], axis=-1)
        a, b = (torch.tensor(x, requires_grad=True) for x in corners)
        if gradcheck:
            assert torch.autograd.gradcheck(function, (a, b))
        expected = function(a, b)
        pairs = expected.diagonal() if every_pair else expected
        mapped = torch.func.vmap(function)(a[:, None], b[:, None])
        torch.testing.assert_close(mapped.reshape(5, -1), pairs.reshape(5, -1))
        compiled = torch.compile(function, fullgraph=True, backend="aot_eager")
        torch.testing.assert_close(compiled(a, b), expected)
        fewer = a.detach()[:3], b.detach()[:3]
        torch.testing.assert_close(compiled(*fewer), function(*fewer))

    return check
