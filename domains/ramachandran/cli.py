"""Commands: ``overlap ramachandran validate``, ``changes``, ``compare`` and ``learn``.

In Python the same is done by `validate`, `compare_models`, `compare` and `learn_contacts`.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .._flags import (
    Csv,
    FormatName,
    Html,
    Json,
    MaxMemory,
    MaxSeconds,
    Plot,
    PrintAs,
    Quiet,
    Records,
    Scheduler,
    Skipped,
    Version,
    Workers,
    field_app,
    outputs,
    running,
)

app = field_app("Backbone angles and regions of the Ramachandran plot.")


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


Files = Annotated[list[Path], typer.Argument(help="PDB, mmCIF or BinaryCIF files, plain or packed (gzip, bzip2, xz).")]
MaxBond = Annotated[float, typer.Option(help="Residues are neighbours if C and N are nearer than this, in Å.")]
ModifiedResidues = Annotated[
    Modified | None, typer.Option(metavar="parent", help="Score modified residues as the standard ones they come from.")
]
DResidues = Annotated[Chirality | None, typer.Option(metavar="mirror", help="Score D-residues at (-phi, -psi).")]
RingEnds = Annotated[
    Rings | None, typer.Option("--rings", metavar="closed", help="Score the ends of head-to-tail rings too.")
]
MinPlddt = Annotated[
    float | None,
    typer.Option(
        help="Leave out residues whose pLDDT (B factor) is below this, on the scale of the file: to 100 or 1."
    ),
]
Core = Annotated[
    str | None,
    typer.Option(metavar="RESIDUES", help="Count these residues of each model by themselves, such as A:5-40,B:5-40."),
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
Reference = Annotated[str, typer.Option(help="The reference: top8000, or a file of another region.")]
Category = Annotated[
    str | None,
    typer.Option(
        help="Category of residues whose empirical region is the reference. By default the one named in the file of "
        "the prediction, or else general."
    ),
]
Level = Annotated[
    LevelName | None,
    typer.Option(help="How much of the reference data the empirical region encloses; by default favored."),
]
Variable = Annotated[str | None, typer.Option(help="Which variable of the predicted file, if it holds several maps.")]
As = Annotated[Quantity | None, typer.Option("--as", help="What the values of the file are, if it does not say.")]
Mass = Annotated[
    float | None,
    typer.Option(help="Cut a density, counts or ranks so that this share is inside; by default that of --level."),
]
Value = Annotated[float | None, typer.Option(help="Cut a density, counts or ranks at this value instead.")]
Cutoff = Annotated[float | None, typer.Option(help="Cut an energy at this much above its minimum.")]
Unit = Annotated[EnergyUnit | None, typer.Option(help="Of --cutoff, and of the energy if the file does not say.")]
Angles = Annotated[AngleUnit | None, typer.Option(help="Of the angles, if it is not the format's own.")]
Axes = Annotated[str | None, typer.Option(help='What the file calls phi, and what it calls psi, such as "t1 t2".')]
Absent = Annotated[float | None, typer.Option(help="Value of the cells that have no row in a table.")]
Bandwidth = Annotated[float | None, typer.Option(help="The file is a table of angles: smooth them by so many degrees.")]
NoHeader = Annotated[bool, typer.Option("--no-header", help="The first line of a CSV file is data: a matrix alone.")]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="End with an error if the prediction fits far better when it is read otherwise, such as swapped.",
    ),
]
PhiFirst = Annotated[bool, typer.Option("--phi-first", help="The rows of an npy or CSV file are phi, not psi.")]


@app.command()
def validate(
    files: Files,
    max_bond: MaxBond = 2.0,
    modified: ModifiedResidues = None,
    chirality: DResidues = None,
    min_plddt: MinPlddt = None,
    rings: RingEnds = None,
    core: Core = None,
    records: Records = None,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    max_seconds: MaxSeconds = None,
    max_memory: MaxMemory = None,
    csv: Csv = None,
    plot: Plot = None,
    skipped: Skipped = None,
    html: Html = None,
    print_as: PrintAs = FormatName.table,
    json: Json = False,
    quiet: Quiet = False,
    version: Version = False,
) -> None:
    """Score the backbone of structures as MolProbity does.

    As CSV: a row for each residue.
    """
    from . import run

    others = {"--records": records}
    flags = outputs(csv, plot, skipped, print_as, json, quiet, inputs=files, html=html, others=others)
    code = run.validate_files(
        files,
        max_bond=max_bond,
        modified=modified,
        chirality=chirality,
        min_plddt=min_plddt,
        rings=rings,
        core=core,
        **running(records, workers, scheduler, max_seconds, max_memory),
        outputs=flags,
    )
    raise typer.Exit(code)


@app.command()
def changes(
    before: Before,
    after: After,
    worse: Worse = False,
    before_model: BeforeModel = None,
    after_model: AfterModel = None,
    chains: Chains = None,
    max_bond: MaxBond = 2.0,
    modified: ModifiedResidues = None,
    chirality: DResidues = None,
    min_plddt: MinPlddt = None,
    rings: RingEnds = None,
    csv: Csv = None,
    plot: Plot = None,
    skipped: Skipped = None,
    print_as: PrintAs = FormatName.table,
    json: Json = False,
    quiet: Quiet = False,
    version: Version = False,
) -> None:
    """Show which residues got worse between two models.

    As CSV: a row for each residue that both models have.
    """
    from . import run

    flags = outputs(csv, plot, skipped, print_as, json, quiet, inputs=[before, after])
    code = run.changes_files(
        before,
        after,
        only_worse=worse,
        before_model=before_model,
        after_model=after_model,
        chains=chains,
        max_bond=max_bond,
        modified=modified,
        chirality=chirality,
        min_plddt=min_plddt,
        rings=rings,
        outputs=flags,
    )
    raise typer.Exit(code)


@app.command()
def compare(
    predicted: Predicted,
    reference: Reference = "top8000",
    category: Category = None,
    level: Level = None,
    variable: Variable = None,
    as_: As = None,
    mass: Mass = None,
    value: Value = None,
    cutoff: Cutoff = None,
    unit: Unit = None,
    angles: Angles = None,
    axes: Axes = None,
    absent: Absent = None,
    bandwidth: Bandwidth = None,
    no_header: NoHeader = False,
    phi_first: PhiFirst = False,
    strict: Strict = False,
    csv: Csv = None,
    plot: Plot = None,
    skipped: Skipped = None,
    html: Html = None,
    print_as: PrintAs = FormatName.table,
    json: Json = False,
    quiet: Quiet = False,
    version: Version = False,
) -> None:
    """Compare two regions of the Ramachandran plot.

    As CSV: a row for each region of the prediction.
    """
    from . import run

    flags = outputs(csv, plot, skipped, print_as, json, quiet, inputs=[predicted, reference], html=html)
    code = run.compare_files(
        predicted,
        reference,
        category=category,
        level=level.value if level else None,
        cut={"mass": mass, "value": value, "cutoff": cutoff, "unit": unit and unit.value},
        reading={
            "variable": variable,
            "as_": as_ and as_.value,
            "angles": angles and angles.value,
            "axes": axes,
            "absent": absent,
            "bandwidth": bandwidth,
            "header": not no_header,
            "phi_first": phi_first,
        },
        strict=strict,
        outputs=flags,
    )
    raise typer.Exit(code)


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
RegionFile = Annotated[Path | None, typer.Option(help="Save the learned region in this netCDF file, for compare.")]


@app.command()
def learn(
    category: LearnedCategory = "general",
    level: LearnedLevel = LevelName.allowed,
    limits: Limits = ContactSharing.elements,
    tau: Tau = 111.0,
    seeds: Seeds = 2,
    steps: Steps = 200,
    resamples: Resamples = 0,
    region: RegionFile = None,
    csv: Csv = None,
    plot: Plot = None,
    skipped: Skipped = None,
    print_as: PrintAs = FormatName.table,
    json: Json = False,
    quiet: Quiet = False,
    version: Version = False,
) -> None:
    """Learn contact limits of hard spheres from an empirical region.

    Needs torch; half a minute. As CSV: a row for each contact.
    """
    from . import learning

    flags = outputs(csv, plot, skipped, print_as, json, quiet, inputs=[], others={"--region": region})
    code = learning.learn_files(
        n_seeds=seeds,
        region=region,
        outputs=flags,
        category=category,
        level=level.value,
        limits=limits.value,
        tau=tau,
        steps=steps,
        resamples=resamples,
    )
    raise typer.Exit(code)
