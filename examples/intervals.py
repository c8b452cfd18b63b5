"""A mean and its bootstrap interval, as tables of the demonstrations show them."""

from __future__ import annotations

import numpy as np
import pandas as pd

import overlap as ov


def with_interval(values: pd.Series, groups: pd.Series | None = None, sign: str = "") -> str:
    """Return the mean and its 95 % interval, to three places; `sign` "+" shows the sign of what is positive too."""
    low, high = ov.resample.interval_of(values, rng=0, groups=groups)
    mean, low, high = np.round([values.mean(), low, high], 3) + 0.0  # no −0.000
    return f"{mean:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"
