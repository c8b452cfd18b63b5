"""The demonstration on real nodules, in small: what goes in, how patients are split, what is scored."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("nibabel")


@pytest.fixture(scope="module")
def script(example):
    return example("nodules")


@pytest.fixture(scope="module")
def nodules(script):
    return script.load(13)


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
def test_nothing_is_cut_off(script, nodules):
    from domains.lesions import example, grid_spacing, read_image

    for nodule in nodules:
        image = read_image(example(nodule.name))
        assert nodule.masks.sum() == int((image > 0).sum())
        nearest = nodule.distances.abs().min()
        assert nearest == pytest.approx(min(grid_spacing(image)))
        assert all(size % 4 == 0 for size in nodule.masks.shape[2:])
        drawn = np.argwhere(nodule.masks.numpy().any(axis=(0, 1)))
        assert drawn.min() == 4
        assert (np.array(nodule.masks.shape[2:]) - drawn.max(axis=0) > 4).all()


def test_distances_are_positive_inside(nodules):
    for nodule in nodules:
        assert torch.equal(nodule.distances > 0, nodule.masks > 0)


def test_shares_are_of_the_others(nodules):
    masks = nodules[0].masks.numpy()
    shares = nodules[0].shares().numpy()
    np.testing.assert_allclose(shares[1], masks[[0, 2, 3]].mean(axis=0), atol=1e-7)


def test_patients_are_split_not_nodules(script, nodules):
    assert nodules[1].patient == nodules[12].patient, "two nodules of one patient, or this tests nothing"
    parts = script.folds(nodules, 0)
    assert len(parts) == script.FOLDS
    patients = [patient for part in parts for patient in part]
    assert sorted(patients) == sorted({nodule.patient for nodule in nodules})
    assert script.folds(nodules, 1) != parts


@pytest.mark.slow
def test_no_model_has_seen_the_patient_it_is_scored_on(script, nodules, monkeypatch):
    """In place of training, a model that knows by heart what it was given, and answers 1 for nothing else."""

    def learn_by_heart(model, loss, training, epochs, seed):
        seen = [nodule.distances for nodule in training]

        def answer(distances):
            known = any(distances.shape == x.shape and torch.equal(distances, x) for x in seen)
            return torch.zeros_like(distances) if known else torch.ones_like(distances)

        return answer

    monkeypatch.setattr(script, "train", learn_by_heart)
    scores = script.run(nodules, 1, 2)
    learned = scores[scores["model"] != "outline"]
    assert (learned["volume"] > 0).all()
    assert (scores.groupby(["model", "seed"])["nodule"].nunique() == len(nodules)).all()
    assert not scores.duplicated(["model", "seed", "nodule"]).any()


def test_what_is_not_trained_is_scored_right(script, nodules):
    nodule = nodules[2]
    got = script.score(script.outline(nodule.distances), nodule)
    m = nodule.masks[:, 0].numpy() > 0
    agreement = []
    for r in range(4):
        for s in range(4):
            if r != s:
                agreement.append(2 * (m[r] & m[s]).sum() / (m[r].sum() + m[s].sum()))
    assert got["dice"] == pytest.approx(np.mean(agreement))
    assert got["soft_dice"] == pytest.approx(np.mean(agreement), abs=0.05)
    assert got["volume"] == pytest.approx(0, abs=1e-6)
    perfect = script.score(nodule.shares(), nodule)
    assert perfect["soft_dice"] == pytest.approx(1)
    assert perfect["brier"] == 0
    assert perfect["dice"] > got["dice"]


def test_the_network_begins_as_the_logistic(script, nodules):
    distances = nodules[0].distances
    with torch.no_grad():
        torch.testing.assert_close(script.UNet()(distances), script.Logistic()(distances), rtol=0, atol=0)


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["minimum Dice", "Dice + cross-entropy"])
def test_the_network_learns_one_nodule(script, nodules, loss):
    nodule = nodules[1]
    given = script.score(script.outline(nodule.distances), nodule)
    answer = script.train("U-Net", loss, [nodule], 40, 0)
    got = script.score(answer(nodule.distances), nodule)
    assert got["soft_dice"] > given["soft_dice"] + 0.02
    assert got["brier"] < given["brier"]


def test_differences_are_paired(script):
    """Two nodules of unlike difficulty, and a model that is better by 0.1 on both: no interval to speak of."""
    rows = []
    for nodule, dice in {"a": 0.2, "b": 0.8, "c": 0.5}.items():
        for model, better in {"outline": 0.0, "U-Net": 0.1}.items():
            row = {"model": model, "seed": 0, "nodule": nodule, "patient": nodule, "dice": dice + better}
            rows.append(row | {"soft_dice": 0.0, "brier": 0.0, "volume": 0.0})
    table = script.differences(pd.DataFrame(rows), [("U-Net", "outline")])
    assert table.loc["U-Net − outline", "Dice"] == "+0.100 [+0.100, +0.100]"


@pytest.mark.slow
def test_the_command(script, capsys, tmp_path, monkeypatch):
    """A row for each model, and the same digits at the same number of threads, whatever else is trained."""
    monkeypatch.setattr(script, "FOLDS", 2)
    options = ["--quick", "--nodules", "4", "--epochs", "1", "--threads", "1", "--csv"]
    script.main([*options, str(tmp_path / "all.csv")])
    table = pd.read_csv(tmp_path / "all.csv")
    models = {"outline"} | {f"{model}, {loss}" for model in script.MODELS for loss in script.LOSSES}
    assert set(table["model"]) == models
    assert len(table) == 4 * len(models)
    out = capsys.readouterr().out
    for model in models:
        assert model in out
    assert "U-Net, minimum Dice − logistic, minimum Dice" in out
    assert out.startswith("quick: the models are undertrained")

    monkeypatch.setattr(script, "LOSSES", {"product Dice": script.LOSSES["product Dice"]})
    script.main([*options, str(tmp_path / "again.csv")])
    again = (tmp_path / "again.csv").read_text().splitlines()
    assert len(again) == 1 + 4 * 3
    assert set(again) <= set((tmp_path / "all.csv").read_text().splitlines())
