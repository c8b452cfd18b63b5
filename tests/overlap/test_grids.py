from __future__ import annotations

import numpy as np
import pytest

from overlap._grids import even_axis


@pytest.mark.parametrize("step", [0.25, -3.0])
def test_cells_meet_halfway_between_centres(step):
    centres = 7 + step * np.arange(5)
    axis = even_axis("grid x", centres)
    assert (axis.first, axis.step, axis.size) == (7, step, 5)
    assert axis.span == 5 * abs(step)
    np.testing.assert_array_equal(axis.edges[1:-1], (centres[1:] + centres[:-1]) / 2)
    assert abs(axis.edges[-1] - axis.edges[0]) == axis.span


def test_even_within_a_thousandth_of_the_step():
    assert even_axis("grid x", [0, 1.0009, 2]).step == 1
    with pytest.raises(ValueError, match="^grid x must be evenly spaced"):
        even_axis("grid x", [0, 1.0011, 2])


@pytest.mark.parametrize("centres", [3.0, [], [1], [[0, 1], [2, 3]]])
def test_no_axis(centres):
    with pytest.raises(ValueError, match="^grid x must be a 1-D array of two or more cell centres, got shape"):
        even_axis("grid x", centres)


@pytest.mark.parametrize("centres", [[0, 1, 3], [2, 2], [0, np.nan, 2], [0, 1, np.inf]])
def test_uneven(centres):
    with pytest.raises(ValueError, match="^grid x must be evenly spaced cell centres; resample, or"):
        even_axis("grid x", centres)
