"""Commands: ``overlap ramachandran validate``, ``changes``, ``compare``, ``region`` and ``learn``.

In Python the same is done by `validate`, `compare_models`, `compare`, `read_region` and `learn_contacts`.
"""

from __future__ import annotations

import typer

from .._flags import Html, Saving, Sharing, field_app, grouped, keywords
from .flags import (
    After,
    AfterModel,
    AsRamalyze,
    Backbone,
    Before,
    BeforeModel,
    Category,
    Chains,
    Core,
    Cut,
    Declared,
    Files,
    LearnedRegion,
    Learning,
    Level,
    MapFile,
    OfResidues,
    Predicted,
    Reference,
    RegionOut,
    ScoredAgainst,
    Seeds,
    Strict,
    Summary,
    Worse,
)

app = field_app("Backbone angles and regions of the Ramachandran plot.")


@app.command(
    epilog="""
    overlap ramachandran validate model.pdb --ramalyze
    overlap ramachandran validate before.pdb after.pdb --csv residues.csv --skipped skipped.csv --plot residues.png
    """
)
@grouped
def validate(
    files: Files,
    *,
    reference: ScoredAgainst = "top8000",
    backbone: Backbone,
    core: Core = None,
    summary: Summary = None,
    ramalyze: AsRamalyze = False,
    sharing: Sharing,
    html: Html = None,
    saving: Saving,
) -> None:
    """Score the backbone of structures as MolProbity does.

    As CSV: a row for each residue.
    """
    from . import run

    others = {"--summary": summary, "--records": sharing.records}
    code = run.validate_files(
        files,
        reference=reference,
        core=core,
        summary=summary,
        as_ramalyze=ramalyze,
        **keywords(backbone),
        **keywords(sharing),
        outputs=saving.checked([*files, reference], html=html, others=others),
    )
    raise typer.Exit(code)


@app.command(
    epilog="""
    overlap ramachandran changes before.pdb after.pdb --worse
    overlap ramachandran changes before.pdb after.pdb --chains A=B --html changes.html
    """
)
@grouped
def changes(
    before: Before,
    after: After,
    *,
    worse: Worse = False,
    before_model: BeforeModel = None,
    after_model: AfterModel = None,
    chains: Chains = None,
    reference: ScoredAgainst = "top8000",
    backbone: Backbone,
    html: Html = None,
    saving: Saving,
) -> None:
    """Show which residues got worse between two models.

    As CSV: a row for each residue that both models have.
    """
    from . import run

    code = run.changes_files(
        before,
        after,
        only_worse=worse,
        before_model=before_model,
        after_model=after_model,
        chains=chains,
        reference=reference,
        **keywords(backbone),
        outputs=saving.checked([before, after, reference], html=html),
    )
    raise typer.Exit(code)


@app.command(
    epilog="""
    overlap ramachandran compare region.npy
    overlap ramachandran compare energy.npy --as energy --unit kJ/mol --cutoff 10 --plot regions.png
    """
)
@grouped
def compare(
    predicted: Predicted,
    *,
    reference: Reference = "top8000",
    category: Category = None,
    level: Level = None,
    declared: Declared,
    cut: Cut,
    strict: Strict = False,
    html: Html = None,
    saving: Saving,
) -> None:
    """Compare two regions of the Ramachandran plot.

    The flags from --variable to --unit are about the prediction; a reference that needs some of them is read by
    "overlap ramachandran region" first.

    As CSV: a row for each region of the prediction.
    """
    from . import comparing

    code = comparing.compare_files(
        predicted,
        reference,
        category=category,
        level=None if level is None else level.value,
        cut=keywords(cut),
        declared=declared.keywords(),
        strict=strict,
        outputs=saving.checked([predicted, reference], html=html),
    )
    raise typer.Exit(code)


@app.command(
    epilog="""
    overlap ramachandran region density.npy --as density --mass 0.98 --out region.nc
    """
)
@grouped
def region(
    file: MapFile,
    *,
    out: RegionOut = None,
    category: OfResidues = None,
    declared: Declared,
    cut: Cut,
    saving: Saving,
) -> None:
    """Read a region, say what it was taken for, and save it.

    As CSV: a row for each region of the file.
    """
    from . import comparing

    code = comparing.region_files(
        file,
        out=out,
        category=category,
        cut=keywords(cut),
        declared=declared.keywords(),
        outputs=saving.checked([file], others={"--out": out}),
    )
    raise typer.Exit(code)


@app.command(
    epilog="""
    overlap ramachandran learn --region learned.nc --csv contacts.csv
    """
)
@grouped
def learn(*, learning: Learning, seeds: Seeds = 2, region: LearnedRegion = None, saving: Saving) -> None:
    """Learn contact limits of hard spheres from an empirical region.

    Needs torch; half a minute. As CSV: a row for each contact.
    """
    from .models import learning as job

    code = job.learn_files(
        n_seeds=seeds,
        region=region,
        outputs=saving.checked([], others={"--region": region}),
        **keywords(learning),
    )
    raise typer.Exit(code)
