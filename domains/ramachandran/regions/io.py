"""Regions from files.

Conventions
-----------
- A map is read by what its format says of it: axes, units, and what the values are. What a format leaves open is
  declared (``as_=``, ``unit=``, ``angles=``, ``axes=``, ``absent=``) or refused. Nothing is guessed.
- `map_files` says how a map stands in each kind of file.
- 0 and 1, or bool, are a mask. Other numbers are a soft mask only if that is declared; densities, ranks and energies
  are cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import xarray as xr

from ..._checks import UsageError, check_choice
from ..._files import reading
from ..._text import file_name
from ..empirical import CATEGORIES
from .angle_regions import region_of_table
from .angle_tables import read_angles
from .formats.cuts import Cut, cut_surface
from .formats.surface import Declared, read_axes
from .map_files import OPERATION, read_surface

EXAMPLES = {
    "1a8o": "1a8o.cif.gz",
    "1a28": "1a28.pdb.gz",
    "ramplot": "ramplot.npz",
    "ramachandraw": "ramachandraw.npz",
}


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
        Of a region or a map: netCDF, npy, npz, MATLAB or CSV; a text of PLUMED, WHAM, GROMACS (xpm, xvg),
        PyReweighting, cpptraj, CHARMM, Amber, Rosetta, NDRD or of the reference laboratory. With `bandwidth` of a table
        of angles: ``gmx rama``, ``gmx chi -rama``, PLUMED's COLVAR, cpptraj or CSV.
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
        Of the cutoff; of the energy too, if the file does not say.
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
    >>> import numpy as np
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
        surface = read_surface(path, declared, header)
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

    See Also
    --------
    read_region : Read a region of the torus.
    region_from_density : Return the cells of highest density that hold a mass.
    region_from_energy : Return the cells whose energy is at most a cutoff above the minimum.

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
        surface = read_surface(path, declared, header)
    cells = surface.values
    attrs = {"name": path.name, **cells.attrs, "quantity": surface.quantity}
    if surface.unit or unit:
        attrs["units"] = surface.unit or unit
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

    See Also
    --------
    validate : Score the backbone of structures residue by residue.
    read_region : Read a region of the torus.

    Examples
    --------
    >>> example("1a8o").name
    '1a8o.cif.gz'
    >>> read_region(example("ramplot"), "glycine, allowed").shape
    (360, 360)
    """
    check_choice("ramachandran.example", "name", name, EXAMPLES)
    return Path(__file__).parents[1] / "data" / EXAMPLES[name]


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Put the operation and the file in front of what is wrong with an option."""
    try:
        yield
    except UsageError as error:
        if str(error).startswith(OPERATION):
            raise
        raise UsageError(f"{OPERATION}: {file_name(path)}: {error}") from error
