"""The blob loss: every component of a target counts alike, however small. Public through `overlap.losses`.

Conventions
-----------
- ``components`` are integers, 0 = background: each cell's component, numbered once before training (by
  `scipy.ndimage.label`, say). They are never labelled here. A component that a crop has cut in two is still one.
- Of component k count the cells of the background and of k itself. The others are left out, so that a component that
  is well found costs another nothing.
- A case without a component has no blob loss. It is left out of means and sums, and NaN of itself: its false positives
  are for a Dice over the whole case, which the paper adds.
"""

from __future__ import annotations

from math import prod
from types import ModuleType

import array_api_compat as compat
import numpy as np

from .._arrays import Array, Axis, SameArray, is_host, namespace, plain, safe_ratio, sum_dtype
from .._checks import check_choice
from ..indices import dice
from ..raster.sizes import Names, check_axis, check_masks, counted_values
from .ratios import REDUCTIONS, Reduction, loss_of_sizes, reduced

_MANY = 1 << 24
"""More sums than this, and than there are cells, come of labels that are no numbers of components."""


def blob_loss(
    prediction: SameArray,
    components: SameArray,
    *,
    axis: Axis = None,
    smooth: float = 0.0,
    weights: Array | None = None,
    where: Array | None = None,
    class_weights: Array | None = None,
    reduction: Reduction = "mean",
) -> SameArray:
    """Blob loss, the mean over the components of a case of 1 − Dice of each: a small lesion counts like a large one.

    The paper adds it to a loss of the whole mask, which also sees cases without a component:
    ``2 * dice_loss(p, components > 0) + blob_loss(p, components)``. All sums are taken in one pass.

    Parameters
    ----------
    prediction : array
        Probabilities in [0, 1], as in `dice_loss`, of numpy or torch.
    components : array of int
        The component of each cell, 0 = background; of the shape and library of the prediction.
    axis : int or tuple of int, optional
        Axes of one case; all by default.
    smooth : float
        Cells (≥ 0) of agreement, for each component; see `dice_loss`.
    weights : array, optional
        Size (≥ 0) of each cell; broadcasts to the prediction. `smooth` is then in its unit.
    where : array of bool, optional
        True = counted; broadcasts to the prediction. A component of which no cell counts is left out.
    class_weights : array, optional
        Weight (≥ 0) of each case; broadcasts to the shape that `axis` leaves.
    reduction : {"mean", "sum", "none"}
        Over the cases that have a component, as in `dice_loss`; the others are NaN with "none".

    Returns
    -------
    array
        () or, for "none", of the shape that `axis` leaves; in [0, 1] before the weights. The mean of no case is 0.

    Raises
    ------
    TypeError
        If the prediction is neither bool nor floating, the components are no integers, or arrays are of another library
        than numpy or torch.
    ValueError
        If the shapes do not fit, an option is unknown, a component is negative, or a counted prediction is outside
        [0, 1] where values may be looked at.

    See Also
    --------
    dice_loss : Soft Dice loss, 1 − Dice.
    overlap.nn.BlobLoss : Blob loss, the mean of 1 − Dice over the components of each case and class.

    Notes
    -----
    The least and the greatest label are read, which on a device is one synchronisation, and breaks the graph of
    ``torch.compile``.

    References
    ----------
    Kofler, F. et al. (2023). blob loss: instance imbalance aware loss functions for semantic segmentation. IPMI.
    arXiv:2205.08209

    Examples
    --------
    Of two lesions the small one is missed. Dice hardly sees it.

    >>> import numpy as np
    >>> from overlap.losses import dice_loss
    >>> components = np.array([1, 1, 1, 1, 1, 1, 1, 1, 0, 2])
    >>> prediction = components == 1
    >>> float(blob_loss(prediction, components)), round(float(dice_loss(prediction, components > 0)), 3)
    (0.5, 0.059)
    """
    operation = "losses.blob_loss"
    check_choice(operation, "reduction", reduction, REDUCTIONS)
    prediction, components, weights, where = plain(prediction, components, weights, where)
    loss, counted, xp = blob_loss_of_each(operation, prediction, components, axis, smooth, weights, where)
    return reduced(operation, loss, class_weights, reduction, xp, counted)


def blob_loss_of_each(
    operation: str,
    prediction: Array,
    components: Array,
    axis: Axis,
    smooth: float,
    weights: Array | None,
    where: Array | None,
    is_in_range: bool = False,
) -> tuple[Array, Array, ModuleType]:
    """Return the loss of each case, which of them have a component, and the array namespace; see `loss_of_each`."""
    xp = namespace(operation, prediction=prediction, components=components)
    if not compat.is_numpy_array(prediction) and not compat.is_torch_array(prediction):
        raise TypeError(f"{operation}: components are summed in arrays of numpy or torch, not {xp.__name__}")
    if not xp.isdtype(components.dtype, "integral"):
        raise TypeError(
            f"{operation}: components has dtype {components.dtype}; pass the number of each cell's component, "
            "0 = background, as scipy.ndimage.label gives it"
        )
    names = Names(operation, "prediction", "components")
    in_component = components > 0
    check_masks(names, prediction, in_component, weights, where, "product")
    check_axis(operation, axis, prediction.ndim)
    on_host = is_host(prediction, components)
    p, _, weights = counted_values(names, prediction, in_component, weights, where, on_host, xp, is_in_range)
    dtype = sum_dtype((p,), xp)
    size = xp.ones_like(p, dtype=dtype)
    if weights is not None:
        size = size * xp.astype(weights, dtype, copy=False)
    if where is not None:
        size = xp.where(where, size, 0.0)
        components = xp.where(where, components, xp.zeros_like(components))
    predicted = size * xp.astype(p, dtype, copy=False)
    kept = _kept_axes(axis, components.ndim)
    labels = _one_row_a_case(components, kept, xp)
    n = _number_of_labels(operation, labels, xp)
    size_a = _sums(_one_row_a_case(predicted, kept, xp), labels, n, xp)
    size_b = _sums(_one_row_a_case(size, kept, xp), labels, n, xp)
    loss, has_component = _mean_over_components(operation, size_a, size_b, smooth, xp)
    shape = tuple(components.shape[k] for k in kept)
    return xp.reshape(loss, shape), xp.reshape(has_component, shape), xp


def _mean_over_components(
    operation: str, size_a: Array, size_b: Array, smooth: float, xp: ModuleType
) -> tuple[Array, Array]:
    """Return the mean of 1 − Dice over the components of each row, and which rows have one.

    The sizes are (case, label): what is predicted and what there is in the background, label 0, and in each component.
    """
    outside = size_a[:, :1]
    both = size_a[:, 1:]
    there = size_b[:, 1:]
    each = loss_of_sizes(operation, dice, both, both + outside, there, smooth, xp)
    counts = there > 0
    each = xp.where(counts, each, 0.0)
    n = xp.sum(xp.astype(counts, each.dtype), axis=1)
    return safe_ratio(xp.sum(each, axis=1), n, 0.0, xp), n > 0


def _kept_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Return the axes that are not summed over."""
    if axis is None:
        return ()
    axes = (axis,) if isinstance(axis, int) else axis
    summed = {k % ndim for k in axes}
    return tuple(k for k in range(ndim) if k not in summed)


def _one_row_a_case(x: Array, kept: tuple[int, ...], xp: ModuleType) -> Array:
    """Return the cells of each case in a row."""
    summed = tuple(k for k in range(x.ndim) if k not in kept)
    n_cases = prod(x.shape[k] for k in kept)
    n_cells = prod(x.shape[k] for k in summed)
    return xp.reshape(xp.permute_dims(x, (*kept, *summed)), (n_cases, n_cells))


def _number_of_labels(operation: str, labels: Array, xp: ModuleType) -> int:
    """Return one more than the greatest label."""
    if prod(labels.shape) == 0:
        return 1
    least = int(xp.min(labels))
    greatest = int(xp.max(labels))
    if least < 0:
        raise ValueError(
            f"{operation}: components holds {least}; number them from 1, with 0 = background, and leave cells that do "
            "not count out with where="
        )
    n_sums = labels.shape[0] * (greatest + 1)
    if n_sums > max(_MANY, prod(labels.shape)):
        raise ValueError(
            f"{operation}: components goes up to {greatest}; number them 1, 2, ..., as "
            "skimage.segmentation.relabel_sequential does"
        )
    return greatest + 1


def _sums(x: Array, labels: Array, n_labels: int, xp: ModuleType) -> Array:
    """Return the sum of `x` over each label of each row, in one pass."""
    n_rows = labels.shape[0]
    first = n_labels * xp.arange(n_rows, dtype=xp.int64, device=compat.device(labels))
    places = xp.reshape(xp.astype(labels, xp.int64) + first[:, None], (-1,))
    values = xp.reshape(x, (-1,))
    n = n_rows * n_labels
    if compat.is_torch_array(values):
        sums = xp.zeros(n, dtype=values.dtype, device=values.device).index_add(0, places, values)
    else:
        sums = np.bincount(places, weights=values, minlength=n)
    return xp.reshape(sums, (n_rows, n_labels))
