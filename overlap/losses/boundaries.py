"""The boundary loss: how far outside the target the predicted mass lies. Public through `overlap.losses`.

Conventions
-----------
- The distance is computed before training, once a case: negative inside the target and positive outside, in mm or
  any other unit, as `overlap.surfaces.signed_distance` gives it.
- The loss is linear in the prediction, and in the unit of the distance. It is negative for a prediction that is mostly
  inside; its least value is the mean of the negative distances.
"""

from __future__ import annotations

from types import ModuleType

from .._arrays import Array, Axis, SameArray, is_bool, is_host, namespace, plain, safe_ratio, sum_dtype
from .._checks import check_choice
from ..raster.sizes import Names, check_axis, check_masks, check_range, check_sizes, in_range
from .ratios import REDUCTIONS, Reduction, counted_ratios, reduced

_NO_BOUNDARY = (
    "a mask without cells, or of all cells, has no boundary and no distance from it: leave its cells out with "
    "where=isfinite(distance)"
)


def boundary_loss(
    prediction: SameArray,
    distance: SameArray,
    *,
    axis: Axis = None,
    weights: Array | None = None,
    where: Array | None = None,
    class_weights: Array | None = None,
    reduction: Reduction = "mean",
) -> SameArray:
    """Boundary loss, the mean of p·φ: how far outside the target the predicted mass lies.

    A cell far outside costs more than one beside the boundary, and a cell deep inside earns more. By itself the loss
    says nothing of how many cells there are, and a small target is easily lost: add it to `dice_loss` with a weight
    that begins near 0.01 and grows as training goes on, as the paper does.

    Parameters
    ----------
    prediction : array
        Probabilities in [0, 1], as in `dice_loss`.
    distance : array of float
        The signed distance φ of each cell from the boundary of the target, negative inside; of the shape and library of
        the prediction. See `overlap.surfaces.signed_distance`.
    axis : int or tuple of int, optional
        Axes that one mean is taken over; all by default.
    weights : array, optional
        Size (≥ 0) of each cell; broadcasts to the prediction. Means are weighted by it.
    where : array of bool, optional
        True = counted; broadcasts to the prediction. What is not counted may hold anything, NaN too.
    class_weights : array, optional
        Weight (≥ 0) of each mean; broadcasts to the shape that `axis` leaves.
    reduction : {"mean", "sum", "none"}
        Over the means, as in `dice_loss`. A mean of which `where` counts no cell is left out, and NaN of itself.

    Returns
    -------
    array
        () or, for "none", of the shape that `axis` leaves; in the unit of the distance.

    Raises
    ------
    TypeError
        If the prediction is neither bool nor floating, or the distance is not floating.
    ValueError
        If the shapes do not fit, an option is unknown, a counted prediction is outside [0, 1], or a counted distance is
        infinite or NaN, where values may be looked at. Elsewhere such a distance gives NaN.

    See Also
    --------
    overlap.surfaces.signed_distance : Measure how far each cell of a grid lies from the boundary of a mask.
    overlap.nn.BoundaryLoss : Boundary loss, the mean of p·φ for each case and class.

    References
    ----------
    Kervadec, H. et al. (2019). Boundary loss for highly unbalanced segmentation. MIDL. arXiv:1812.07032

    Examples
    --------
    >>> import numpy as np
    >>> from overlap.surfaces import signed_distance
    >>> target = np.array([0, 0, 1, 1, 1, 0]) > 0
    >>> distance = signed_distance(target, spacing=2.0)
    >>> float(boundary_loss(target, distance)), float(boundary_loss(np.roll(target, -1), distance))
    (-0.8333333333333334, -0.5)
    """
    operation = "losses.boundary_loss"
    check_choice(operation, "reduction", reduction, REDUCTIONS)
    prediction, distance, weights, where = plain(prediction, distance, weights, where)
    loss, xp = boundary_loss_of_each(operation, prediction, distance, axis, weights, where)
    counted = counted_ratios(where, weights, prediction.shape, axis, xp)
    return reduced(operation, loss, class_weights, reduction, xp, counted)


def boundary_loss_of_each(
    operation: str,
    prediction: Array,
    distance: Array,
    axis: Axis,
    weights: Array | None,
    where: Array | None,
    is_in_range: bool = False,
) -> tuple[Array, ModuleType]:
    """Return the mean of p·φ, one for each place that `axis` leaves, and the array namespace; see `loss_of_each`."""
    xp = namespace(operation, prediction=prediction, distance=distance)
    if not xp.isdtype(distance.dtype, "real floating"):
        raise TypeError(
            f"{operation}: distance has dtype {distance.dtype}; pass the signed distance of each cell from the "
            "boundary of the target, as overlap.surfaces.signed_distance gives it"
        )
    check_masks(Names(operation, "prediction", "distance"), prediction, distance, weights, where, "product")
    check_axis(operation, axis, prediction.ndim)
    if isinstance(axis, list):
        axis = tuple(axis)
    if is_host(prediction, distance):
        check_range(xp.isfinite(distance), operation, "distance", distance, where, _NO_BOUNDARY, xp)
        check_sizes(operation, weights, where, xp)
        if not is_in_range and not is_bool(prediction, xp):
            prediction = in_range(operation, "prediction", prediction, where, xp)
    dtype = sum_dtype((prediction, distance), xp)
    p = xp.astype(prediction, dtype, copy=False)
    phi = xp.astype(distance, dtype, copy=False)
    size = xp.ones_like(p)
    if weights is not None:
        size = size * xp.astype(weights, dtype, copy=False)
    if where is not None:
        p = xp.where(where, p, 0.0)
        phi = xp.where(where, phi, 0.0)
        size = xp.where(where, size, 0.0)
    total = xp.sum(size * p * phi, axis=axis)
    return safe_ratio(total, xp.sum(size, axis=axis), 0.0, xp), xp
