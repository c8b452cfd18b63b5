"""Pictures of overlap: Axes in, Axes out.

Conventions
-----------
- Three colours: what both sets have, what only A has, what only B has. ``a`` is the prediction, ``b`` the reference.
  They are the blue, the vermilion and the sky blue of Okabe & Ito (2008), which colour-blind readers tell apart, made
  so dark and so light that they stay three in grey: 25, 55 and 82 % of the lightness of white (CIE L*).
- A reliability diagram has two of them, for the means of the bins and for their shares.
- Nothing is shown or saved, and no global setting is touched.

References
----------
Okabe, M. & Ito, K. (2008). Color Universal Design. https://jfly.uni-koeln.de/color/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import raster
from ._arrays import on_host
from ._checks import check_choice
from ._grids import even_axis

__all__ = ["BOTH", "COLOURS", "ONLY_A", "ONLY_B", "agreement", "reliability"]

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

BOTH = "#003E66"
ONLY_A = "#DB6000"
ONLY_B = "#A3D3F2"
_RELIABILITY = ("lower", "upper", "count", "share", "predicted", "observed", "low", "high")
_MOST_WORDS = 12
"""Names beside the cells of an axis."""
COLOURS = {"both": BOTH, "only_a": ONLY_A, "only_b": ONLY_B}


def agreement(
    a: Any,
    b: Any,
    *,
    ax: Axes | None = None,
    labels: tuple[str, str] = ("prediction", "reference"),
    colours: dict[str, str] | None = None,
    transparent: bool = False,
    **style: Any,
) -> Axes:
    """Draw where two masks agree: both, only A, only B.

    Soft masks are drawn by their opacity: each cell is coloured by its three parts, min(a, b), a − min(a, b)
    and b − min(a, b).

    Parameters
    ----------
    a, b : array or DataArray, shape (rows, columns)
        Masks, bool or floating in [0, 1]. The first row is drawn at the bottom. A DataArray's coordinates become the
        axes, which ascend to the right and upwards (north is up); words are written beside their cells.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default. The legend lies below the axes: give your figure
        ``layout="constrained"``, which makes room for it.
    labels : tuple of str
        Names of the two masks, for the legend.
    colours : dict, optional
        Any of ``both``, ``only_a``, ``only_b``.
    transparent : bool
        Whether what lies below is seen where neither is, and through soft cells, instead of white.
    **style
        Passed to ``Axes.imshow``.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the masks are not two-dimensional, or differ in shape or coordinates, numbers among these are not evenly
        spaced, or `colours` names anything else.

    See Also
    --------
    overlap.raster.measure : Measure how two masks on one grid overlap.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> ax = agreement(np.eye(3) > 0, np.ones((3, 3)) > 0)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['both (3)', 'only prediction (0)', 'only reference (6)']
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Patch

    for name in colours or {}:
        check_choice("plotting.agreement", "colours", name, COLOURS)
    if hasattr(a, "dims") and hasattr(b, "dims"):
        b = _aligned(a, b)
    mask_a = on_host("plotting.agreement", "a", a)
    mask_b = on_host("plotting.agreement", "b", b)
    if mask_a.ndim != 2 or mask_b.ndim != 2:
        raise ValueError(
            f"plotting.agreement: masks must be two-dimensional, got shapes {mask_a.shape}, {mask_b.shape}"
        )
    o = raster.measure(mask_a, mask_b)
    palette = {**COLOURS, **(colours or {})}
    if ax is None:
        _, ax = plt.subplots(layout="constrained")
    parts = _see_through(mask_a, mask_b, palette) if transparent else _blend(mask_a, mask_b, palette)
    if hasattr(a, "dims") and not style.keys() & {"origin", "extent"}:
        _show_labelled(ax, parts, a, style)
    else:
        ax.imshow(parts, **{"origin": "lower", **style})
    prediction, reference = labels
    patches = [
        Patch(color=palette["both"], label=f"both ({_amount(o.intersection)})"),
        Patch(color=palette["only_a"], label=f"only {prediction} ({_amount(o.only_a)})"),
        Patch(color=palette["only_b"], label=f"only {reference} ({_amount(o.only_b)})"),
    ]
    _legend_below(ax, handles=patches, handlelength=1)
    return ax


def reliability(
    table: pd.DataFrame, *, ax: Axes | None = None, label: str = "prediction", colour: str = BOTH, **style: Any
) -> Axes:
    """Draw a reliability diagram: what is there against what is predicted, bin by bin, with intervals.

    Each bin is a point at its two means; its bar is the interval of `overlap.calibration.reliability`. Below the
    diagonal more is predicted than there is. A small panel on top has the share of cells in each bin. A bin without a
    cell breaks the line; the legend says how many there are.

    Parameters
    ----------
    table : pandas.DataFrame
        As `overlap.calibration.reliability` returns it, of one case.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default. Draw further tables on the same Axes to compare them: the diagonal is
        drawn once, and the shares on top are those of the first, as its title says. The legend lies below the axes.
    label : str
        What the legend calls it.
    colour : str
        Of the points and their line.
    **style
        Passed to ``Axes.errorbar``.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the table is of several cases, or has no such columns.

    See Also
    --------
    overlap.calibration.reliability : Return the table of a reliability diagram.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from overlap import calibration
    >>> table = calibration.reliability(np.array([0.2, 0.2, 0.9]), np.array([False, True, True]), n_bins=4)
    >>> ax = reliability(table)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['as predicted', 'prediction (2 of 4 bins empty)']
    """
    import matplotlib.pyplot as plt

    missing = [name for name in _RELIABILITY if name not in table]
    if missing or table.index.nlevels > 1:
        raise ValueError(
            f"plotting.reliability: the table has {_rows_and_columns(table)}; pass a table of "
            "overlap.calibration.reliability of one case: table.loc[case], or axis=None"
        )
    if ax is None:
        _, ax = plt.subplots(layout="constrained")
    if not ax.has_data():
        ax.axline((0, 0), slope=1, color="#666666", linestyle="--", linewidth=1, label="as predicted", zorder=1)
        _draw_shares(ax.inset_axes((0, 1.03, 1, 0.16), sharex=ax), table, f"share of cells, {label}")
        ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal", xlabel="predicted", ylabel="observed")
    n_empty = int((table["count"] == 0).sum())
    if n_empty:
        label = f"{label} ({n_empty} of {len(table)} bins empty)"
    arms = [table["observed"] - table["low"], table["high"] - table["observed"]]
    line = {"color": colour, "marker": "o", "markersize": 4, "linewidth": 1.2, "capsize": 2, **style}
    ax.errorbar(table["predicted"], table["observed"], np.maximum(arms, 0.0), label=label, **line)
    _legend_below(ax, ncols=2)
    return ax


def _draw_shares(ax: Axes, table: pd.DataFrame, title: str) -> None:
    """Draw the share of cells in each bin, from 0."""
    width = table["upper"] - table["lower"]
    ax.bar(table["lower"], table["share"], width, align="edge", color=ONLY_B, edgecolor="white", linewidth=0.5)
    ax.set_title(title, fontsize="small")
    ax.tick_params(labelbottom=False, labelsize="small")
    ax.spines[["top", "right"]].set_visible(False)


def _legend_below(ax: Axes, **options: Any) -> None:
    """Draw a legend below the axes, where it hides nothing."""
    ax.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        borderaxespad=4.5,  # below the axis label, whatever the size of the axes
        fontsize="small",
        frameon=False,
        **options,
    )


def _amount(cells: Any) -> str:
    """Return how many cells: whole numbers as they are, and of soft masks no more digits than can be meant."""
    count = float(cells)
    return f"{count:.3g}" if count < 100 else f"{count:.0f}"


def _rows_and_columns(table: Any) -> str:
    """Return what a message says of a table."""
    return f"the levels {list(table.index.names)} and the columns {list(table.columns)}"


def _aligned(a: Any, b: Any) -> Any:
    """Return labelled `b` in the order of `a`'s dimensions; refuse other coordinates."""
    if set(a.dims) != set(b.dims):
        raise ValueError(f"plotting.agreement: the dimensions differ, {a.dims} and {b.dims}; rename them")
    b = b.transpose(*a.dims)
    for dim in a.dims:
        if dim in a.coords and dim in b.coords and not np.array_equal(a[dim], b[dim]):
            raise ValueError(
                f"plotting.agreement: the coordinates of {dim!r} differ; bring b onto a's grid: b.reindex_like(a)"
            )
    return b


def _blend(a: np.ndarray, b: np.ndarray, palette: dict[str, str]) -> np.ndarray:
    """Return an RGB image, each cell coloured by its three parts over white."""
    from matplotlib.colors import to_rgb

    a = a.astype(float)
    b = b.astype(float)
    both = np.minimum(a, b)
    neither = 1 - np.maximum(a, b)
    parts = {"both": both, "only_a": a - both, "only_b": b - both}
    image = np.repeat(neither[..., None], 3, axis=-1)
    for name, part in parts.items():
        image += part[..., None] * np.array(to_rgb(palette[name]))
    return image


def _see_through(a: np.ndarray, b: np.ndarray, palette: dict[str, str]) -> np.ndarray:
    """Return an RGBA image: the colour of each cell without the white, and as its opacity how much of it there is."""
    either = np.maximum(a, b).astype(float)
    white = (1 - either)[..., None]
    over_white = _blend(a, b, palette)
    share = np.where(either > 0, either, 1.0)[..., None]
    colour = np.clip((over_white - white) / share, 0, 1)
    return np.concatenate([colour, either[..., None]], axis=-1)


class _Along(NamedTuple):
    """How cells lie along an axis of a picture: its edges, whether they descend, and what is written beside them."""

    low: float
    high: float
    descends: bool = False
    words: tuple[str, ...] = ()


def _show_labelled(ax: Axes, parts: np.ndarray, x: Any, style: dict[str, Any]) -> None:
    """Draw an image where the coordinates of `x` say that its cells are."""
    dim_of_rows, dim_of_columns = x.dims
    rows = _along(x, dim_of_rows)
    columns = _along(x, dim_of_columns)
    if rows.descends:
        parts = parts[::-1]
    if columns.descends:
        parts = parts[:, ::-1]
    extent = (columns.low, columns.high, rows.low, rows.high)
    ax.imshow(parts, **{"origin": "lower", "extent": extent, **style})
    _write_beside(ax.xaxis, columns.words)
    _write_beside(ax.yaxis, rows.words)


def _along(x: Any, dim: Any) -> _Along:
    """Return how the cells lie along a dimension: by its coordinates, or else numbered."""
    n = x.sizes[dim]
    numbered = _Along(-0.5, n - 0.5)
    if dim not in x.coords or n < 2:
        return numbered
    centres = np.asarray(x[dim])
    if centres.dtype.kind not in "iuf":
        return numbered._replace(words=tuple(str(word) for word in centres))
    even = even_axis(f"plotting.agreement: {dim}", centres)
    low, high = sorted((float(even.edges[0]), float(even.edges[-1])))
    return _Along(low, high, descends=even.step < 0)


def _write_beside(axis: Axis, words: tuple[str, ...]) -> None:
    """Write words beside their cells, no more than there is room for."""
    if not words:
        return
    every = -(-len(words) // _MOST_WORDS)
    axis.set_ticks(range(0, len(words), every), words[::every])
