from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from math import inf, nan

import numpy as np
import pandas as pd
import pytest

from domains import _console
from domains._checks import UsageError
from domains.lesions import cohort, cohorts, compare, example, read_image, run, summarise, write_image
from domains.lesions.cohorts import COLUMNS
from domains.lesions.run import cohort_files, compare_files, parse_labels


@pytest.fixture
def folders(tmp_path):
    parts = [tmp_path / k for k in ("prediction", "reference")]
    for rater, part in enumerate(parts):
        part.mkdir()
        for k in range(4):
            image = read_image(example(f"nodule_{k:02d}")).isel(rater=rater)
            write_image(image, part / f"case_{k}.nii.gz")
    return parts


def without_stamp(scores):
    return scores.drop(columns=["stamp", "settings"]).astype({"label": str})


def test_every_case_is_what_compare_says(folders):
    scores, skipped = cohort(*folders)
    assert scores.columns.tolist() == COLUMNS
    assert scores["case"].tolist() == [f"case_{k}" for k in range(4)]
    assert not len(skipped)
    for row in scores.to_dict("records"):
        report = compare(*(read_image(f / f"{row['case']}.nii.gz") for f in folders))
        for name in ("dice", "hd95", "nsd", "size_a", "lesion_pq", "lesions_missed"):
            assert row[name] == pytest.approx(report[name].item(), nan_ok=True)


def test_workers_change_nothing(folders):
    plain, _ = cohort(*folders)
    with ThreadPoolExecutor(2) as executor:
        shared, _ = cohort(*folders, executor=executor)
    pd.testing.assert_frame_equal(plain, shared)
    processes, _ = cohort(*folders, workers=2)
    pd.testing.assert_frame_equal(plain, processes)


def test_unpaired_and_broken_files(folders, tmp_path):
    predictions, references = folders
    (predictions / "case_1.nii.gz").unlink()
    (references / "case_2.nii.gz").unlink()
    (predictions / "case_3.nii.gz").write_bytes(b"these are my notes")
    (predictions / "notes.txt").write_text("not an image")
    out = tmp_path / "scores.csv"
    scores, skipped = cohort(predictions, references, out=out)
    assert [(row.reason, row.file.split("/")[-1]) for row in skipped.itertuples()] == [
        ("unpaired file", "case_2.nii.gz"),
        ("unpaired file", "case_1.nii.gz"),
        ("unreadable file", "case_3.nii.gz"),
    ]
    assert skipped["side"].tolist() == ["prediction", "reference", "prediction"]
    assert skipped["detail"].iloc[0] == "no reference of this name"
    assert scores["case"].tolist() == ["case_0", "case_3"]
    assert scores["error"].tolist()[0] == ""
    assert "case_3.nii.gz" in scores["error"].tolist()[1]
    assert pd.read_csv(out)["error"].notna().tolist() == [False, True]


def test_a_second_run_goes_on(folders, tmp_path, monkeypatch):
    out = tmp_path / "scores.csv"
    first, _ = cohort(*folders, out=out)
    seen = []
    real = cohorts.score_case
    monkeypatch.setattr(cohorts, "score_case", lambda case: seen.append(case.name) or real(case))
    again, _ = cohort(*folders, out=out)
    assert seen == []
    pd.testing.assert_frame_equal(without_stamp(first), without_stamp(again), check_dtype=False)

    lines = out.read_text().splitlines(keepends=True)
    out.write_text("".join(lines[:3]) + lines[3][:40])
    cohort(*folders, out=out)
    assert seen == ["case_2", "case_3"], "the row that was cut off is scored again"

    seen.clear()
    write_image(read_image(folders[0] / "case_1.nii.gz") * 0, folders[0] / "case_1.nii.gz")
    changed, _ = cohort(*folders, out=out)
    assert seen == ["case_1"]
    assert changed["dice"].tolist()[1] == 0
    assert pd.read_csv(out)["dice"].tolist() == changed["dice"].tolist()


def test_an_error_is_tried_again(folders, tmp_path):
    out, bad = tmp_path / "scores.csv", folders[0] / "case_0.nii.gz"
    good = bad.read_bytes()
    bad.write_bytes(b"broken")
    assert (cohort(*folders, out=out)[0]["error"] != "").tolist() == [True, False, False, False]
    bad.write_bytes(good)
    assert (cohort(*folders, out=out)[0]["error"] == "").all()


def test_other_settings_are_refused(folders, tmp_path):
    out = tmp_path / "scores.csv"
    cohort(*folders, out=out)
    written = out.read_bytes()
    with pytest.raises(UsageError, match=r'other settings \(preset "monai", now "medpy"\): move it away'):
        cohort(*folders, out=out, preset="medpy")
    with pytest.raises(UsageError, match=r"other settings \(scale null, now 255\): move it away"):
        cohort(*folders, out=out, scale=255)
    assert out.read_bytes() == written
    out.write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="not a table of scores"):
        cohort(*folders, out=out)
    assert out.read_text() == "a,b\n1,2\n"


def test_unknown_options(folders):
    with pytest.raises(TypeError, match="presets"):
        cohort(*folders, presets="medpy")


def test_wrong_folders(folders, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        cohort(tmp_path / "no", folders[1])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="same name"):
        cohort(tmp_path / "empty", folders[1])
    (folders[0] / "case_0.nii").write_bytes(b"")
    with pytest.raises(ValueError, match="same case"):
        cohort(*folders)


def test_a_worker_that_dies_is_a_row(folders):
    class Dying(ThreadPoolExecutor):
        def submit(self, *arguments):
            return super().submit(lambda: 1 / 0)

    with Dying() as executor:
        scores, _ = cohort(*folders, executor=executor)
    assert scores["error"].str.contains("worker died").all()


def test_a_case_that_cannot_be_compared_is_skipped_with_both_sides(folders):
    image = read_image(folders[0] / "case_2.nii.gz")
    write_image(image.isel(z=slice(1, None)), folders[0] / "case_2.nii.gz")
    scores, skipped = cohort(*folders)
    (row,) = skipped.to_dict("records")
    assert (row["side"], row["file"], row["reason"]) == ("both", "case_2", "not scored")
    assert "different grids" in row["detail"]
    assert scores["error"].tolist()[2] == row["detail"]


def test_a_wrong_option_is_an_error_and_no_row(folders):
    with pytest.raises(ValueError, match="threshold must be a number > 0 and <= 1; got 50"):
        cohort(*folders, threshold=50)
    with pytest.raises(ValueError, match="workers must be a number >= 1; got 0"):
        cohort(*folders, workers=0)
    scores, _ = cohort(*folders)
    with pytest.raises(ValueError, match="lesions.summarise: level must be a number > 0 and <= 1; got 95"):
        summarise(scores, level=95)


def test_who_interrupts_does_not_wait(folders, monkeypatch):
    """The other cases are cancelled, and the one that runs is not waited for."""
    monkeypatch.setattr(cohorts, "score_case", time.sleep)
    results = cohorts.score_cases([0.0, *[6.0] * 6], workers=2, executor=None)
    next(results)
    begin = time.perf_counter()
    results.close()
    assert time.perf_counter() - begin < 2


def test_summary_by_hand():
    scores = pd.DataFrame(
        {
            "label": ["1"] * 4 + ["2"],
            "error": ["", "", "", "", ""],
            "intersection": [1.0, 2, 0, 0, 1],
            "size_a": [2.0, 2, 0, 0, 1],
            "size_b": [2.0, 2, 3, 0, 1],
            "dice": [0.5, 1, 0, np.nan, 1],
            "hd95": [2.0, 0, inf, np.nan, 0],
        }
    )
    table = summarise(scores).set_index(["label", "index", "statistic"])
    dice, hd95, pooled = (
        table.loc[k] for k in (("1", "dice", "mean"), ("1", "hd95", "median"), ("1", "dice", "pooled"))
    )
    assert (dice["value"], dice.n_scored, dice.n_undefined, dice.n_missed) == (0.5, 3, 1, 1)
    assert (hd95["value"], hd95.high) == (2, inf), "a miss is never dropped"
    assert pooled["value"] == pytest.approx(6 / 11)
    assert table.loc[("2", "dice", "mean")]["value"] == 1
    assert np.isnan(table.loc[("2", "dice", "mean")]["low"])


def test_errors_count_in_no_mean():
    scores = pd.DataFrame({"label": ["1", ""], "error": ["", "broken"], "dice": [0.5, np.nan]})
    sizes = pd.DataFrame({"intersection": [1.0, np.nan], "size_a": [2.0, np.nan], "size_b": [2.0, np.nan]})
    assert summarise(scores.join(sizes))["label"].unique().tolist() == ["1"]


def outputs(**options):
    return _console.Outputs(format="json", **options)


def options(**more):
    none = dict.fromkeys(["scale", "reference_scale", "labels"])
    return {**none, "outputs": outputs(), **more}


@pytest.fixture
def pair(folders):
    return [folder / "case_0.nii.gz" for folder in folders]


def test_a_label_that_neither_image_has_is_not_scored(pair, tmp_path, capsys):
    code = compare_files(*pair, lesions=None, **options(labels="1,9"))
    report = json.loads(capsys.readouterr().out)
    assert code == 1
    assert report["dice"]["1"] == pytest.approx(0.4819, abs=1e-4), "the other label is scored"
    assert report["dice"]["9"] is None
    (row,) = report["skipped"]
    assert (row["side"], row["where"], row["reason"]) == ("both", "label 9", "not scored")
    assert row["detail"] == "label 9: neither image has it; the prediction holds 1, the reference 1"
    assert compare_files(*pair, lesions=None, **options(labels="1")) == 0


@pytest.mark.parametrize("name", ["scale", "reference_scale"])
@pytest.mark.parametrize("value", [0.0, -1.0, nan, inf])
def test_a_wrong_scale_is_wrong_use_before_files_are_read(folders, tmp_path, monkeypatch, name, value):
    monkeypatch.setattr(run, "read_image", lambda *_, **__: pytest.fail("a file was read"))
    monkeypatch.setattr(cohorts, "read_image", lambda *_, **__: pytest.fail("a file was read"))
    pair = [folder / "case_0.nii.gz" for folder in folders]
    with pytest.raises(UsageError, match=f"^lesions.compare: {name} must be a number > 0; got"):
        compare_files(*pair, lesions=None, **options(**{name: value}))
    with pytest.raises(UsageError, match=f"^lesions.cohort: {name} must be a number > 0; got"):
        cohort(*folders, out=tmp_path / "s.csv", **{name: value})
    assert not (tmp_path / "s.csv").exists()


def test_settings_and_labels_are_checked_before_files_are_read(folders, monkeypatch):
    monkeypatch.setattr(run, "read_image", lambda *_, **__: pytest.fail("a file was read"))
    pair = [folder / "case_0.nii.gz" for folder in folders]
    with pytest.raises(UsageError, match="threshold must be"):
        compare_files(*pair, lesions=None, **options(threshold=50))
    with pytest.raises(UsageError, match=r"^lesions.cohort: labels must be numbers, .* got 1$"):
        cohort(*folders, labels=1)


def test_no_label_in_common_is_a_warning(pair, capsys):
    write_image(read_image(pair[0]) * 255, pair[0])
    assert compare_files(*pair, lesions=None, **options()) == 0
    printed = capsys.readouterr()
    (warning,) = json.loads(printed.out)["warnings"]
    assert "the prediction holds 255, the reference 1; " in warning
    assert f"warning: {warning}" in printed.err
    assert warning.endswith("(--scale 255)")
    assert compare_files(*pair, lesions=None, **options(scale=255.0)) == 0, "what the warning says"
    report = json.loads(capsys.readouterr().out)
    assert report["warnings"] == []
    assert report["dice"]["1"] == pytest.approx(0.4819, abs=1e-4)


def test_a_cohort_warns_once_of_labels(folders, tmp_path):
    for k in (1, 3):
        path = folders[1] / f"case_{k}.nii.gz"
        write_image(read_image(path) * 255, path)
    wanted = r"^lesions.cohort: 2 of 4 cases, such as case_1: no label .* 1, the reference 255; .*--reference-scale 255"
    for out in (None, tmp_path / "s.csv", tmp_path / "s.csv"):
        with pytest.warns(UserWarning, match=wanted) as caught:
            cohort(*folders, out=out)
        assert len(caught) == 1


def test_folders_and_files_are_not_mixed_up(folders, pair):
    with pytest.raises(UsageError, match=r"is a folder; .* overlap lesions cohort PREDICTIONS"):
        compare_files(*folders, lesions=None, **options())
    with pytest.raises(NotADirectoryError, match=r"is a file; .* use lesions compare"):
        cohort(*pair)
    with pytest.raises(IsADirectoryError, match=r"^lesions.read_image: .* is a folder"):
        read_image(folders[0])


def test_a_region_and_a_label_that_one_image_lacks(pair, capsys):
    write_image(read_image(pair[0]) * 2, pair[0])
    assert compare_files(*pair, lesions=None, **options(labels="1,2")) == 0, "a miss is a score"
    assert compare_files(*pair, lesions=None, **options(labels="core=1+2,edema=3+4")) == 1
    assert "label edema" in capsys.readouterr().err


def test_a_label_that_no_case_has_is_not_scored(folders, tmp_path, capsys):
    two = folders[0] / "case_1.nii.gz"
    image = read_image(two)
    right = image.x > float(image.x.mean())
    write_image(image * (1 + right.astype(int)), two)
    for out in (None, tmp_path / "s.csv", tmp_path / "s.csv"):
        _, skipped = cohort(*folders, labels=[1, 2, 9], out=out)
        assert skipped["detail"].tolist() == ["label 9: no image of either folder has it"]
    assert cohort_files(*folders, out=tmp_path / "t.csv", **options(labels="9")) == 1
    assert cohort_files(*folders, out=tmp_path / "u.csv", **options(labels="2")) == 0


def test_labels():
    assert parse_labels(None) is None
    assert parse_labels("2") == [2]
    assert parse_labels(" 1, 4") == [1, 4]
    assert parse_labels("core=1+4, edema=2") == {"core": (1, 4), "edema": (2,)}


@pytest.mark.parametrize("text", ["core", "1,core=2", "core=1-4", "1;2"])
def test_wrong_labels(text):
    with pytest.raises(ValueError, match="core=1"):
        parse_labels(text)
