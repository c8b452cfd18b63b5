"""All labels of a result in one slice, the prediction beside the reference.

Conventions
-----------
- The larger labels lie below the smaller ones. Regions that have voxels in common are named in the title.
- A figure is as wide as two columns of a journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..._pictures import TWO_COLUMNS, printed
from ..comparison.assessment import Assessment, Pair
from ..images.grids import Grid
from .drawing import INK, LEVELS, draw_edges, draw_image, frame, shades
from .masks import OVER_IMAGE, Masks, margin_or_usual, short_name, slice_of
from .slices import Slice, View
from .windows import Window

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OPERATION = "lesions.plot_labels"


def plot_labels(
    result: Assessment,
    *,
    case: Any = None,
    image: xr.DataArray | None = None,
    window: Window | tuple[float, float] | None = None,
    filled: bool = True,
    axis: str = "z",
    at: float | None = None,
    view: View = "radiological",
    margin: float | None = None,
) -> np.ndarray:
    """Draw all labels of a result in one slice, the prediction beside the reference.

    Parameters
    ----------
    result : Assessment
        As `assess` returns it.
    case : object, optional
        Which case; by default the first.
    image, window, filled, axis, at, view, margin
        See `plot_overlay`; by default the slice where most voxels of all labels differ.

    Returns
    -------
    array of matplotlib Axes, shape (2,)
        The larger labels lie below the smaller ones. Regions that have voxels in common are named in the title.

    Raises
    ------
    ValueError
        If the masks were not kept, or as `plot_overlay`.

    See Also
    --------
    plot_overlay : Draw where two masks agree in one slice.
    assess : Compare a predicted segmentation with a reference one.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from ..comparison.comparison import assess
    >>> from ..images.io import example, read_image
    >>> raters = read_image(example("nodule_00"))
    >>> both = assess(raters.isel(rater=0), raters.isel(rater=1), labels={"core": 1, "whole": (1, 2)})
    >>> [ax.get_title() for ax in plot_labels(both)]
    ['prediction', 'reference']
    >>> print(plot_labels(both)[0].figure.get_suptitle())
    z = 5.4 mm, most disagreement
    regions that overlap: core, whole
    """
    import matplotlib.pyplot as plt

    pairs = _pairs_of(result, case)
    both = [(pair.predicted, pair.reference) for pair in pairs]
    place, said = slice_of(_OPERATION, result.grid, both, axis, at, view)
    drawn = []
    for pair in pairs:
        drawn.append(Masks(place, result.grid, place.of(pair.predicted), place.of(pair.reference), []))
    inside = np.any([masks.inside for masks in drawn], axis=0)
    shared = [short_name(name) for name in overlapping_labels(result, case)]
    lines = [*said, f"regions that overlap: {', '.join(shared)}"] if shared else said
    colours = shades(len(pairs))
    with printed():
        figure, panels = plt.subplots(1, 2, figsize=(TWO_COLUMNS, 0.56 * TWO_COLUMNS), layout="constrained")
        for ax, side in zip(panels, ("predicted", "reference"), strict=True):
            if image is not None:
                grey = draw_image(_OPERATION, result.grid, place, image, ax, window)
            sides = [getattr(masks, side) for masks in drawn]
            for k in _largest_first(sides):
                _draw_label(place, sides[k], colours[k], ax, filled, image is not None)
            frame(place, inside, ax, margin_or_usual(margin, image), image is not None)
            ax.set_title("prediction" if side == "predicted" else "reference")
        if image is not None:
            lines.append(grey)
        panels[1].set_ylabel("")
        _name_labels(result, pairs, colours, figure)
        figure.suptitle("\n".join(lines), fontsize="small")
    return np.asarray(panels)


def _draw_label(place: Slice, mask: np.ndarray, colour: Any, ax: Axes, filled: bool, over_image: bool) -> None:
    """Draw one label of one side: its colour and its edge, of a soft mask where it is at least one half."""
    inside = mask >= LEVELS[1] if mask.dtype != bool else mask
    if filled:
        shade = np.empty((*mask.shape, 4))
        shade[..., :3] = colour[:3]
        shade[..., 3] = mask * (OVER_IMAGE if over_image else 1.0)
        ax.imshow(shade, origin="lower", extent=place.extent, interpolation="nearest", zorder=1)
        draw_edges(place, inside, ax, colour=INK, width=0.6)
        return
    draw_edges(place, inside, ax, colour=colour, width=1.2, rim=True)


def _name_labels(result: Assessment, pairs: list[Pair], colours: list[Any], figure: Any) -> None:
    """Write below the panels which label each colour is, and its Dice."""
    from matplotlib.patches import Patch

    handles = []
    for pair, colour in zip(pairs, colours, strict=True):
        dice = result.report["dice"].sel(label=pair.label)
        if pair.case is not None:
            dice = dice.sel(case=pair.case)
        text = f"{short_name(pair.label)}, Dice {float(dice):.3f}"
        handles.append(Patch(facecolor=colour, edgecolor=INK, linewidth=0.5, label=text))
    figure.legend(
        handles=handles, loc="outside lower center", ncols=min(len(pairs), 4), fontsize="small", frameon=False
    )


def _largest_first(masks: list[np.ndarray]) -> list[int]:
    sizes = [-float(mask.sum()) for mask in masks]
    return [int(k) for k in np.argsort(sizes, kind="stable")]


def _pairs_of(result: Assessment, case: Any) -> list[Pair]:
    first = result.pair(case=case)
    return [pair for pair in result.pairs if pair.case == first.case]


def overlapping_labels(result: Assessment, case: Any = None) -> list[Any]:
    """Return the labels of which one side has voxels in common with another label, as regions may have.

    Parameters
    ----------
    result : Assessment
        With its masks.
    case : object, optional
        Which case; by default the first.

    Examples
    --------
    >>> from ..comparison.comparison import assess
    >>> from ..images.io import example, read_image
    >>> raters = read_image(example("nodule_00"))
    >>> regions = {"core": 1, "whole": (1, 2), "other": 3}
    >>> overlapping_labels(assess(raters.isel(rater=0), raters.isel(rater=1), labels=regions))
    ['core', 'whole']
    """
    pairs = _pairs_of(result, case)
    predicted = _shared(result.grid, [pair.predicted for pair in pairs])
    reference = _shared(result.grid, [pair.reference for pair in pairs])
    is_shared = np.logical_or(predicted, reference)
    return [pair.label for pair, shared in zip(pairs, is_shared, strict=True) if shared]


def _shared(grid: Grid, masks: list[xr.DataArray]) -> list[bool]:
    """Return which masks have a voxel that another one has too."""
    layers = np.zeros([centres.size for centres in grid.centres], np.uint16)
    boxes = [_box_of(grid, mask) for mask in masks]
    for mask, box in zip(masks, boxes, strict=True):
        layers[box] += mask.values > 0
    shared = []
    for mask, box in zip(masks, boxes, strict=True):
        n_here = layers[box][mask.values > 0]
        shared.append(bool((n_here > 1).any()))
    return shared


def _box_of(grid: Grid, mask: xr.DataArray) -> tuple[slice, ...]:
    """Return where the voxels of a mask lie on the grid that it was cut out of."""
    box = []
    for axis, centres in zip(grid.axes, grid.centres, strict=True):
        first = float(mask[axis][0])
        start = int(np.abs(centres.values - first).argmin())
        box.append(slice(start, start + mask.sizes[axis]))
    return tuple(box)
