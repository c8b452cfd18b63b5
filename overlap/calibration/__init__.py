"""Calibration: whether what is predicted with a probability of 0.3 is there in 3 of 10 cases.

Conventions
-----------
- Prediction first, target second. Each is bool, or floating in [0, 1]; channels of several classes are looked at one
  by one. Of a soft target what counts as observed is its mean, and its own spread is no error of the prediction.
- Bins of equal width end at k/n, rounded to the dtype of the prediction. Bins of equal mass end at quantiles of the
  counted predictions that are themselves predictions; what is predicted alike is never split. A prediction on an edge
  is in the bin below it (``closed="right"``), or above it (``closed="left"``); the first bin has 0, the last has 1.
- A bin without a cell has count 0, and NaN for its means. It weighs nothing in an error, and stays in the table.
- Cells of an image are no independent draws. An interval of a table says how well a bin's mean is known if they were;
  for that of a cohort take one value a case, and `overlap.resample.interval_of`.

References
----------
Brier, G. W. (1950). Verification of forecasts expressed in terms of probability. Mon. Weather Rev. 78, 1.
Naeini, M. P., Cooper, G. F. & Hauskrecht, M. (2015). Obtaining well calibrated probabilities using Bayesian binning.
AAAI.
Guo, C. et al. (2017). On calibration of modern neural networks. ICML. arXiv:1706.04599
Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. J. Am. Stat. Assoc. 22, 209.
"""

from .errors import average_calibration_error, brier, expected_calibration_error, maximum_calibration_error
from .tables import reliability

__all__ = [
    "average_calibration_error",
    "brier",
    "expected_calibration_error",
    "maximum_calibration_error",
    "reliability",
]
