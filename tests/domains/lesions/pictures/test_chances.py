"""A reliability diagram counts what was asked for."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from domains.lesions import (
    consensus,
    example,
    plot_reliability,
    read_image,
)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def calibration_by_hand(share, truth, counted):
    p, y = share.values[counted], truth.values[counted]
    error = sum((p == one).mean() * abs(one - y[p == one].mean()) for one in np.unique(p))
    return f"ECE {error:.3f}\nBrier {((p - y) ** 2).mean():.3f}"


def test_reliability_counts_all_voxels_by_default():
    raters = read_image(example("nodule_00")) == 1
    share = consensus(raters.isel(rater=[0, 1, 2]))
    truth = raters.isel(rater=3)
    everywhere = np.ones(share.shape, bool)
    assert texts(plot_reliability(share, truth)) == [calibration_by_hand(share, truth, everywhere)]
    inside = plot_reliability(share, truth.transpose("z", "y", "x"), where=(share > 0).transpose("y", "z", "x"))
    assert texts(inside) == [calibration_by_hand(share, truth, share.values > 0)]
