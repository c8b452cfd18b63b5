"""Regions from files.

Conventions
-----------
- A map is read by what its format says of it: axes, units, and what the values are. What a format leaves open is
  declared (``as_=``, ``unit=``, ``angles=``, ``axes=``, ``absent=``) or refused. Nothing is guessed.
- netCDF: a variable with dimensions psi and phi, as ``region.to_netcdf`` writes it. Its attribute ``quantity`` says
  what the values are, and ``units`` the unit of an energy.
- npz: one two-dimensional array, and its coordinates as ``phi`` and ``psi`` (or one array for both), or their edges.
- npy: the array alone, whose cells then divide the circle evenly from −180 on.
- CSV: a grid, whose first row holds the columns' angles and whose first column the rows'. Or a long table, with columns
  phi, psi and a third for the value. Or, if it is declared, a matrix without angles.
- Text of other programs: see `domains.ramachandran.formats`.
- Arrays without named axes are (psi, phi) unless ``phi_first=True`` says otherwise.
- 0 and 1, or bool, are a mask. Other numbers are a soft mask only if that is declared; densities, ranks and energies
  are cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import xarray as xr

from .._checks import UsageError, check_choice
from .._files import ReadError, read_text, reading
from .._text import file_name, one_line
from .angle_regions import region_of_table
from .angle_tables import read_angles
from .arrays import Archive, read_npy
from .empirical import CATEGORIES
from .formats import text
from .formats.columns import read_columns
from .formats.cuts import Cut, cut_surface
from .formats.surface import QUANTITIES, Declared, Surface, find_axes, labelled, one_of, read_axes, turned
from .grid_tables import as_grid, as_matrix, from_long, is_long, read_table
from .matlab import read_mat
from .netcdf import read_maps
from .quantities import UNITS
from .torus import PERIOD, centres, check_grid

EXAMPLES = {
    "1a8o": "1a8o.cif.gz",
    "1a28": "1a28.pdb.gz",
    "ramplot": "ramplot.npz",
    "ramachandraw": "ramachandraw.npz",
}
SUFFIXES = (".nc", ".npy", ".npz", ".csv", ".mat", ".tsv", *text.SUFFIXES)
_UNPACKED = (".nc", ".npy", ".npz", ".mat")
"""Endings of files that are packed in their own way, if at all."""
OPERATION = "ramachandran.read_region"
"""Who reads, as messages have it."""


def read_region(
    path: str | Path,
    variable: str | None = None,
    *,
    as_: str | None = None,
    mass: float | None = None,
    value: float | None = None,
    cutoff: float | None = None,
    unit: str | None = None,
    angles: str | None = None,
    axes: str | tuple[str, str] | None = None,
    absent: float | None = None,
    bandwidth: float | None = None,
    category: str | None = None,
    header: bool = True,
    phi_first: bool = False,
) -> xr.DataArray:
    """Read a region of the torus: a mask, or a map of another kind and where it is cut.

    Parameters
    ----------
    path : path
        A netCDF (.nc), .npy, .npz or .csv file, or a text of PLUMED (``sum_hills``) or WHAM.
    variable : str, optional
        Which of several maps of the file.
    as_ : {"mask", "membership", "density", "counts", "rank", "energy"}, optional
        What the values are, if the file does not say; it goes before what the file says.
    mass : float, optional
        Share of the mass that the region of a density, of counts or of ranks holds; 0.98 by default.
    value : float, optional
        The level of a density, of counts or of ranks, instead of a mass.
    cutoff : float, optional
        The energy above the minimum that is still inside; needed for an energy.
    unit : {"kJ/mol", "kcal/mol", "kT"}, optional
        Of the cutoff; of the energy too, if the file does not say or `as_` is given.
    angles : {"degrees", "radians"}, optional
        Unit of the angles, if it is not the format's own.
    axes : str or tuple of two str, optional
        What the file calls phi, and what it calls psi: "t1 t2".
    absent : float, optional
        The value of cells that have no row in a table; infinity of an energy, where it was never visited.
    bandwidth : float, optional
        The file is a table of angles, see `read_angles`: the region is that of `region_from_angles` with this kernel,
        in degrees.
    category : str, optional
        Which residues of a table of angles, one of `CATEGORIES`. Several that make one region are warned of.
    header : bool
        Whether the first line of a CSV file holds names or angles; False for a matrix of numbers alone.
    phi_first : bool
        Whether the rows of an array without named axes are phi.

    Returns
    -------
    DataArray, dimensions (psi, phi)
        Bool, or floating in [0, 1] if it is a soft mask. One that was cut keeps the map as the coordinate ``score`` and
        the ``cut``; ``attrs`` say meaning, source, and mass or cutoff and unit.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    UsageError
        If the file has no such variable, or several and none is named; if what has to be declared is not, or is
        declared of a file that says it itself; or if a cut is missing or of another quantity.
    ReadError
        If the file is of another kind, damaged, larger than it can be, or not a region. The message names the file,
        what was found where, and the remedy.

    See Also
    --------
    read_map : The map itself, not cut.

    Notes
    -----
    A netCDF file is read within five seconds, or refused. Other files have no time limit.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from .regions import region
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "general.nc")
    ...     region().to_netcdf(path, engine="h5netcdf")
    ...     bool((read_region(path, "region") == region()).all())
    True
    """
    cut = Cut(mass, value, cutoff, unit)
    if category is not None:
        check_choice(OPERATION, "category", category, CATEGORIES)
        if bandwidth is None:
            raise UsageError(f"{OPERATION}: category chooses residues of a table of angles (bandwidth=); leave it out")
    return cut_file(path, cut, variable, as_, angles, axes, absent, bandwidth, header, phi_first, category)


def cut_file(
    path: str | Path,
    cut: Cut,
    variable: str | None = None,
    as_: str | None = None,
    angles: str | None = None,
    axes: str | tuple[str, str] | None = None,
    absent: float | None = None,
    bandwidth: float | None = None,
    header: bool = True,
    phi_first: bool = False,
    category: str | None = None,
    usual_category: str = "",
) -> xr.DataArray:
    """Read a region where the options of its cut travel together; see `read_region`.

    Of several categories of residues in a table of angles the usual one is taken, if none is asked for.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "mask.npy")
    ...     np.save(path, np.eye(4, dtype=bool))
    ...     int(cut_file(path, Cut()).sum())
    4
    """
    path = Path(path)
    declared = Declared(variable, as_, angles, read_axes(axes), absent, phi_first)
    if bandwidth is not None:
        with _named(path):
            _check_declared_of_angles(declared, cut, header)
        table = read_angles(path, axes=declared.axes, unit=declared.angles)
        with _named(path):
            return region_of_table(table, path.name, bandwidth, cut.mass_of, category or "", usual_category)
    with reading(OPERATION, path), _named(path):
        surface = _read(path, declared, header)
        if as_ is not None and cut.unit is not None:
            # whoever says what the values are says their unit too
            surface = surface._replace(unit="")
        cells = cut_surface(surface, cut)
    named = str(cells.attrs.get("name", path.name))
    return cells.assign_attrs(name=named)


def _check_declared_of_angles(declared: Declared, cut: Cut, header: bool) -> None:
    """Refuse what is declared of a map where the file is a table of angles."""
    odd = [f"{name}= (--{name})" for name in cut.given if name != "mass"]
    if declared.quantity is not None:
        odd.append("as_= (--as)")
    if not header:
        odd.append("header=False (--no-header)")
    if odd:
        raise UsageError(f"{odd[0]} is not for angles; leave it out")
    declared.refuse_others("a table of angles", "angles", "axes")


def read_map(
    path: str | Path,
    variable: str | None = None,
    *,
    as_: str | None = None,
    unit: str | None = None,
    angles: str | None = None,
    axes: str | tuple[str, str] | None = None,
    absent: float | None = None,
    header: bool = True,
    phi_first: bool = False,
) -> xr.DataArray:
    r"""Read a map over the torus as it is, without cutting it.

    Parameters
    ----------
    path, variable, as_
        See `read_region`.
    unit : {"kJ/mol", "kcal/mol", "kT"}, optional
        Of an energy, if the file does not say.
    angles, axes, absent, header, phi_first
        See `read_region`.

    Returns
    -------
    DataArray, dimensions (psi, phi)
        With ``attrs["quantity"]`` (one of the values of `as_`, or "" if nobody says), ``units`` of an energy, and
        ``source``.

    Raises
    ------
    FileNotFoundError, UsageError, ReadError
        As `read_region` does.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "free.dat")
    ...     _ = path.write_text("#X Y Free Pro\n-90 -90 0 .7\n-90 90 1 .3\n90 -90 inf 0\n90 90 inf 0\n")
    ...     free = read_map(path, unit="kcal/mol")
    >>> free.attrs["quantity"], free.attrs["units"], float(free.min())
    ('energy', 'kcal/mol', 0.0)
    """
    path = Path(path)
    declared = Declared(variable, as_, angles, read_axes(axes), absent, phi_first)
    with reading(OPERATION, path), _named(path):
        surface = _read(path, declared, header)
    cells = surface.values
    attrs = {"name": path.name, **cells.attrs, "quantity": surface.quantity}
    if unit or surface.unit:
        attrs["units"] = unit or surface.unit
    if surface.source:
        attrs["source"] = surface.source
    if surface.category:
        attrs["category"] = surface.category
    return cells.assign_attrs(attrs)


def example(name: str = "1a8o") -> Path:
    """Return the path of a structure, or of the regions of another program, that comes with the package.

    Parameters
    ----------
    name : {"1a8o", "1a28", "ramplot", "ramachandraw"}
        Structures: the HIV capsid's C-terminal domain at 1.7 Å (mmCIF, with MSE), and the progesterone receptor's
        ligand-binding domain at 1.8 Å (PDB, two chains). Regions: those that RamPlot 1.0.4 has traced, a mask for each
        category and level ("glycine, allowed"), and the density that ramachandraw 2.0.0 draws below its points.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If there is no such file.

    Examples
    --------
    >>> example("1a8o").name
    '1a8o.cif.gz'
    >>> read_region(example("ramplot"), "glycine, allowed").shape
    (360, 360)
    """
    check_choice("ramachandran.example", "name", name, EXAMPLES)
    return Path(__file__).with_name("data") / EXAMPLES[name]


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Put the operation and the file in front of what is wrong with an option."""
    try:
        yield
    except UsageError as error:
        if str(error).startswith(OPERATION):
            raise
        raise UsageError(f"{OPERATION}: {file_name(path)}: {error}") from error


def _suffix(path: Path) -> str:
    """Return the ending of an ordinary file that may hold a region."""
    name = file_name(path)
    if path.is_dir():
        raise IsADirectoryError(f"{OPERATION}: {name}: a folder, not a file; name a file in it")
    if not path.exists():
        raise FileNotFoundError(f"{OPERATION}: {name}: no such file")
    packed = path.suffix.lower() == ".gz"
    suffix = Path(path.stem).suffix.lower() if packed else path.suffix.lower()
    if suffix not in SUFFIXES or (packed and suffix in _UNPACKED):
        known = ", ".join(SUFFIXES)
        raise ReadError(
            f"a region is read from {known}; give a text of another program the ending .dat, convert anything else, "
            "for example to a CSV grid"
        )
    if not path.is_file():
        raise ReadError("no ordinary file (a device, a pipe or a socket); save its content as a file")
    return suffix


def _read(path: Path, declared: Declared, header: bool) -> Surface:
    """Read a map. An error does not name the file."""
    suffix = _suffix(path)
    if not header and suffix in _UNPACKED:
        raise UsageError("header=False (--no-header) is for a table; leave it out")
    read = _READERS.get(suffix, _read_text)
    surface = read(path, declared) if header else _read_matrix(path, declared)
    cells = check_grid(surface.values, f"{OPERATION}: {file_name(path)}")
    if cells.dtype.kind not in "biuf":
        raise ReadError(f"the values are {cells.dtype}, not numbers")
    return surface._replace(values=cells, quantity=declared.quantity or surface.quantity)


def _read_text(path: Path, declared: Declared) -> Surface:
    return text.read_surface(OPERATION, path, declared)


def _read_netcdf(path: Path, declared: Declared) -> Surface:
    declared.refuse_others("a netCDF file", "variable", "angles", "axes")
    with read_maps(OPERATION, path) as data:
        maps = [str(name) for name, x in data.data_vars.items() if {"psi", "phi"} <= set(x.dims)]
        name = one_of(maps, declared.variable)
        found = data[name]
        # texts are not read: each says how long it is itself
        if found.dtype.kind not in "biuf":
            raise ReadError(f"the values of {one_line(name, 80)} are {found.dtype}, not numbers; save numbers")
        cells = found.load()
    if declared.angles == "radians":
        cells = cells.assign_coords(psi=np.degrees(cells.psi), phi=np.degrees(cells.phi))
    said = one_line(cells.attrs.get("quantity", ""), 40)
    if said not in ("", *QUANTITIES):
        raise ReadError(f"its attribute quantity is {said!r}; one of {', '.join(QUANTITIES)} is known")
    unit = one_line(cells.attrs.get("units", ""), 40)
    cells = turned(cells, declared)
    return Surface(cells, said, unit if unit in UNITS else "")


def _read_npy(path: Path, declared: Declared) -> Surface:
    declared.refuse_others("an array alone", "phi_first")
    values = read_npy(OPERATION, path)
    if values.ndim != 2 or not values.size:
        raise ReadError(
            f"a region has two axes and some cells, found an array of shape {values.shape}; save a map of psi and phi"
        )
    rows, columns = values.shape
    return Surface(labelled(values, declared.order, centres(rows), centres(columns)))


def _read_npz(path: Path, declared: Declared) -> Surface:
    declared.refuse_others("an archive", "variable", "angles", "axes", "phi_first")
    archive = Archive(OPERATION, path)
    headers = archive.headers
    maps = [name for name, header in headers.items() if len(header.shape) == 2]
    values = archive.read(one_of(maps, declared.variable))
    lines = [name for name, header in headers.items() if len(header.shape) == 1 and header.dtype.kind in "iuf"]
    return _with_axes(values, {name: archive.read(name) for name in lines}, declared)


def _with_axes(values: np.ndarray, lines: Mapping[str, np.ndarray], declared: Declared) -> Surface:
    """Return a map with the angles of its axes from the arrays beside it."""
    names = {"phi": "phi", "psi": "psi"}
    if declared.is_turned:
        raise UsageError(
            "axes= (--axes) name the arrays that hold phi and psi, whichever way the map lies; say phi_first=True "
            "(--phi-first) if its rows are phi"
        )
    if declared.axes is not None:
        known = list(lines)
        phi, psi = find_axes(known, declared)
        names = {"phi": known[phi], "psi": known[psi]}
    elif len(lines) == 1:
        # one array for both axes, whatever it is called
        names = dict.fromkeys(names, next(iter(lines)))
    axes = []
    for dim, n in zip(declared.order, values.shape, strict=True):
        found = lines.get(names[dim], np.array([]))
        axes.append(declared.in_degrees(_centres_of(found, n, dim, declared)))
    return Surface(labelled(values, declared.order, axes[0], axes[1]))


def _centres_of(found: np.ndarray, n: int, dim: str, declared: Declared) -> np.ndarray:
    """Return the centres of the cells along an axis, from themselves or from their n + 1 edges."""
    if len(found) == n:
        return found
    turn = 2 * np.pi if declared.angles == "radians" else PERIOD
    if len(found) == n + 1 and abs(abs(found[-1] - found[0]) - turn) < 1e-3 * turn:
        middle: np.ndarray = (found[1:] + found[:-1]) / 2
        return middle
    raise ReadError(
        f"no array {dim!r} with the {n} cell centres of that axis; save it beside the mask, or name those of phi and "
        'psi with axes="PHI PSI" (--axes "PHI PSI")'
    )


def _read_mat(path: Path, declared: Declared) -> Surface:
    declared.refuse_others("a MATLAB file", "variable", "angles", "axes", "phi_first")
    arrays = read_mat(OPERATION, path)
    maps = [name for name, x in arrays.items() if x.ndim == 2]
    lines = {name: x for name, x in arrays.items() if x.ndim == 1 and x.dtype.kind in "iuf"}
    values = arrays[one_of(maps, declared.variable)]
    return _with_axes(values, lines, declared)


def _read_csv(path: Path, declared: Declared) -> Surface:
    table = read_table(OPERATION, path)
    if is_long(table, declared):
        declared.refuse_others("a table with columns phi and psi", "variable", "angles", "axes", "absent")
        return from_long(table, declared)
    declared.refuse_others("a grid", "angles", "phi_first")
    surface = as_grid(table, declared)
    try:
        check_grid(surface.values, "")
    except ValueError as error:
        said = str(error).removeprefix(": ")
        raise ReadError(f"{said}; or, if its first line is data, say header=False (--no-header)") from error
    return surface


def _read_matrix(path: Path, declared: Declared) -> Surface:
    declared.refuse_others("a matrix", "phi_first")
    if _suffix(path) in (".csv", ".tsv"):
        return as_matrix(read_table(OPERATION, path), declared)
    values = read_columns(read_text(OPERATION, path), least=2).values
    n_rows, n_columns = values.shape
    source = "matrix without angles: cells divide the circle from -180 on"
    return Surface(labelled(values, declared.order, centres(n_rows), centres(n_columns)), source=source)


_READERS: dict[str, Callable[[Path, Declared], Surface]] = {
    ".nc": _read_netcdf,
    ".npy": _read_npy,
    ".npz": _read_npz,
    ".mat": _read_mat,
    ".csv": _read_csv,
    ".tsv": _read_csv,
}
