"""What the tests of boxes share: a function of two sets of boxes under torch's gradients, vmap and compile."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def check_under_torch(torch):
    """Check a function of pairs of boxes; `every_pair` says that it returns a matrix.

    Where nothing can be raised, a malformed box is NaN: `marks_malformed` says that the function reads boxes alone.
    """

    def check(function, *, gradcheck=True, every_pair=False, marks_malformed=False, backend="eager"):
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
        # one graph for any number of boxes: it takes a second to make, and twice that for its gradient
        compiled = torch.compile(function, fullgraph=True, backend=backend, dynamic=True)
        torch.testing.assert_close(compiled(a, b), expected)
        fewer = [x.detach()[:3].clone() for x in (a, b)]
        for x in fewer:
            x.requires_grad_()
        torch.testing.assert_close(compiled(*fewer), function(*fewer))
        if not marks_malformed:
            return
        malformed_a, malformed_b = (x.detach().clone() for x in fewer)
        malformed_a[1, 0] = 100.0
        malformed_b[2, 3] = torch.nan
        for under_torch in (torch.func.vmap(function), compiled):
            got = under_torch(malformed_a.requires_grad_(), malformed_b.requires_grad_()).reshape(3, -1)
            assert torch.isnan(got).all(dim=1).tolist() == [False, True, True]

    return check
