"""Maps as other programs write them, from one array: rows are psi, columns phi."""

from __future__ import annotations

import numpy as np

N = 24
STEP = 360 / N
NODES = -180 + STEP * np.arange(N)
CENTRES = NODES + STEP / 2
RNG = np.random.default_rng(17)
ENERGY = RNG.uniform(0, 20, (N, N)).round(3)
ENERGY[3, 5] = 0
NEVER = RNG.random((N, N)) < 0.2
NEVER[3, 5] = False
