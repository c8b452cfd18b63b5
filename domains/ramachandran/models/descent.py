"""Descent by gradient in torch: the same bits from the same start, whatever else the machine does.

Conventions
-----------
- Adam, all in double precision, on the processor, in one thread: the arrays are small, and the order of a sum does
  not depend on the number of threads.
- Torch is imported on the first descent.

References
----------
Kingma, D. P. & Ba, J. (2015). Adam: a method for stochastic optimization. ICLR. arXiv:1412.6980
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np


def require_torch(operation: str) -> ModuleType:
    """Return torch, or say how to get it.

    Raises
    ------
    ImportError
        If it is not installed.

    Examples
    --------
    >>> require_torch("ramachandran.learn_contacts").__name__
    'torch'
    """
    try:
        import torch
    except ImportError:
        raise ImportError(f'{operation} needs torch: pip install "overlap-toolkit[torch]"') from None
    module: ModuleType = torch
    return module


def minimise(
    loss_of: Callable[[Any, float], Any], start: np.ndarray, *, steps: int, rate: float
) -> tuple[np.ndarray, np.ndarray]:
    """Go down the gradient of a loss.

    Parameters
    ----------
    loss_of : callable
        The loss of the parameters, a torch tensor, and of how far the descent has come: 0 at the first step, 1 at the
        last.
    start : ndarray
        The parameters to begin with.
    steps : int
        How many steps.
    rate : float
        Adam's rate: about how far a parameter moves in a step.

    Returns
    -------
    parameters : ndarray, of the shape of `start`
    losses : ndarray, shape (steps,)
        Before each step.

    Examples
    --------
    >>> lowest, losses = minimise(lambda x, progress: ((x - 3) ** 2).sum(), np.zeros(1), steps=400, rate=0.05)
    >>> lowest.round(3), float(losses[0])
    (array([3.]), 9.0)
    """
    torch = require_torch("ramachandran.minimise")
    parameters = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([parameters], lr=rate)
    losses = np.empty(steps)
    with _one_thread(torch):
        for step in range(steps):
            progress = step / max(steps - 1, 1)
            adam.zero_grad()
            loss = loss_of(parameters, progress)
            loss.backward()
            adam.step()
            losses[step] = loss.item()
    return parameters.detach().numpy(), losses


@contextmanager
def _one_thread(torch: ModuleType) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
