"""What is told of a validation: its summaries, made once for the terminal and for JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from .selection import choose
from .summaries import count, over_models

_NAMES = ("file", "model", "chain")


@dataclass(frozen=True, eq=False)
class Told:
    """The summaries of a validation.

    Attributes
    ----------
    residues, skipped : DataFrame
        As `validate` returns them.
    files, models, chains : DataFrame
        Counts by file, by file and model, by file and chain.
    ensembles : DataFrame
        What is compared over the models of a file.
    core_residues : str or None
        Who is in the core.
    core_files, core : DataFrame or None
        Counts of the core, by file and by file and model.
    core_ensembles : DataFrame or None
        What is compared over the models, of the core.
    """

    residues: pd.DataFrame
    skipped: pd.DataFrame
    files: pd.DataFrame
    models: pd.DataFrame
    chains: pd.DataFrame
    ensembles: pd.DataFrame
    core_residues: str | None
    core_files: pd.DataFrame | None
    core: pd.DataFrame | None
    core_ensembles: pd.DataFrame | None

    def as_json(self) -> list[dict[Any, Any]]:
        """Return an object for each file: its counts, those of its models and chains by their names."""
        models = _by_file(self.models, "model")
        chains = _by_file(self.chains, "chain")
        ensembles = _rows_by_file(self.ensembles)
        of_core = {} if self.core is None else _by_file(self.core, "model")
        core_ensembles = {} if self.core_ensembles is None else _rows_by_file(self.core_ensembles)
        told = []
        for row in self.files.to_dict("records"):
            file = row["file"]
            row |= {"models": models[file], "chains": chains[file], "over_models": ensembles.get(file)}
            if self.core is not None:
                row["core"] = {"models": of_core.get(file, {}), "over_models": core_ensembles.get(file)}
            told.append(row)
        return told

    def as_table(self) -> pd.DataFrame:
        """Return a row for each file, then for each of its models and chains; "" stands for all of them."""
        files = self.files.assign(model="", chain="")
        models = self.models[self.models["model"] != ""].assign(chain="")
        chains = self.chains.assign(model="")
        table = pd.concat([files, models, chains], ignore_index=True)
        counts = [name for name in table if name not in _NAMES]
        # a model has no number of residues without atoms: a sequence is its file's
        table["not_modelled"] = table["not_modelled"].astype("Int64")
        order = {file: k for k, file in enumerate(self.files["file"])}
        sorted_by_file = table.sort_values("file", key=lambda name: name.map(order), kind="stable", ignore_index=True)
        return sorted_by_file[[*_NAMES, *counts]]


def tell(files: Iterable[Path], residues: pd.DataFrame, skipped: pd.DataFrame, core: str | None) -> Told:
    """Make the summaries of a validation.

    Parameters
    ----------
    files : iterable of Path
        In the order in which they are told.
    residues, skipped : DataFrame
        As `validate` returns them.
    core : str or None
        The residues of the core, as `selection` reads them.

    Returns
    -------
    Told

    Raises
    ------
    UsageError
        If a part of the core is none of the residues.

    Examples
    --------
    >>> from ..regions.io import example
    >>> from ..run import validate
    >>> told = tell([example("1a28")], *validate(example("1a28")), None)
    >>> {chain: counts["total"] for chain, counts in told.as_json()[0]["chains"].items()}
    {'A': 249, 'B': 247}
    """
    by_file = count(residues, skipped, ["file"]).set_index("file", drop=False)
    order = [str(file) for file in dict.fromkeys(files) if str(file) in by_file.index]
    models = count(residues, skipped, ["file", "model"])
    core_files = None
    core_models = None
    core_ensembles = None
    if core is not None:
        of_core = residues[choose(residues, core)]
        core_files = count(of_core, None, ["file"])
        core_models = count(of_core, None, ["file", "model"])
        core_ensembles = over_models(core_models)
    return Told(
        residues=residues,
        skipped=skipped,
        files=by_file.loc[order].reset_index(drop=True),
        models=models,
        chains=count(residues, skipped, ["file", "chain"]),
        ensembles=over_models(models),
        core_residues=core,
        core_files=core_files,
        core=core_models,
        core_ensembles=core_ensembles,
    )


def _by_file(counts: pd.DataFrame, key: str) -> dict[str, dict[str, dict[Any, Any]]]:
    """Return the counts of each file by the names of its models or chains."""
    by_file: dict[str, dict[str, dict[Any, Any]]] = {}
    for row in counts.drop(columns="error").to_dict("records"):
        by_file.setdefault(row.pop("file"), {})[row.pop(key)] = row
    return by_file


def _rows_by_file(table: pd.DataFrame) -> dict[str, dict[Any, Any]]:
    return {row.pop("file"): row for row in table.to_dict("records")}
