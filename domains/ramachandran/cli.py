"""Commands: ``overlap ramachandran validate`` and ``compare``, twins of `validate` and `compare`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Backbone angles and regions of the (phi, psi) torus.", no_args_is_help=True)


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


Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Plot = Annotated[Path | None, typer.Option(help="Save a picture here (.png, .pdf, .svg).")]


@app.command()
def validate(
    files: Annotated[list[Path], typer.Argument(help="PDB or mmCIF files, plain or gzipped.")],
    csv: Annotated[Path | None, typer.Option(help="Save a row for each residue here.")] = None,
    skipped: Annotated[Path | None, typer.Option(help="Save the residues without angles, and why, here.")] = None,
    json: Json = False,
    plot: Plot = None,
    max_bond: Annotated[float, typer.Option(help="Longest C–N bond between neighbours, Å.")] = 2.0,
    modified: Annotated[Modified | None, typer.Option(help="Count modified residues as their parents.")] = None,
    chirality: Annotated[Chirality | None, typer.Option(help="Mirror D-residues.")] = None,
    min_plddt: Annotated[float | None, typer.Option(help="Leave residues below this pLDDT out.")] = None,
) -> None:
    """Validate structures residue by residue, as MolProbity does."""
    from . import run

    failed = run.validate_files(
        files,
        csv=csv,
        skipped_csv=skipped,
        json=json,
        plot=plot,
        max_bond=max_bond,
        modified=modified,
        chirality=chirality,
        min_plddt=min_plddt,
    )
    raise typer.Exit(1 if failed else 0)


@app.command()
def compare(
    predicted: Annotated[Path, typer.Argument(help="A predicted region: netCDF, npy, npz or CSV.")],
    reference: Annotated[str, typer.Option(help="An empirical reference, or another region's file.")] = "top8000",
    category: Annotated[
        str | None, typer.Option(help="Category of the empirical region; the prediction's own, else general.")
    ] = None,
    level: Annotated[LevelName, typer.Option(help="Level of the empirical region.")] = LevelName.favored,
    variable: Annotated[str | None, typer.Option(help="Which map of a file that holds several.")] = None,
    phi_first: Annotated[bool, typer.Option("--phi-first", help="The rows of a bare array are phi.")] = False,
    json: Json = False,
    csv: Annotated[Path | None, typer.Option(help="Save the report as a table here.")] = None,
    plot: Plot = None,
) -> None:
    """Compare a predicted region with the empirical one, as two sets on the torus."""
    from . import run

    run.compare_files(
        predicted,
        reference,
        category=category,
        level=level.value,
        variable=variable,
        phi_first=phi_first,
        json=json,
        csv=csv,
        plot=plot,
    )
