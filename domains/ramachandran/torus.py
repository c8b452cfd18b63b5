"""The (phi, psi) torus: angles, grids and interpolation that know no seam.

Conventions
-----------
- Angles are in degrees. −180 and 180 are one line. Any angle is brought into [−180, 180).
- Arrays over the torus are (psi, phi): rows are psi, columns are phi, so that ``.plot()`` puts phi on x.
- Coordinates are cell centres, evenly spaced, once round each circle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._checks import check_choice

if TYPE_CHECKING:
    import xarray as xr

PERIOD = 360.0
TURNS = {"degrees": 360.0, "radians": 2 * np.pi}
"""The units of angles, and a turn in each."""
LARGEST = 1e6
"""No angle is larger, degrees."""


def wrap(angle: Any) -> Any:
    """Bring angles in degrees into [−180, 180).

    Parameters
    ----------
    angle : float, array or DataArray
        Degrees.

    Returns
    -------
    float, array or DataArray

    Examples
    --------
    >>> wrap(np.array([180.0, -190.0, 359.0]))
    array([-180.,  170.,   -1.])
    """
    return (angle + 180.0) % PERIOD - 180.0


def with_nan(values: Any) -> np.ndarray:
    """Return numbers as an array; what is masked is NaN.

    Parameters
    ----------
    values : array
        Of numpy, masked or not, or what makes one.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> with_nan(np.ma.masked_array([-60.0, 0.0], mask=[False, True]))
    array([-60.,  nan])
    """
    if isinstance(values, np.ma.MaskedArray):
        filled: np.ndarray = np.ma.filled(values.astype(float), np.nan)
        return filled
    return np.asarray(values)


def in_degrees(operation: str, name: str, angles: Any, unit: str, also: str = "") -> np.ndarray:
    """Return angles of a declared unit in degrees, after a look that they can be of it.

    Parameters
    ----------
    operation : str
        Who asks.
    name : str
        Which angles.
    angles : array
        NaN, or masked, where there are none.
    unit : {"degrees", "radians"}
    also : str
        How else the other unit, ``{unit}``, can be said.

    Returns
    -------
    ndarray of float, of the shape of `angles`

    Raises
    ------
    UsageError
        If the unit is neither.
    TypeError
        If the angles are no real numbers.
    ValueError
        If one is infinite or more than a turn, or if ten and more that are said to be degrees lie within 2π of 0: no
        backbone stays there, so they are radians.

    Examples
    --------
    >>> in_degrees("ramachandran.region_from_angles", "phi", [np.pi / 2, -np.pi], "radians")
    array([  90., -180.])
    """
    check_choice(operation, "unit", unit, TURNS)
    values = with_nan(angles)
    if values.dtype.kind not in "iuf":
        raise TypeError(f"{operation}: {name} is {values.dtype}; pass angles as real numbers")
    if not values.size:
        return values.astype(float)
    largest = float(np.fmax.reduce(np.abs(values), axis=None))
    if np.isinf(largest):
        n_infinite = np.count_nonzero(np.isinf(values))
        raise ValueError(f"{operation}: {n_infinite} of {name} are infinite; set them to NaN if there is no angle")
    if largest > TURNS[unit] * (1 + 1e-3):
        other = "radians" if unit == "degrees" else "degrees"
        raise ValueError(
            f'{operation}: {name} reaches {largest:g}, more than a turn in {unit}; say unit="{other}"'
            f"{also.format(unit=other)}, or wrap it"
        )
    if unit == "radians":
        degrees: np.ndarray = np.degrees(values.astype(float))
        return degrees
    if values.size >= 10 and largest <= TURNS["radians"]:
        raise ValueError(
            f'{operation}: {name} stays within ±{largest:.3g}, where no backbone does in degrees; say unit="radians"'
            + also.format(unit="radians")
        )
    return values.astype(float)


def centres(n: int) -> np.ndarray:
    """Return the centres of `n` equal cells round the circle, from −180 on.

    Parameters
    ----------
    n : int
        Number of cells.

    Returns
    -------
    ndarray, shape (n,)
        Degrees.

    Examples
    --------
    >>> centres(4)
    array([-135.,  -45.,   45.,  135.])
    """
    return -180.0 + (np.arange(n) + 0.5) * (PERIOD / n)


def check_grid(x: xr.DataArray, name: str = "region") -> xr.DataArray:
    """Return `x` as (..., psi, phi) after checking that it covers the torus once.

    Parameters
    ----------
    x : DataArray
        With dimensions phi and psi and their coordinates in degrees.
    name : str
        How an error begins: the function and the argument.

    Returns
    -------
    DataArray
        The same cells, psi and phi last.

    Raises
    ------
    ValueError
        If a dimension or coordinate is missing, uneven, in radians, or does not go once round the circle.

    Examples
    --------
    >>> import xarray as xr
    >>> x = xr.DataArray(np.zeros((4, 2)), dims=("phi", "psi"), coords={"phi": centres(4), "psi": centres(2)})
    >>> check_grid(x).dims
    ('psi', 'phi')
    """
    if not {"phi", "psi"} <= set(x.dims):
        raise ValueError(f"{name}: the dimensions are {x.dims}; rename those of the angles to psi and phi")
    for dim in ("phi", "psi"):
        if dim not in x.coords:
            raise ValueError(f"{name}: {dim} has no coordinates; assign the cell centres in degrees")
        nodes = np.asarray(x.coords.variables[dim].values, float)
        _check_circle(nodes, f"{name}: {dim}")
    if x.dims[-2:] == ("psi", "phi"):
        return x
    return x.transpose(..., "psi", "phi")


def _check_circle(nodes: np.ndarray, name: str) -> None:
    if len(nodes) < 2:
        raise ValueError(f"{name}: the coordinates are not evenly spaced cell centres, found {_brief(nodes)}")
    if np.abs(nodes).max() > LARGEST:
        raise ValueError(f"{name}: the coordinates are no angles in degrees, found {_brief(nodes)}")
    steps = np.diff(nodes)
    mean = float(np.mean(steps))
    # coordinates are often rounded: to single precision, or to a few digits in a text file
    even = np.abs(steps - mean) <= 1e-3 * abs(mean)
    if not even.all():
        raise ValueError(f"{name}: the coordinates are not evenly spaced cell centres, found {_brief(nodes)}")
    step = abs(mean)
    turn = step * len(nodes)
    tolerance = step / 10
    if abs(turn - PERIOD) < tolerance:
        return
    if abs(turn - 2 * np.pi) < tolerance:
        raise ValueError(
            f"{name}: the coordinates look like radians, found {_brief(nodes)}; use numpy.degrees, or "
            'say angles="radians" (--angles radians) of a file'
        )
    if abs(turn - step - PERIOD) < tolerance:
        raise ValueError(f"{name}: both ends of the circle are there, found {_brief(nodes)}; drop the last one")
    raise ValueError(
        f"{name}: the coordinates do not go once round 360°, found {_brief(nodes)}; make the map from -180 to 180"
    )


def _brief(nodes: np.ndarray) -> str:
    if not len(nodes):
        return "none"
    return f"{len(nodes)} from {nodes[0]:g} to {nodes[-1]:g}"


def ascending(x: xr.DataArray) -> xr.DataArray:
    """Return a map whose angles ascend from the first in [−180, 180) on.

    Parameters
    ----------
    x : DataArray, dimensions (..., psi, phi)
        As `check_grid` returns it; its angles may descend, or go from 0 to 360.

    Returns
    -------
    DataArray
        The same cells.

    Examples
    --------
    >>> import xarray as xr
    >>> x = xr.DataArray([[1, 2], [3, 4]], dims=("psi", "phi"), coords={"psi": [45, -135], "phi": [90, 270]})
    >>> ascending(x).phi.values
    array([-90.,  90.])
    """
    wrapped = {dim: wrap(np.asarray(x[dim].values, float)) for dim in ("psi", "phi")}
    return x.assign_coords(wrapped).sortby(["psi", "phi"])


class Table:
    """Stacked maps over the torus, ready for periodic bilinear interpolation.

    ``scipy.ndimage.map_coordinates(mode="grid-wrap")`` gives the same numbers, for a million angles in four times the
    time (``benchmarks/periodic_bilinear.py``), and knows no NaN.

    Parameters
    ----------
    maps : array, shape (n_maps, n_psi, n_phi)
        Values at evenly spaced nodes, ascending, once round each circle.
    start : tuple of float, optional
        First node of psi and of phi in degrees; by default the centre of the cell that begins at −180.

    Examples
    --------
    >>> table = Table(np.array([[[0.0, 1.0], [0.0, 1.0]]]))
    >>> table(np.array([90.0, 180.0]), 0.0, 0)
    array([1. , 0.5])
    """

    BLOCK = 16384  # angles at a time, so that the steps between stay in the cache

    def __init__(self, maps: np.ndarray, start: tuple[float, float] | None = None) -> None:
        _, n_psi, n_phi = maps.shape
        # one more row and column: the neighbour of the last cell is the first
        padded = np.pad(maps, ((0, 0), (0, 1), (0, 1)), mode="wrap")
        self._values = np.ascontiguousarray(padded).ravel()
        self._n_psi = n_psi
        self._n_phi = n_phi
        if start is None:
            start = (centres(n_psi)[0], centres(n_phi)[0])
        self._first_psi, self._first_phi = start

    def __call__(self, phi: Any, psi: Any, which: Any) -> np.ndarray:
        """Interpolate map `which` (an integer) at (phi, psi); the three broadcast. NaN angles give NaN."""
        phi = with_nan(phi).astype(float, copy=False)
        psi = with_nan(psi).astype(float, copy=False)
        phi, psi, which = np.broadcast_arrays(phi, psi, which)
        shape = phi.shape
        phi = phi.ravel()
        psi = psi.ravel()
        which = which.ravel()
        values = np.empty(phi.size)
        with np.errstate(invalid="ignore"):
            for begin in range(0, phi.size, self.BLOCK):
                block = slice(begin, begin + self.BLOCK)
                values[block] = self._interpolate(phi[block], psi[block], which[block])
        return values.reshape(shape)

    def _interpolate(self, phi: np.ndarray, psi: np.ndarray, which: np.ndarray) -> np.ndarray:
        row, u = _node_below(psi, self._first_psi, self._n_psi)
        column, v = _node_below(phi, self._first_phi, self._n_phi)
        rows = self._n_psi + 1
        columns = self._n_phi + 1
        at = (which.astype(np.int64) * rows + row) * columns + column
        # the four nodes around the angles; clip is the fast mode of take, and NaN's node may lie anywhere
        near = self._values.take(at, mode="clip")
        right = self._values.take(at + 1, mode="clip")
        above = self._values.take(at + columns, mode="clip")
        beyond = self._values.take(at + columns + 1, mode="clip")
        low = near + v * (right - near)
        high = above + v * (beyond - above)
        value: np.ndarray = low + u * (high - low)
        return value


def _node_below(angle: np.ndarray, first: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the node below each angle, of `n` nodes from `first` on, and how many steps beyond it the angle lies."""
    turn = (angle - first) * (1 / PERIOD)
    turn -= np.floor(turn)
    position = turn * n
    node = position.astype(np.int64)
    return node, position - node


def nearest(nodes: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Return the positions of the evenly spaced `nodes` that lie nearest to `angles`, round the circle.

    Parameters
    ----------
    nodes : array, shape (n,)
        Cell centres in degrees, once round the circle.
    angles : array
        Degrees.

    Returns
    -------
    array of int, of the shape of `angles`

    Examples
    --------
    >>> nearest(np.array([-90.0, 90.0]), np.array([-179.0, 1.0, 179.0])).tolist()
    [0, 1, 1]
    """
    step = nodes[1] - nodes[0]
    position = (np.asarray(angles, float) - nodes[0]) / step
    node = np.floor(position + 0.5).astype(int)
    wrapped: np.ndarray = node % len(nodes)
    return wrapped
