from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss

from domains import _console
from domains._checks import UsageError
from domains.lesions import as_image, cohort_calibration, write_image
from domains.lesions.calibrating import bin_rows, cohort_calibration_files, error_rows

N_BINS = 8
SHAPES = {"a": (9, 8, 4), "b": (5, 6, 7), "c": (12, 4, 3)}


def drawn():
    """Return three probability maps, of which the first is too sure, and what is there."""
    rng = np.random.default_rng(3)
    maps = {name: rng.beta(0.4, 0.9, shape).astype(np.float32).astype(float) for name, shape in SHAPES.items()}
    truth = {name: rng.random(p.shape) < (p**2 if name == "a" else p) for name, p in maps.items()}
    return maps, truth


@pytest.fixture
def folders(tmp_path):
    for side, images in zip(("p", "r"), drawn(), strict=True):
        (tmp_path / side).mkdir()
        for name, values in images.items():
            stored = values if side == "p" else values.astype(np.uint8)
            write_image(as_image(stored, (1.0, 2.0, 3.0)), tmp_path / side / f"{name}.nii.gz")
    return tmp_path / "p", tmp_path / "r"


def binned(p, y):
    """Return the counts, the sums of predictions and of what is there, in bins closed on the right."""
    edges = np.linspace(0, 1, N_BINS + 1)
    at = np.clip(np.searchsorted(edges, p.ravel(), side="left") - 1, 0, N_BINS - 1)
    weights = (None, p.ravel(), y.ravel().astype(float))
    return [np.bincount(at, weight, N_BINS) for weight in weights]


def ece(p, y):
    counts, predicted, observed = binned(p, y)
    return np.abs(predicted - observed).sum() / counts.sum()


@pytest.mark.slow
def test_each_case_and_all_voxels_are_what_plain_numpy_says(folders):
    found = cohort_calibration(*folders, n_bins=N_BINS)
    maps, truth = drawn()
    assert found.scores["case"].tolist() == list(SHAPES)
    assert found.scores["label"].unique().tolist() == ["1"]
    assert found.scores["voxels"].tolist() == [p.size for p in maps.values()]
    for row in found.scores.to_dict("records"):
        p, y = maps[row["case"]], truth[row["case"]]
        assert row["ece"] == pytest.approx(ece(p, y), abs=1e-12)
        assert row["brier"] == pytest.approx(brier_score_loss(y.ravel(), p.ravel()), abs=1e-12)
    all_p = np.concatenate([p.ravel() for p in maps.values()])
    all_y = np.concatenate([y.ravel() for y in truth.values()])
    pooled = found.pooled.sel(label="1")
    assert float(pooled["ece"]) == pytest.approx(ece(all_p, all_y), abs=1e-12)
    assert float(pooled["brier"]) == pytest.approx(brier_score_loss(all_y, all_p), abs=1e-12)
    counts, predicted, observed = binned(all_p, all_y)
    assert pooled["count"].values.tolist() == counts.tolist()
    np.testing.assert_allclose(pooled["predicted"], predicted / counts, atol=1e-12)
    np.testing.assert_allclose(pooled["observed"], observed / counts, atol=1e-12)
    means = pooled["mean"].sel(error=["ece", "brier"]).values
    np.testing.assert_allclose(means, found.scores[["ece", "brier"]].mean(), atol=1e-12)
    assert int(pooled["n_cases"]) == 3
    assert float(pooled["ece"]) != pytest.approx(means[0], abs=1e-3), "the two are not the same"


@pytest.mark.slow
def test_only_voxels_above_a_value_count(folders):
    found = cohort_calibration(*folders, n_bins=N_BINS, above=0.3)
    maps, truth = drawn()
    for row in found.scores.to_dict("records"):
        p, y = maps[row["case"]], truth[row["case"]]
        assert row["voxels"] == (p > 0.3).sum()
        assert row["ece"] == pytest.approx(ece(p[p > 0.3], y[p > 0.3]), abs=1e-12)


@pytest.mark.slow
def test_missing_and_broken_cases_are_rows(folders, tmp_path, capsys):
    (folders[0] / "a.nii.gz").unlink()
    (folders[1] / "b.nii.gz").write_bytes(b"notes")
    found = cohort_calibration(*folders, n_bins=N_BINS)
    assert (found.scores["error"] == "").tolist() == [False, False, True]
    assert found.scores["missing"].tolist() == [1, 0, 0]
    assert int(found.pooled["n_cases"].sel(label="1")) == 1
    assert len(found.skipped) == 2
    code = cohort_calibration_files(*folders, out=tmp_path / "s.csv", n_bins=N_BINS, outputs=_console.Outputs())
    assert code == 1
    told = capsys.readouterr().out
    assert "no prediction: 1 of 3 cases (a), left out\n" in told, "there is no option that counts it"
    assert "failed: 1 of 3 cases (b)" in told
    (folders[0] / "c.nii.gz").unlink()
    nothing = cohort_calibration(*folders, n_bins=N_BINS)
    assert error_rows(nothing.pooled).empty
    assert bin_rows(nothing.pooled).empty
    outputs = _console.Outputs(plot=tmp_path / "p.png")
    assert cohort_calibration_files(*folders, out=tmp_path / "t.csv", n_bins=N_BINS, outputs=outputs) == 1


@pytest.mark.slow
def test_a_label_that_no_reference_has_is_told(folders, tmp_path):
    found = cohort_calibration(*folders, labels=[7], n_bins=N_BINS)
    assert found.skipped["detail"].tolist() == ["label 7: no reference of the cohort has it"]
    assert cohort_calibration_files(*folders, out=tmp_path / "s.csv", labels="7", outputs=_console.Outputs()) == 1
    assert not len(cohort_calibration(*folders, labels=[1], n_bins=N_BINS).skipped)


@pytest.mark.slow
def test_where_it_runs_and_how_often_changes_no_byte(folders, tmp_path):
    whole = cohort_calibration(*folders, out=tmp_path / "one.csv")
    with ThreadPoolExecutor(2) as executor:
        shared = cohort_calibration(*folders, out=tmp_path / "two.csv", executor=executor)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    records = tmp_path / "one.csv.records"
    records.write_bytes(b"".join(records.read_bytes().splitlines(keepends=True)[:-1]))
    again = cohort_calibration(*folders, out=tmp_path / "one.csv")
    for found in (shared, again):
        pd.testing.assert_frame_equal(found.scores, whole.scores)
        assert found.pooled.identical(whole.pooled)
    with pytest.raises(UsageError, match=r"other settings \(n_bins 15, now 10\)"):
        cohort_calibration(*folders, n_bins=10, out=tmp_path / "one.csv")


def test_label_maps_say_no_probability_and_the_remedy_helps(folders, tmp_path):
    with pytest.raises(UsageError, match=r"predictions are label maps, .* as_=.soft., reference_as=.labels."):
        cohort_calibration(folders[1], folders[1])
    found = cohort_calibration(folders[1], folders[1], as_="soft", reference_as="labels")
    assert found.scores["ece"].tolist() == [0.0] * 3


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"n_bins": 0}, "n_bins must be"),
        ({"closed": "both"}, "closed must be"),
        ({"above": 2}, "above must be"),
    ],
)
def test_wrong_use_is_told_before_files_are_looked_for(options, error):
    with pytest.raises(UsageError, match=f"^lesions.cohort_calibration: {error}"):
        cohort_calibration("p", "r", **options)
    with pytest.raises(TypeError, match="no option 'preset'"):
        cohort_calibration("p", "r", preset="medpy")


@pytest.mark.slow
def test_the_command_says_all_of_it(folders, tmp_path, capsys):
    outputs = _console.Outputs(plot=tmp_path / "p.png", csv=tmp_path / "bins.csv", format="json")
    options = {"out": tmp_path / "s.csv", "n_bins": N_BINS}
    assert cohort_calibration_files(*folders, **options, outputs=outputs) == 0
    report = json.loads(capsys.readouterr().out)
    found = cohort_calibration(*folders, n_bins=N_BINS)
    rows = {row["error"]: row for row in report["errors"]}
    assert rows["ece"]["all_voxels"] == float(found.pooled["ece"].sel(label="1"))
    assert rows["mce"]["all_voxels"] is None
    assert rows["brier"]["mean"] == pytest.approx(found.scores["brier"].mean())
    assert len(report["bins"]) == len(pd.read_csv(tmp_path / "bins.csv")) == N_BINS
    assert (tmp_path / "p.png").stat().st_size > 0
    assert cohort_calibration_files(*folders, **options, outputs=_console.Outputs()) == 0
    shown = capsys.readouterr().out
    assert "0.125 to 0.25" in shown
    assert "3 of 3" in shown
