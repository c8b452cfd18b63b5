"""The flags of the field's commands, as types: each is explained once, and those that travel together are a group.

Conventions
-----------
- Nothing but typer is imported: ``overlap --help`` loads no numpy.
- A group is a frozen dataclass, a flag in each field; see `domains._flags.grouped`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from .._flags import keywords


class LevelName(StrEnum):
    """Which empirical region."""

    favored = "favored"
    allowed = "allowed"


class Modified(StrEnum):
    """What modified residues count as."""

    parent = "parent"


class Chirality(StrEnum):
    """What D-residues count as."""

    mirror = "mirror"


class Rings(StrEnum):
    """What becomes of the ends of a head-to-tail ring."""

    closed = "closed"


class Quantity(StrEnum):
    """What the values of a map are."""

    mask = "mask"
    membership = "membership"
    density = "density"
    counts = "counts"
    rank = "rank"
    energy = "energy"


class EnergyUnit(StrEnum):
    """Units of energy."""

    kj = "kJ/mol"
    kcal = "kcal/mol"
    kt = "kT"


class AngleUnit(StrEnum):
    """Units of angles."""

    degrees = "degrees"
    radians = "radians"


class ContactSharing(StrEnum):
    """Which contacts share a limit."""

    elements = "elements"
    pairs = "pairs"


Files = Annotated[
    list[Path],
    typer.Argument(help="PDB, mmCIF or BinaryCIF files, plain or packed (gzip, bzip2, xz), or - for standard input."),
]
MaxBond = Annotated[float, typer.Option(help="Residues are neighbours if C and N are nearer than this, in Å.")]
ModifiedResidues = Annotated[
    Modified | None, typer.Option(metavar="parent", help="Score modified residues as the standard ones they come from.")
]
DResidues = Annotated[Chirality | None, typer.Option(metavar="mirror", help="Score D-residues at (-phi, -psi).")]
RingEnds = Annotated[Rings | None, typer.Option(metavar="closed", help="Score the ends of head-to-tail rings too.")]
MinPlddt = Annotated[
    float | None,
    typer.Option(
        help="Leave out residues whose pLDDT (B factor) is below this, on the scale of the file: to 100 or 1."
    ),
]
ScoredAgainst = Annotated[
    str, typer.Option(help="The reference: top8000, or a file of one's own, as region_reference makes it.")
]
Core = Annotated[
    str | None,
    typer.Option(metavar="RESIDUES", help="Count these residues of each model by themselves, such as A:5-40,B:5-40."),
]
Summary = Annotated[
    Path | None, typer.Option(help="Save the counts of each file, of its models and chains, in this CSV file.")
]
AsRamalyze = Annotated[
    bool,
    typer.Option(
        "--ramalyze", help="Print each residue as ramalyze of cctbx does, and its summary, in place of the table."
    ),
]

Before = Annotated[Path, typer.Argument(help="The model before: a PDB or mmCIF file.")]
After = Annotated[Path, typer.Argument(help="The model after; may be the same file.")]
Worse = Annotated[bool, typer.Option("--worse", help="Only the residues that got worse.")]
BeforeModel = Annotated[str | None, typer.Option(metavar="NUMBER", help="Which model of the file before.")]
AfterModel = Annotated[str | None, typer.Option(metavar="NUMBER", help="Which model of the file after.")]
Chains = Annotated[
    str | None, typer.Option(metavar="A=B", help="What chains are called after, where that differs: A=B,C=D.")
]

Predicted = Annotated[Path, typer.Argument(help="The predicted region, or the map that it is cut from.")]
Reference = Annotated[str, typer.Option(help="The reference: top8000, or a file of another reference or region.")]
Category = Annotated[
    str | None,
    typer.Option(
        help="Category of residues whose empirical region is the reference, and whose angles are taken of a table. By "
        "default the one named in the file of the prediction, or else general."
    ),
]
Level = Annotated[
    LevelName | None,
    typer.Option(help="How much of the reference data the empirical region encloses; by default favored."),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="End with an error if the prediction fits far better when it is read otherwise, such as swapped.",
    ),
]

MapFile = Annotated[Path, typer.Argument(help="The region, or the map that it is cut from.")]
RegionOut = Annotated[Path | None, typer.Option(help="Save the region in this netCDF file, which says it all.")]
OfResidues = Annotated[str | None, typer.Option(help="Which residues of a table of angles; by default all together.")]
Variable = Annotated[str | None, typer.Option(help="Which variable of the file, if it holds several maps.")]
As = Annotated[Quantity | None, typer.Option("--as", help="What the values of the file are, if it does not say.")]
Mass = Annotated[
    float | None,
    typer.Option(help="Cut a density, counts or ranks so that this share is inside; by default 0.98, or of --level."),
]
Value = Annotated[float | None, typer.Option(help="Cut a density, counts or ranks at this value instead.")]
Cutoff = Annotated[float | None, typer.Option(help="Cut an energy at this much above its minimum.")]
Unit = Annotated[EnergyUnit | None, typer.Option(help="Of --cutoff, and of the energy if the file does not say.")]
Angles = Annotated[AngleUnit | None, typer.Option(help="Of the angles, if it is not the format's own.")]
Axes = Annotated[str | None, typer.Option(help='What the file calls phi, and what it calls psi, such as "t1 t2".')]
Absent = Annotated[float | None, typer.Option(help="Value of the cells that have no row in a table; inf of an energy.")]
Bandwidth = Annotated[float | None, typer.Option(help="The file is a table of angles: smooth them by so many degrees.")]
NoHeader = Annotated[bool, typer.Option("--no-header", help="The first line of a CSV file is data: a matrix alone.")]
PhiFirst = Annotated[bool, typer.Option("--phi-first", help="The rows of an npy or CSV file are phi, not psi.")]

Limits = Annotated[
    ContactSharing, typer.Option(help="A limit for each pair of elements, ten in all, or for each of forty of atoms.")
]
LearnedCategory = Annotated[str, typer.Option(help="Category of residues whose empirical region is learned.")]
LearnedLevel = Annotated[LevelName, typer.Option(help="How much of the reference data that region encloses.")]
Tau = Annotated[float, typer.Option(help="Angle N-CA-C in degrees.")]
Seeds = Annotated[int, typer.Option(min=1, help="Fits, each from a start of its own.")]
Steps = Annotated[int, typer.Option(min=1, help="Steps of each fit.")]
Resamples = Annotated[
    int, typer.Option(min=0, help="Refits to references of residues drawn anew: the spread of the limits.")
]
LearnedRegion = Annotated[Path | None, typer.Option(help="Save the learned region in this netCDF file, for compare.")]


@dataclass(frozen=True)
class Backbone:
    """How residues are measured, as `backbone_angles` takes it."""

    max_bond: MaxBond = 2.0
    modified: ModifiedResidues = None
    chirality: DResidues = None
    min_plddt: MinPlddt = None
    rings: RingEnds = None


@dataclass(frozen=True)
class Declared:
    """What the file of a region does not say itself, as `read_region` takes it."""

    variable: Variable = None
    as_: As = None
    angles: Angles = None
    axes: Axes = None
    absent: Absent = None
    bandwidth: Bandwidth = None
    no_header: NoHeader = False
    phi_first: PhiFirst = False

    def keywords(self) -> dict[str, Any]:
        """Return the flags as keywords of `read_region`.

        Examples
        --------
        >>> Declared(no_header=True).keywords()["header"]
        False
        """
        named = keywords(self)
        named["header"] = not named.pop("no_header")
        return named


@dataclass(frozen=True)
class Cut:
    """Where a map is cut, as `read_region` takes it."""

    mass: Mass = None
    value: Value = None
    cutoff: Cutoff = None
    unit: Unit = None


@dataclass(frozen=True)
class Learning:
    """What is learned, and how: see `learn_contacts`."""

    category: LearnedCategory = "general"
    level: LearnedLevel = LevelName.allowed
    limits: Limits = ContactSharing.elements
    tau: Tau = 111.0
    steps: Steps = 200
    resamples: Resamples = 0
