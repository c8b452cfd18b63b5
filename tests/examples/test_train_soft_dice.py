"""The example's short version, on a few nodules: it runs, splits by patient and learns something."""

from __future__ import annotations

import sys
from dataclasses import FrozenInstanceError
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("nibabel")
PATH = Path(__file__).resolve().parents[2] / "examples" / "train_soft_dice.py"


@pytest.fixture(scope="module")
def script():
    spec = spec_from_file_location("train_soft_dice", PATH)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def nodules(script):
    return script.load(13)


def test_nothing_is_cut_off(script, nodules):
    from domains.lesions import example, grid_spacing, read_image

    for k in (0, 12):
        image = read_image(example(f"nodule_{k:02d}"))
        assert nodules[k].masks.sum() == int((image > 0).sum())
        nearest = nodules[k].distances.abs().min()
        assert nearest == pytest.approx(min(grid_spacing(image)))


def test_patients_are_split_not_nodules(script, nodules):
    assert nodules[1].patient == nodules[12].patient, "two nodules of one patient, or this tests nothing"
    training, held_out = script.split(nodules, 0)
    assert {x.patient for x in training}.isdisjoint(x.patient for x in held_out)
    assert len(training) + len(held_out) == 13
    assert len(held_out) >= 4


def test_what_is_not_trained_is_scored_right(script, nodules):
    few = nodules[:4]
    outline = script.score(script.outline, few)
    three = script.score(script.three_others, few)
    agreement = []
    for n in few:
        m = n.masks.numpy()
        agreement += [2 * (m[r] & m[s]).sum() / (m[r].sum() + m[s].sum()) for r in range(4) for s in range(4) if r != s]
    assert outline["Dice, each"] == pytest.approx(np.mean(agreement))
    assert three["Dice, each"] == pytest.approx(three["Dice, mean"])
    assert abs(outline["volume"]) < 1e-6


def test_calibration_error(script):
    p, y = torch.tensor([0.05, 0.05, 0.95, 0.95]), torch.tensor([0.0, 0.1, 0.5, 1.0])
    assert script.calibration_error(p, y) == pytest.approx(0.1)


def test_training_beats_what_was_given(script, nodules):
    """A short run on one nodule already fits it better than the outline that went in."""
    few = nodules[:1]
    given = script.score(script.outline, few)
    schedules = script.schedules(10)
    for name in ("minimum Dice", "Dice + cross-entropy"):
        got = script.score(script.answer_of(script.train(schedules[name], few, 10, 0)), few)
        assert got["Dice, mean"] > given["Dice, mean"]
        assert got["calibration"] < given["calibration"]


def test_the_quick_version(script, capsys):
    script.main(quick=True)
    out = capsys.readouterr().out
    assert "6 nodules" in out
    rows = ("one reader's outline", *script.schedules(2), "mean of three readers")
    assert len(rows) == 5
    for row in rows:
        assert row in out


def test_schedule(script):
    schedule = script.Schedule((0, "both"), (10, "dice"), (20, "iou"))
    assert [schedule(k) for k in (0, 9, 10, 19, 20, 10**9)] == ["both", "both", "dice", "dice", "iou", "iou"]
    assert schedule == script.Schedule((0, "both"), (10, "dice"), (20, "iou"))
    with pytest.raises(FrozenInstanceError):
        schedule.stages = ()
    with pytest.raises(ValueError, match="an epoch is 0 or more, got -1"):
        schedule(-1)


@pytest.mark.parametrize("epochs", [(), (1,), (0, 0), (0, 5, 3)])
def test_stages_ascend_from_zero(script, epochs):
    with pytest.raises(ValueError, match="begin at epoch 0 and ascend"):
        script.Schedule(*((k, "loss") for k in epochs))
