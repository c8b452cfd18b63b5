"""The demonstration with a known truth, in small: it finds what it should, and the same digits each time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def script(example):
    return example("known_truth")


@pytest.fixture(scope="module")
def blobs(example):
    return example("blobs")


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def losses(script):
    return {loss.name: loss for loss in script.LOSSES}


@pytest.fixture(scope="module")
def targets(blobs):
    return {target.name: target for target in blobs.TARGETS}


def test_the_network_can_be_the_probability(script, blobs):
    network = script.Network()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network.line.weight[0, :, 0, 0] = torch.tensor([1.0, -1.0])
    images = blobs.draw_images(3, np.random.default_rng(0))
    np.testing.assert_allclose(script.answer_of(network, images), images.p, atol=1e-6)


@pytest.mark.parametrize("index", ["Dice", "Jaccard"])
@pytest.mark.parametrize("target", ["one rater, each cell by itself", "one rater, the border as a whole"])
def test_with_one_rater_minimum_and_product_are_the_same_bits(script, losses, targets, target, index):
    networks = [script.train(losses[f"{form} {index}"], targets[target], 5, 0) for form in ("minimum", "product")]
    for a, b in zip(networks[0].parameters(), networks[1].parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "target", "tolerance"),
    [
        ("minimum Dice", "one rater, each cell by itself", 0.03),
        ("cross-entropy", "one rater, each cell by itself", 0.03),
        ("Dice + cross-entropy", "one rater, each cell by itself", 0.03),
        ("minimum Dice", "the probability itself", 0.02),
        ("product Dice", "the probability itself", 0.03),
    ],
)
def test_a_short_training_answers_what_is_sought(script, blobs, losses, targets, name, target, tolerance):
    images = blobs.draw_images(4, np.random.default_rng(9))
    loss = losses[name]
    network = script.train(loss, targets[target], 60, 0)
    answer = script.answer_of(network, images)
    sought = loss.sought(images.p, targets[target].raters)
    assert np.abs(answer - sought).mean() < tolerance
    others = [other.sought(images.p, targets[target].raters) for other in losses.values()]
    apart = [np.abs(sought - other).mean() for other in others]
    assert max(apart) > 3 * tolerance, "all losses seek the same here, and this tests nothing"


@pytest.mark.slow
def test_measures_of_answers_that_are_known(script, targets):
    unseen = script.draw_unseen(targets["one rater, each cell by itself"], 0)
    p = unseen.images.p
    of_truth = script.score(p, unseen)
    assert of_truth["off"] == 0
    assert of_truth["volume"] == pytest.approx(0)
    assert of_truth["short"] > 0.05
    assert of_truth["short_best_cut"] == 0
    assert of_truth["promised"] == pytest.approx(0, abs=0.005)
    of_twice = script.score(np.minimum(2 * p, 1), unseen)
    assert of_twice["volume"] == pytest.approx(np.minimum(2 * p, 1).sum() / p.sum() - 1)
    assert of_twice["promised"] > 0.1


def test_the_best_mask_is_scored_as_it_is_defined(script, targets):
    unseen = script.draw_unseen(targets["one rater, the border as a whole"], 0)
    got = script.score(unseen.best.astype(float), unseen)
    agreement = []
    for outline in unseen.outlines:
        common = (unseen.best & outline).sum((1, 2))
        agreement.append(2 * common / (unseen.best.sum((1, 2)) + outline.sum((1, 2))))
    assert got["short"] == 0
    assert got["dice"] == pytest.approx(np.mean(agreement))
    assert got["promised"] == pytest.approx(1 - np.mean(agreement))


def test_responses(script):
    p = np.array([0.01, 0.02, 0.51, 0.99, 1.0])
    found = script.response(np.array([0.2, 0.4, 0.7, 1.0, 0.8]), p)
    assert found["answer"][0] == pytest.approx(0.3)
    assert found["p"][10] == pytest.approx(0.525)
    assert found["answer"][10] == pytest.approx(0.7)
    assert found["answer"][19] == pytest.approx(0.9)
    assert np.isnan(found["answer"][1:10]).all()


@pytest.mark.slow
def test_the_command(script, blobs, capsys, caplog, tmp_path, monkeypatch):
    """Every row, the picture, what is being trained, and the same digits at the same number of threads."""
    monkeypatch.setattr(script, "TRAINING_IMAGES", 8)
    monkeypatch.setattr(script, "TEST_IMAGES", 4)
    # most of the picture's time is the place of its panels
    monkeypatch.setattr(script, "SHOWN", script.SHOWN[:2])
    options = ["--quick", "--steps", "3", "--seeds", "1", "--threads", "1", "--csv"]
    script.main([*options, str(tmp_path / "all.csv"), "--plot", str(tmp_path / "answers.png")])
    table = pd.read_csv(tmp_path / "all.csv")
    assert set(table["target"]) == {target.name for target in blobs.TARGETS}
    assert set(table["loss"]) == {loss.name for loss in script.LOSSES} | {"(best mask)", "(probability)"}
    assert len(table) == len(blobs.TARGETS) * (len(script.LOSSES) + 2)
    assert not table.isna().any().any()
    out = capsys.readouterr().out
    for name in set(table["target"]) | set(table["loss"]):
        assert name in out
    assert caplog.messages[0] == "one rater, each cell by itself, seed 1 of 1: minimum Dice"
    assert len(caplog.messages) == len(blobs.TARGETS) * len(script.LOSSES)
    assert (tmp_path / "answers.png").stat().st_size > 20_000
    # the rows of the first target come first
    monkeypatch.setattr(script, "TARGETS", script.TARGETS[:1])
    script.main([*options, str(tmp_path / "again.csv")])
    assert (tmp_path / "all.csv").read_text().startswith((tmp_path / "again.csv").read_text())
