from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from domains.lesions import cohort, cohorts, compare, example, read_image, write_image
from domains.lesions.cohorts import COLUMNS


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
        ("not scored", "case_3"),
    ]
    assert skipped["detail"].iloc[0] == "no reference of this name"
    assert scores["case"].tolist() == ["case_0", "case_3"]
    assert scores["error"].tolist()[0] == ""
    assert "case_3.nii.gz" in scores["error"].tolist()[1]
    assert pd.read_csv(out)["error"].notna().tolist() == [False, True]


def test_a_second_run_goes_on(folders, tmp_path, monkeypatch):
    out = tmp_path / "scores.csv"
    first, _ = cohort(*folders, out=out)
    seen = []
    real = cohorts._score
    monkeypatch.setattr(cohorts, "_score", lambda case, *rest: seen.append(case) or real(case, *rest))
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
    with pytest.raises(ValueError, match="other settings"):
        cohort(*folders, out=out, preset="medpy")
    out.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="not a table of scores"):
        cohort(*folders, out=out)


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
