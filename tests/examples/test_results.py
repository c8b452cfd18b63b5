"""The stored tables of the long versions: they belong to the scripts as they are."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("torch")
pytest.importorskip("nibabel")
RESULTS = Path(__file__).resolve().parents[2] / "examples" / "results"


@pytest.mark.slow
def test_known_truth(example):
    """A row for each target, loss and seed, and the rows that need no network once more."""
    known_truth = example("known_truth")
    targets = example("blobs").TARGETS
    stored = pd.read_csv(RESULTS / "known_truth.csv").set_index(["target", "loss", "seed"])
    names = ["(best mask)", "(probability)", *(loss.name for loss in known_truth.LOSSES)]
    rows = [(target.name, name, seed) for target in targets for seed in range(5) for name in names]
    assert list(stored.index) == rows
    assert list(stored.columns) == list(known_truth.MEASURES)
    for target in targets:
        unseen = known_truth.draw_unseen(target, 0)
        for name, answer in {"(best mask)": unseen.best.astype(float), "(probability)": unseen.images.p}.items():
            again = known_truth.score(answer, unseen)
            assert stored.loc[(target.name, name, 0)].to_dict() == pytest.approx(again, abs=2e-6)


def test_nodules(example):
    """A row for each model, seed and nodule, and those of the outline once more."""
    nodules = example("nodules")
    stored = pd.read_csv(RESULTS / "nodules.csv")
    models = ["outline", *(f"{model}, {loss}" for model in nodules.MODELS for loss in nodules.LOSSES)]
    assert not stored.duplicated(["model", "seed", "nodule"]).any()
    assert len(stored) == len(models) * 3 * 30
    assert set(stored["model"]) == set(models)
    for nodule in nodules.load(3):
        rows = stored.query("model == 'outline' and nodule == @nodule.name")
        assert set(rows["patient"]) == {nodule.patient}
        again = nodules.score(nodules.outline(nodule.distances), nodule)
        for row in rows[list(nodules.MEASURES)].to_dict("records"):
            assert row == pytest.approx(again, abs=2e-6)
