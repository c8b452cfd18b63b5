from __future__ import annotations

import json
import os
import tracemalloc
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from math import inf, nan
from multiprocessing import get_context
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from domains import _console
from domains._batch import Interrupted
from domains._checks import UsageError
from domains._records import as_line, from_line
from domains.lesions import (
    as_image,
    cohort,
    compare,
    read_image,
    summarise,
    write_image,
)
from domains.lesions.cohorts import cohorts, reading
from domains.lesions.cohorts.cohorts import COLUMNS
from domains.lesions.cohorts.saving import records_beside
from domains.lesions.comparing import compare_files
from domains.lesions.run import cohort_files


@pytest.mark.slow
def test_every_case_is_what_compare_says(folders):
    scores, skipped = cohort(*folders)
    assert scores.columns.tolist() == COLUMNS
    assert scores["case"].tolist() == [f"case_{k}" for k in range(4)]
    assert not len(skipped)
    for row in scores.to_dict("records"):
        report = compare(*(read_image(f / f"{row['case']}.nii.gz") for f in folders))
        for name in ("dice", "hd95", "nsd", "size_a", "lesion_pq", "lesions_missed"):
            assert row[name] == pytest.approx(report[name].item(), nan_ok=True)


@pytest.mark.slow
def test_threads_change_nothing(folders):
    plain, _ = cohort(*folders)
    with ThreadPoolExecutor(2) as executor:
        shared, _ = cohort(*folders, executor=executor)
    pd.testing.assert_frame_equal(plain, shared)


@pytest.mark.slow
def test_workers_change_nothing(folders):
    plain, _ = cohort(*folders)
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
    assert skipped["detail"].tolist()[:2] == ["no reference of this name", "no prediction of this name"]
    assert scores["case"].tolist() == ["case_0", "case_1", "case_3"]
    assert scores["error"].tolist()[:2] == ["", "no prediction of this name"]
    assert scores["missing"].tolist() == [0, 1, 0]
    assert "case_3.nii.gz" in scores["error"].tolist()[2]
    assert pd.read_csv(out)["error"].notna().tolist() == [False, True, True]


def count_scored(monkeypatch):
    seen = []
    real = cohorts.score_pair
    monkeypatch.setattr(cohorts, "score_pair", lambda pair: seen.append(pair.case.name) or real(pair))
    return seen


@pytest.mark.slow
def test_a_second_run_goes_on(folders, tmp_path, monkeypatch):
    out = tmp_path / "scores.csv"
    first, _ = cohort(*folders, out=out)
    written = out.read_bytes()
    seen = count_scored(monkeypatch)
    again, _ = cohort(*folders, out=out)
    assert seen == []
    pd.testing.assert_frame_equal(first, again)
    assert out.read_bytes() == written

    records = tmp_path / "scores.csv.records"
    lines = records.read_bytes().splitlines(keepends=True)
    records.write_bytes(b"".join(lines[:-2]) + lines[-2][:10])
    cohort(*folders, out=out)
    assert seen == ["case_3"], "the record that was cut off is made again"
    assert out.read_bytes() == written

    seen.clear()
    write_image(read_image(folders[0] / "case_1.nii.gz") * 0, folders[0] / "case_1.nii.gz")
    changed, _ = cohort(*folders, out=out)
    assert seen == ["case_1"]
    assert changed["dice"].tolist()[1] == 0
    assert pd.read_csv(out)["dice"].tolist() == changed["dice"].tolist()


@pytest.mark.slow
def test_after_any_cut_of_table_and_records_the_table_is_the_same(folders, tmp_path):
    out = tmp_path / "scores.csv"
    records = tmp_path / "scores.csv.records"
    cohort(*folders, out=out)
    written = out.read_bytes()
    kept = records.read_bytes()
    for n in (0, 602, len(written) - 1):
        out.write_bytes(written[:n])
        cohort(*folders, out=out)
        assert out.read_bytes() == written
    # nothing, a part of the first line, and a record of which the marker of its beginning is lost too
    for n in (0, 100, kept.index(b'{"start": "case_2"') + 9):
        records.write_bytes(kept[:n])
        cohort(*folders, out=out)
        assert out.read_bytes() == written
    records.unlink()
    cohort(*folders, out=out)
    assert out.read_bytes() == written, "a table without its records is made anew"


def same_times(folder, model):
    """Give the files of a folder the sizes and times of another's."""
    for path in folder.iterdir():
        state = (model / path.name).stat()
        assert path.stat().st_size == state.st_size
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


@pytest.mark.slow
def test_another_model_of_equal_sizes_and_times_has_its_own_scores(tmp_path):
    reference, first, second = (tmp_path / name for name in ("reference", "first", "second"))
    for folder, filled in ((reference, 4), (first, 4), (second, 2)):
        folder.mkdir()
        mask = np.zeros((6, 6, 6), np.uint8)
        mask[:filled] = 1
        nib.save(nib.Nifti1Image(mask, np.eye(4)), folder / "a.nii")
    same_times(second, first)
    out = tmp_path / "s.csv"
    assert cohort(first, reference, out=out)[0]["dice"].tolist() == [1]
    assert cohort(second, reference, out=out)[0]["dice"].tolist() == [pytest.approx(2 / 3)]
    assert cohort(first, reference, out=out)[0]["dice"].tolist() == [1]
    assert cohort(second, first, out=out)[0]["precision"].tolist() == [1]
    assert cohort(first, second, out=out)[0]["precision"].tolist() == [0.5], "the folders swapped"
    assert cohort(second, second, out=out)[0]["dice"].tolist() == [1], "one folder twice"
    os.replace(second / "a.nii", first / "a.nii")
    assert cohort(first, reference, out=out)[0]["dice"].tolist() == [pytest.approx(2 / 3)], "a file put in its place"


@pytest.mark.slow
def test_an_error_is_tried_again(folders, tmp_path):
    out, bad = tmp_path / "scores.csv", folders[0] / "case_0.nii.gz"
    good = bad.read_bytes()
    bad.write_bytes(b"broken")
    assert (cohort(*folders, out=out)[0]["error"] != "").tolist() == [True, False, False, False]
    bad.write_bytes(good)
    assert (cohort(*folders, out=out)[0]["error"] == "").all()


def other_version(records):
    header, rest = records.read_bytes().split(b"\n", 1)
    made = from_line(header + b"\n")
    records.write_bytes(as_line({**made, "version": "0.0"}) + rest)


@pytest.mark.slow
def test_other_settings_are_refused(folders, tmp_path):
    out = tmp_path / "scores.csv"
    cohort(*folders, out=out)
    written = out.read_bytes()
    with pytest.raises(UsageError, match=r'other settings \(preset "monai", now "medpy"\): move it away'):
        cohort(*folders, out=out, preset="medpy")
    with pytest.raises(UsageError, match=r"settings \(as_ .labels., now .soft.; scale null, now 255; .*\): move it"):
        cohort(*folders, out=out, scale=255)
    assert out.read_bytes() == written
    other_version(tmp_path / "scores.csv.records")
    with pytest.raises(UsageError, match="scores.csv.records was made by another version .version 0.0, this is"):
        cohort(*folders, out=out)
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


def test_whatever_ends_a_case_is_its_row(folders, monkeypatch):
    real = cohorts.score_pair

    def fail(pair):
        if pair.case.name == "case_1":
            raise IndexError("index 3 is out of bounds")
        return real(pair)

    monkeypatch.setattr(cohorts, "score_pair", fail)
    scores, skipped = cohort(*folders)
    assert scores["error"].tolist() == ["", "IndexError: index 3 is out of bounds", "", ""]
    assert skipped[["side", "file", "reason"]].values.tolist() == [["both", "case_1", "not scored"]]


@pytest.mark.slow
def test_a_file_name_that_is_no_text_is_a_row(folders, tmp_path):
    for folder in folders:
        os.rename(folder / "case_0.nii.gz", folder / os.fsdecode(b"caf\xe9.nii.gz"))
    out = tmp_path / "s.csv"
    scores, _ = cohort(*folders, out=out)
    assert scores["case"].tolist() == [r"caf\xe9", "case_1", "case_2", "case_3"]
    assert (scores["error"] == "").all()
    assert pd.read_csv(out)["case"].tolist() == scores["case"].tolist()
    os.unlink(folders[1] / os.fsdecode(b"caf\xe9.nii.gz"))
    _, skipped = cohort(*folders, out=out)
    assert skipped["file"].tolist() == [str(folders[0]) + r"/caf\xe9.nii.gz"]


def test_records_and_table_are_no_inputs(folders, tmp_path):
    image = folders[0] / "case_0.nii.gz"
    content = image.read_bytes()
    with pytest.raises(UsageError, match="not a table of scores"):
        cohort(*folders, out=image)
    with pytest.raises(UsageError, match="this is an input"):
        cohort(*folders, records=image)
    with pytest.raises(UsageError, match="there is no folder"):
        cohort(*folders, out=tmp_path / "none" / "s.csv")
    assert image.read_bytes() == content


def test_records_alone_make_a_run_resumable(folders, tmp_path, monkeypatch):
    first, _ = cohort(*folders, records=tmp_path / "r")
    seen = count_scored(monkeypatch)
    again, _ = cohort(*folders, records=tmp_path / "r")
    assert seen == []
    pd.testing.assert_frame_equal(first, again)


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
    with pytest.raises(ValueError, match="workers must be a whole number >= 1; got 0"):
        cohort(*folders, workers=0)
    scores, _ = cohort(*folders)
    with pytest.raises(ValueError, match="lesions.summarise: level must be a number > 0 and <= 1; got 95"):
        summarise(scores, level=95)


@pytest.mark.slow
def test_an_interrupted_run_writes_what_is_done(folders, tmp_path, monkeypatch):
    real = cohorts.score_pair

    def interrupt(pair):
        if pair.case.name == "case_2":
            raise KeyboardInterrupt
        return real(pair)

    out = tmp_path / "s.csv"
    whole, _ = cohort(*folders, out=tmp_path / "whole.csv")
    monkeypatch.setattr(cohorts, "score_pair", interrupt)
    with pytest.raises(
        Interrupted, match="2 of 4 cases are done and kept in .*s.csv.records: run the same again to go"
    ):
        cohort(*folders, out=out)
    assert pd.read_csv(out)["case"].tolist() == ["case_0", "case_1"]
    with pytest.raises(Interrupted, match="2 of 4 cases are done"):
        cohort_files(*folders, out=out, **options())
    monkeypatch.setattr(cohorts, "score_pair", real)
    pd.testing.assert_frame_equal(cohort(*folders, out=out)[0], whole)
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


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


@pytest.mark.parametrize("name", ["scale", "reference_scale"])
@pytest.mark.parametrize("value", [0.0, -1.0, nan, inf])
def test_a_wrong_scale_is_wrong_use_before_files_are_read(folders, tmp_path, monkeypatch, name, value):
    monkeypatch.setattr(reading, "read_image", lambda *_, **__: pytest.fail("a file was read"))
    pair = [folder / "case_0.nii.gz" for folder in folders]
    with pytest.raises(UsageError, match=f"^lesions.compare: {name} must be a number > 0; got"):
        compare_files(*pair, lesions=None, **options(**{name: value}))
    with pytest.raises(UsageError, match=f"^lesions.cohort: {name} must be a number > 0; got"):
        cohort(*folders, out=tmp_path / "s.csv", **{name: value})
    assert not (tmp_path / "s.csv").exists()


def test_settings_and_labels_are_checked_before_files_are_read(folders, monkeypatch):
    monkeypatch.setattr(reading, "read_image", lambda *_, **__: pytest.fail("a file was read"))
    pair = [folder / "case_0.nii.gz" for folder in folders]
    with pytest.raises(UsageError, match="threshold must be"):
        compare_files(*pair, lesions=None, **options(threshold=50))
    with pytest.raises(UsageError, match=r"^lesions.cohort: labels must be numbers, .* got 1$"):
        cohort(*folders, labels=1)


@pytest.mark.slow
def test_a_cohort_warns_once_of_labels(folders, tmp_path):
    for k in (1, 3):
        path = folders[1] / f"case_{k}.nii.gz"
        write_image(read_image(path) * 255, path)
    wanted = r"^lesions.cohort: 2 of 4 cases, such as case_1: no label .* 1, the reference 255; .*--reference-scale 255"
    for out in (None, tmp_path / "s.csv", tmp_path / "s.csv"):
        with pytest.warns(UserWarning, match=wanted) as caught:
            cohort(*folders, out=out)
        assert len(caught) == 1


@pytest.mark.slow
def test_the_remedy_for_255_is_right_for_all_cases_or_is_not_given(tmp_path):
    masks = {"a": ball(255, np.uint8), "b": ball(255, np.uint8)}
    truth = {"a": ball(1, np.uint8), "b": ball(1, np.uint8)}
    predictions, references = folders_of(tmp_path, masks, truth)
    with pytest.warns(UserWarning, match=r"2 of 2 cases, .* \(--scale 255\)$"):
        cohort(predictions, references)
    assert cohort(predictions, references, scale=255)[0]["dice"].tolist() == [1, 1]
    nib.save(nib.Nifti1Image(ball(1, np.uint8), np.diag([0.5, 0.5, 2.0, 1.0])), predictions / "b.nii.gz")
    with pytest.warns(UserWarning, match=r"1 of 2 cases, .* write 1 into the file: --scale 255 is wrong"):
        cohort(predictions, references)


def test_an_image_that_was_taken_for_its_mask_is_a_row(tmp_path):
    ct = (np.arange(7 * 6 * 5).reshape(7, 6, 5) * 10 - 1024).astype(np.int16)
    truth = {"a": ball(1, np.uint8), "b": ball(1, np.uint8)}
    scores, skipped = cohort(*folders_of(tmp_path, {"a": ct, "b": ball(1, np.uint8)}, truth))
    assert "the prediction holds 210 different whole numbers from -1024 to 1066" in scores["error"].tolist()[0]
    assert scores["dice"].tolist()[1] == 1
    assert skipped["reason"].tolist() == ["not scored"]


def test_folders_and_files_are_not_mixed_up(folders, pair):
    with pytest.raises(UsageError, match=r"is a folder; .* overlap lesions cohort PREDICTIONS"):
        compare_files(*folders, lesions=None, **options())
    with pytest.raises(NotADirectoryError, match=r"is a file; .* use lesions compare"):
        cohort(*pair)
    with pytest.raises(IsADirectoryError, match=r"^lesions.read_image: .* is a folder"):
        read_image(folders[0])


@pytest.mark.slow
def test_a_label_that_no_case_has_is_not_scored(folders, tmp_path, capsys):
    two = folders[0] / "case_1.nii.gz"
    image = read_image(two)
    right = image.x > float(image.x.mean())
    write_image(image * (1 + right.astype(int)), two)
    for out in (tmp_path / "s.csv", tmp_path / "s.csv"):
        _, skipped = cohort(*folders, labels=[1, 2, 9], out=out)
        assert skipped["detail"].tolist() == ["label 9: no image of the cohort has it"]
    assert cohort_files(*folders, out=tmp_path / "t.csv", **options(labels="9")) == 1
    assert cohort_files(*folders, out=tmp_path / "u.csv", **options(labels="2")) == 0, "one of four cases has it"


@pytest.fixture
def with_faults(tmp_path, monkeypatch):
    """The script that makes and scores a cohort in which everything goes wrong, and its images."""
    pytest.importorskip("SimpleITK")
    pytest.importorskip("highdicom")
    monkeypatch.syspath_prepend(Path(__file__).parent)
    monkeypatch.syspath_prepend(Path(__file__).parents[1])
    import cohort_with_faults as script

    script.make(tmp_path, script.LEAST)
    return script


TOLD_OF_PLACES = pytest.mark.filterwarnings("ignore:.*(field of view|where its voxels lie):UserWarning")


@pytest.mark.slow
@TOLD_OF_PLACES
@pytest.mark.skipif(os.name != "posix", reason="needs POSIX: kills processes")
def test_a_cohort_in_which_everything_goes_wrong(with_faults, tmp_path):
    """The long version, also with dask and for every way to score: see the file."""
    from runs_with_faults import Run

    disturbed = tmp_path / "disturbed" / "resampled.csv"
    disturbed.parent.mkdir()
    found = Run(with_faults.__file__, tmp_path, disturbed, "pools").disturbed(with_faults.LEAST, kills=1).splitlines()
    # in this process no case kills
    with_faults.score(tmp_path, tmp_path / "resampled.csv")
    wanted = (tmp_path / "resampled.csv").read_bytes().splitlines()
    killer = 1 + with_faults.KILLER
    assert b"its worker died 3 times" in found.pop(killer)
    assert wanted.pop(killer).endswith(b",0,")
    assert found == wanted


@pytest.mark.slow
@TOLD_OF_PLACES
def test_every_case_of_a_cohort_with_faults_is_scored_or_told(with_faults, tmp_path):
    with pytest.warns(UserWarning, match=r"in 1 of 28 cases a part of the prediction .* most in case_0025"):
        scores, skipped = with_faults.score(tmp_path, tmp_path / "resampled.csv")
    assert scores["case"].tolist() == [with_faults.case_of(k) for k in range(with_faults.LEAST)]
    whole = scores.loc[with_faults.WHOLE]
    assert whole["dice"].tolist() == [1] * with_faults.N, "every format holds the same ball"
    assert len(whole.drop(columns=["case", "group"]).drop_duplicates()) == 1
    damaged = [*with_faults.CUT_OFF, *with_faults.EMPTY, with_faults.NO_REFERENCE]
    errors = scores["error"][scores["error"] != ""]
    assert errors.index.tolist() == damaged
    for k, error in errors.items():
        assert with_faults.case_of(k) in error
        assert "\n" not in error
    assert skipped["reason"].tolist() == ["unreadable file"] * len(damaged)
    assert skipped["detail"].tolist() == errors.tolist()
    assert scores["missing"].to_numpy().nonzero()[0].tolist() == [with_faults.NO_PREDICTION]


@pytest.mark.slow
@TOLD_OF_PLACES
def test_every_file_of_two_folders_with_faults_is_scored_or_told(with_faults, tmp_path):
    scores, skipped = with_faults.score(tmp_path, tmp_path / "folders.csv")
    assert scores["case"].tolist() == [with_faults.case_of(k) for k in range(with_faults.LEAST)]
    pictures = skipped[skipped["reason"] == "other format"]
    told = {Path(file).name for file in pictures["file"]}
    assert told == {path.name for path in (tmp_path / "p").glob("*.tif")}, "their cases have no prediction"
    without = [int(Path(name).stem[-4:]) for name in told]
    missing = scores["missing"].to_numpy().nonzero()[0].tolist()
    assert missing == sorted([*without, with_faults.NO_PREDICTION])
    listed, _ = with_faults.score(tmp_path, tmp_path / "listed.csv")
    others = ~scores.index.isin(missing)
    pd.testing.assert_frame_equal(scores[others].drop(columns="group"), listed[others].drop(columns="group"))


@pytest.mark.slow
def test_a_cohort_holds_one_case_at_a_time(tmp_path):
    """The long version, option by option: benchmarks/cohort_memory.py."""
    mask = np.zeros((64, 64, 64), np.uint8)
    mask[50:54, 50:54, 50:54] = 1
    peaks = {}
    for n in (1, 5):
        images = {f"case_{k}": mask for k in range(n)}
        folder = tmp_path / f"{n}"
        folder.mkdir()
        folders = folders_of(folder, images, images)
        # what is imported and compiled is held for good
        cohort(*folders)
        tracemalloc.start()
        cohort(*folders, out=folder / "scores.csv")
        peaks[n] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[5] < peaks[1] + mask.nbytes / 2


def test_the_table_and_its_records_are_two_files(folders, tmp_path):
    out = tmp_path / "scores.csv"
    with pytest.raises(UsageError, match=r"scores.csv is both out and records"):
        cohort(*folders, out=out, records=tmp_path / "." / "scores.csv")
    assert not out.exists()


def test_a_device_has_no_records_beside_it(folders):
    cohort(*folders, out=os.devnull)
    assert records_beside(Path(os.devnull)) is None
    assert not Path(f"{os.devnull}.records").exists()


def folders_of(tmp_path, predictions, references):
    """Write two folders of images, each given as the values of its cases."""
    sides = []
    for side, images in (("p", predictions), ("r", references)):
        folder = tmp_path / side
        folder.mkdir()
        sides.append(folder)
        for name, values in images.items():
            nib.save(nib.Nifti1Image(values, np.diag([0.5, 0.5, 2.0, 1.0])), folder / f"{name}.nii.gz")
    return sides


def ball(value, dtype=np.float32):
    image = np.zeros((7, 6, 5), dtype)
    image[2:5, 1:4, 1:4] = value
    return image


@pytest.mark.parametrize("options", [{}, {"as_": "soft"}])
def test_soft_masks_are_one_label_whatever_values_a_case_has(tmp_path, options):
    found = {"some": ball(0.6), "sure": ball(1.0), "none": np.full((7, 6, 5), 1e-7, np.float32), "empty": ball(0)}
    truth = {"some": ball(0.6), "sure": ball(1.0), "none": ball(0.6), "empty": ball(0)}
    scores, skipped = cohort(*folders_of(tmp_path, found, truth), **options)
    assert not len(skipped)
    assert scores["case"].tolist() == ["empty", "none", "some", "sure"]
    assert scores["label"].unique().tolist() == ["lesion"]
    dice = [nan, 2 * 27e-7 / (27 * 0.6 + 210e-7), 1, 1]
    np.testing.assert_allclose(scores["dice"], dice, rtol=1e-6)
    np.testing.assert_array_equal(scores["hd95"], [nan, inf, 0, 0])


def test_soft_references_make_whole_predictions_in_floating_point_soft(tmp_path):
    folders = folders_of(tmp_path, {"a": ball(1.0), "b": ball(1.0)}, {"a": ball(0.5), "b": ball(1.0)})
    scores, _ = cohort(*folders)
    assert scores["label"].tolist() == ["lesion", "lesion"]
    np.testing.assert_allclose(scores["dice"], [2 / 3, 1])


def test_a_sure_prediction_of_another_label_than_one_is_not_missed(tmp_path):
    """Its values are 0 and 1 and mean how sure it is, not label 1."""
    truth = ball(2, np.uint8)
    folders = folders_of(tmp_path, {"a": ball(0.5), "b": ball(1.0)}, {"a": truth, "b": truth})
    scores, _ = cohort(*folders)
    assert scores[["case", "label"]].values.tolist() == [["a", "2"], ["b", "2"]]
    np.testing.assert_allclose(scores["dice"], [2 / 3, 1])


def test_a_mixture_of_references_is_an_error_before_the_first_case(tmp_path, monkeypatch):
    images = {"a": ball(0.5), "b": ball(1, np.uint8)}
    folders = folders_of(tmp_path, images, images)
    seen = count_scored(monkeypatch)
    with pytest.raises(UsageError, match=r'r/a.nii.gz is a soft mask and .*r/b.nii.gz a label map: as_="soft"'):
        cohort(*folders)
    assert seen == []
    # what the message says
    scores, _ = cohort(*folders, as_="soft")
    assert scores["label"].tolist() == ["lesion", "lesion"]
    assert scores["dice"].tolist() == [1, 1]


@pytest.mark.slow
def test_a_file_of_another_kind_than_its_cohort_is_a_row_whose_remedy_helps(tmp_path):
    truth = ball(1, np.uint8)
    folders = folders_of(tmp_path, {"a": ball(1, np.uint8), "b": ball(0.5)}, {"a": truth, "b": truth})
    scores, _ = cohort(*folders)
    assert scores["error"].tolist()[0] == ""
    assert 'it is read as labels, and holds fractions from 0 to 0.5: as_="soft"' in scores["error"].tolist()[1]
    again, _ = cohort(*folders, as_="soft", reference_as="labels")
    np.testing.assert_allclose(again["dice"], [1, 2 / 3])
    assert again["label"].tolist() == ["1", "1"]


def test_what_the_images_are_is_in_every_record(tmp_path):
    folders = folders_of(tmp_path, {"a": ball(1.0)}, {"a": ball(0.5)})
    out = tmp_path / "s.csv"
    cohort(*folders, out=out)
    (header, *_) = (tmp_path / "s.csv.records").read_bytes().splitlines(keepends=True)
    settings = from_line(header)["settings"]
    assert (settings["as_"], settings["reference_as"]) == ("soft", "soft")
    nib.save(nib.Nifti1Image(ball(1.0), np.diag([0.5, 0.5, 2.0, 1.0])), folders[1] / "a.nii.gz")
    with pytest.raises(UsageError, match='other settings .as_ "soft", now "labels"; reference_as "soft", now "labels"'):
        cohort(*folders, out=out)
    assert cohort(*folders, out=out, as_="soft")[0]["dice"].tolist() == [1]


@pytest.fixture(scope="module")
def processes():
    """A process for all tests: to begin one takes seconds."""
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        yield executor


@pytest.mark.slow
def test_what_the_images_are_is_decided_alike_wherever_it_runs(tmp_path, processes):
    folders = folders_of(tmp_path, {"a": ball(1.0), "b": ball(1.0)}, {"a": ball(1.0), "b": ball(0.5)})
    plain, _ = cohort(*folders)
    for executor in (processes, ThreadPoolExecutor(2)):
        shared, _ = cohort(*folders, executor=executor)
        pd.testing.assert_frame_equal(plain, shared)


def broken_header(folder, name):
    """Write an image whose sform has a column of zeros, as converters leave it that drop an axis."""
    path = folder / f"{name}.nii"
    nib.save(nib.Nifti1Image(ball(1, np.uint8), np.eye(4)), path)
    written = bytearray(path.read_bytes())
    for row in (280, 296, 312):
        written[row + 8 : row + 12] = bytes(4)
    path.write_bytes(bytes(written))


@pytest.mark.slow  # for the first of them the process begins
@pytest.mark.parametrize("side", ["p", "r"])
def test_a_header_without_a_z_axis_is_a_row_wherever_it_runs(tmp_path, side, processes):
    images = {name: ball(1, np.uint8) for name in "abc"}
    folders = folders_of(tmp_path, images, images)
    (tmp_path / side / "b.nii.gz").unlink()
    broken_header(tmp_path / side, "b")
    out = tmp_path / "s.csv"
    scores, skipped = cohort(*folders, out=out)
    written = out.read_bytes()
    assert scores["dice"].dropna().tolist() == [1, 1]
    (error,) = scores["error"][scores["error"] != ""]
    assert f"{side}/b.nii" in error
    assert skipped["reason"].tolist() == ["unreadable file"]
    cohort(*folders, out=out)
    assert out.read_bytes() == written
    shared = tmp_path / "t.csv"
    cohort(*folders, out=shared, executor=processes)
    assert shared.read_bytes() == written


def patients(tmp_path):
    """Write a cohort of two patients with two scans each; of the last there is no prediction."""
    names = ("anna_1", "anna_2", "bert_1", "bert_2")
    folders = folders_of(tmp_path, {name: ball(1, np.uint8) for name in names[:3]}, {})
    for name in names:
        truth = ball(1, np.uint8)
        truth[4] = 0
        nib.save(nib.Nifti1Image(truth, np.diag([0.5, 0.5, 2.0, 1.0])), folders[1] / f"{name}.nii.gz")
    return folders


@pytest.mark.slow
def test_missing_predictions_are_told_everywhere(tmp_path, capsys):
    folders = patients(tmp_path)
    out = tmp_path / "s.csv"
    assert cohort_files(*folders, out=out, **options()) == 1
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert report["missing"] == ["bert_2"]
    assert {row["n_missing"] for row in report["summary"]} == {1}
    assert [row["reason"] for row in report["skipped"]] == ["unpaired file"]
    assert "unpaired file: " in printed.err
    assert pd.read_csv(out)["missing"].tolist() == [0, 0, 0, 1]
    assert cohort_files(*folders, out=out, **{**options(), "outputs": _console.Outputs()}) == 1
    assert (
        "no prediction: 1 of 4 cases (bert_2), left out; --count-missing, with another --out, counts"
        in capsys.readouterr().out
    )


@pytest.mark.slow
def test_missing_predictions_count_as_missed_on_request(tmp_path, capsys):
    folders = patients(tmp_path)
    out = tmp_path / "s.csv"
    assert cohort_files(*folders, out=out, **options(count_missing=True)) == 0
    report = json.loads(capsys.readouterr().out)
    dice, *_ = report["summary"]
    assert (dice["n_scored"], dice["n_missed"], dice["n_missing"]) == (4, 1, 1)
    assert dice["value"] == pytest.approx(3 / 4 * 2 * 18 / (27 + 18))
    assert report["missing"] == ["bert_2"]
    with pytest.raises(UsageError, match="other settings .count_missing true, now false"):
        cohort(*folders, out=out)
    assert cohort_files(*folders, out=out, **{**options(count_missing=True), "outputs": _console.Outputs()}) == 0
    assert "no prediction: 1 of 4 cases (bert_2), counted as missed" in capsys.readouterr().out
    # a prediction that comes later takes the place of the miss
    write_image(read_image(folders[1] / "bert_2.nii.gz"), folders[0] / "bert_2.nii.gz")
    assert cohort(*folders, out=out, count_missing=True)[0]["dice"].tolist()[3] == 1


@pytest.mark.slow
@pytest.mark.parametrize(("side", "count_missing"), [(0, False), (1, True)])
def test_a_case_that_fails_is_told_everywhere_and_counted_nowhere(tmp_path, capsys, side, count_missing):
    folders = patients(tmp_path)
    broken = folders[side] / "anna_2.nii.gz"
    broken.write_bytes(broken.read_bytes()[:-9])
    out = tmp_path / "s.csv"
    told = tmp_path / "summary.csv"
    outputs = _console.Outputs(format="json", csv=told)
    assert cohort_files(*folders, out=out, **{**options(count_missing=count_missing), "outputs": outputs}) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["missing"], report["failed"]) == (["bert_2"], ["anna_2"])
    assert set(pd.read_csv(told)["n_failed"]) == {1}
    assert set(pd.read_csv(told)["n_missing"]) == {1}
    assert {row["n_scored"] for row in report["summary"]} == {3 if count_missing else 2}
    told.unlink()
    cohort_files(*folders, out=out, **{**options(count_missing=count_missing), "outputs": _console.Outputs()})
    assert "failed: 1 of 4 cases (anna_2), left out of every number" in capsys.readouterr().out


@pytest.mark.slow
def test_a_broken_prediction_that_is_deleted_counts_as_missed(tmp_path):
    folders = patients(tmp_path)
    broken = folders[0] / "anna_2.nii.gz"
    broken.write_bytes(broken.read_bytes()[:-9])
    out = tmp_path / "s.csv"
    before, _ = cohort(*folders, out=out, count_missing=True)
    broken.unlink()
    after, _ = cohort(*folders, out=out, count_missing=True)
    assert {*summarise(before)["n_failed"], *summarise(before)["n_missed"]} == {1}
    assert set(summarise(after)["n_failed"]) == {0}
    assert set(summarise(after)["n_missed"]) == {2}


@pytest.mark.slow
def test_false_alarms_are_told_everywhere(tmp_path, capsys):
    nothing = ball(0, np.uint8)
    both = ball(1, np.uint8)
    both[0, 0, 0] = 2
    predictions = {"found": both, "missed": nothing, "alarm": both, "alarm_of_1": ball(1, np.uint8)}
    references = {"found": both, "missed": both, "alarm": nothing, "alarm_of_1": nothing}
    folders = folders_of(tmp_path, predictions, references)
    told = tmp_path / "summary.csv"
    chosen = options(outputs=_console.Outputs(format="json", csv=told), labels="1,2")
    assert cohort_files(*folders, out=tmp_path / "s.csv", **chosen) == 0
    summary = pd.DataFrame(json.loads(capsys.readouterr().out)["summary"])
    dice = summary[(summary["index"] == "dice") & (summary["statistic"] == "mean")]
    assert dice["n_spurious"].tolist() == [2, 1]
    assert dice["n_missed"].tolist() == [1, 1]
    assert dice["value"].tolist() == pytest.approx([1 / 4, 1 / 3])
    assert pd.read_csv(told)["n_spurious"].tolist() == summary["n_spurious"].tolist()
    told.unlink()
    cohort_files(*folders, out=tmp_path / "s.csv", **options(outputs=_console.Outputs(), labels="1,2"))
    printed = capsys.readouterr().out
    assert "label 1: missed in 1 case, spurious in 2 cases" in printed
    assert "label 2: missed in 1 case, spurious in 1 case" in printed
    assert "where a missed or spurious label counts 0" in " ".join(printed.split())
    assert "to a missed or spurious label they are infinite" in " ".join(printed.split())


@pytest.mark.slow
def test_whole_patients_are_resampled(tmp_path, capsys):
    folders = patients(tmp_path)
    (folders[0] / "bert_1.nii.gz").unlink()
    out = tmp_path / "s.csv"
    assert cohort_files(*folders, out=out, **options(group="(.+)_.*", count_missing=True)) == 0
    summary = json.loads(capsys.readouterr().out)["summary"]
    scores, _ = cohort(*folders, out=out, group="(.+)_.*", count_missing=True)
    assert scores["group"].tolist() == ["anna", "anna", "bert", "bert"]
    by_hand = summarise(scores, groups=["anna", "anna", "bert", "bert"])
    dice = by_hand[by_hand["index"] == "dice"].iloc[0]
    assert (summary[0]["low"], summary[0]["high"]) == (dice["low"], dice["high"]) == (0, 0.8)
    assert (
        cohort_files(
            *folders, out=out, group="(.+)_.*", count_missing=True, **{**options(), "outputs": _console.Outputs()}
        )
        == 0
    )
    assert "intervals resample 2 groups of cases, not the cases" in capsys.readouterr().out


@pytest.mark.slow
def test_one_patient_has_no_interval(tmp_path, capsys):
    folders = patients(tmp_path)
    for name in ("bert_1", "bert_2"):
        (folders[1] / f"{name}.nii.gz").unlink()
    out = tmp_path / "s.csv"
    assert cohort_files(*folders, out=out, **options(group="(.+)_.*")) == 1, "a prediction has no reference"
    dice, *_ = json.loads(capsys.readouterr().out)["summary"]
    assert (dice["value"], dice["low"], dice["high"]) == (pytest.approx(0.8), None, None)
    shown = {**options(group="(.+)_.*"), "outputs": _console.Outputs()}
    cohort_files(*folders, out=out, **shown)
    assert "no intervals: all cases are of one group" in capsys.readouterr().out


@pytest.mark.slow
def test_a_table_of_cases_is_the_cohort(tmp_path):
    folders = patients(tmp_path)
    table = tmp_path / "cases.csv"
    lines = ["prediction,reference,name,group"]
    for name in ("anna_1", "anna_2", "bert_1", "bert_2"):
        lines.append(f"p/{name}.nii.gz,r/{name}.nii.gz,{name},{name.partition('_')[0]}")
    table.write_text("\n".join(lines))
    listed, skipped = cohort(cases=table, as_="labels")
    paired, _ = cohort(*folders, group="(.+)_.*")
    pd.testing.assert_frame_equal(listed, paired)
    assert skipped["detail"].tolist() == ["no prediction of this name"]


def test_cases_and_parts_say_what_images_are(tmp_path):
    folders = patients(tmp_path)
    table = tmp_path / "cases.csv"
    table.write_text("prediction,reference\np/anna_1.nii.gz,r/anna_1.nii.gz\n")
    with pytest.raises(UsageError, match="as_ must be said with cases and part"):
        cohort(cases=table)
    with pytest.raises(UsageError, match="as_ must be said with cases and part"):
        cohort(*folders, part=(1, 2))
    with pytest.raises(UsageError, match=r"two folders, predictions and references, or a table, cases="):
        cohort(*folders, cases=table)
    assert cohort(cases=table, as_="soft")[0]["label"].tolist() == ["lesion"]


@pytest.mark.slow
def test_parts_are_the_cohort(tmp_path):
    folders = patients(tmp_path)
    whole, _ = cohort(*folders, as_="labels")
    parts = [cohort(*folders, as_="labels", part=(k, 3))[0] for k in (1, 2, 3)]
    assert [part["case"].tolist() for part in parts] == [["anna_1", "bert_2"], ["anna_2"], ["bert_1"]]
    joined = pd.concat(parts).sort_values("case", ignore_index=True)
    pd.testing.assert_frame_equal(joined, whole)
    with pytest.raises(UsageError, match="part must be a whole number from 1 to 3; got 4"):
        cohort(*folders, as_="labels", part=(4, 3))


@pytest.mark.slow
def test_arrays_and_pictures_take_the_place_of_the_other_side(tmp_path):
    """In a cohort, on either side; what both sides lack is said by the option that the message names."""
    tifffile = pytest.importorskip("tifffile")
    mask = np.zeros((4, 6, 5), np.uint8)
    mask[1:3, 2:5, 1:4] = 1
    image = as_image(mask.transpose(2, 1, 0), (0.5, 0.75, 3.0)).assign_attrs(orientation="RAS")
    folders = {name: tmp_path / name for name in ("nifti", "arrays", "pictures")}
    for folder in folders.values():
        folder.mkdir()
    write_image(image, folders["nifti"] / "a.nii.gz")
    np.save(folders["arrays"] / "a.npy", mask)
    tifffile.imwrite(folders["pictures"] / "a.tif", mask, photometric="minisblack")
    for predicted, reference in (
        ("nifti", "arrays"),
        ("arrays", "nifti"),
        ("pictures", "nifti"),
        ("nifti", "pictures"),
    ):
        side = "prediction" if reference == "nifti" else "reference"
        axes = "zyx" if "arrays" in (predicted, reference) else None
        with pytest.warns(UserWarning, match=f"in 1 of 1 cases, such as a, the file of the {side} does not say"):
            scores, _ = cohort(folders[predicted], folders[reference], axes=axes)
        assert scores.error.tolist() == [""]
        assert scores.dice.tolist() == [1]
        assert scores.size_b.tolist() == [18 * 0.5 * 0.75 * 3]
    failed, _ = cohort(folders["pictures"], folders["arrays"], axes="zyx")
    assert "spacing=(X, Y, Z) in mm (--spacing X,Y,Z)" in failed.error[0]
    scores, _ = cohort(folders["pictures"], folders["arrays"], axes="zyx", spacing=(0.5, 0.75, 3.0))
    assert scores.size_a.tolist() == [18 * 0.5 * 0.75 * 3]


def test_folders_of_slices_are_scored_and_scored_again_when_a_slice_changes(tmp_path):
    from PIL import Image

    slices = np.zeros((3, 6, 5), np.uint8)
    slices[1, 2:4, 1:4] = 1
    for side in ("p", "r"):
        folder = tmp_path / side / "case"
        folder.mkdir(parents=True)
        for k, values in enumerate(slices):
            Image.fromarray(values).save(folder / f"{k}.png")
    out = tmp_path / "scores.csv"
    scores, _ = cohort(tmp_path / "p", tmp_path / "r", out=out, spacing=(0.5, 0.5, 2))
    assert scores.dice.tolist() == [1]
    slices[1, 2:4, 1] = 0
    Image.fromarray(slices[1]).save(tmp_path / "p" / "case" / "1.png")
    scores, _ = cohort(tmp_path / "p", tmp_path / "r", out=out, spacing=(0.5, 0.5, 2))
    assert scores.dice.tolist() == [2 * 4 / 10]


@pytest.mark.slow
def test_what_lies_outside_the_reference_s_field_is_told_everywhere(tmp_path, monkeypatch, capsys):
    """A false positive above the reference's field of view, and a reference of which half has no prediction."""
    # of the page it is its notes that matter
    monkeypatch.setattr("domains.lesions.pictures.cohort_pages._distributions", lambda *_: [])
    monkeypatch.setattr("domains.lesions.pictures.cohort_pages.overlay", lambda *_: "")
    small = np.zeros((6, 6, 4), np.uint8)
    small[1:3, 1:3, 1:3] = 1
    deep = np.zeros((6, 6, 8), np.uint8)
    deep[:, :, :4] = small
    deep[2:5, 2:5, 5:7] = 1
    only_low = deep.copy()
    only_low[:, :, 4:] = 0
    folders = [tmp_path / side for side in ("prediction", "reference")]
    images = {"cut": (deep, small), "padded": (small, only_low), "same": (small, small)}
    for side, folder in enumerate(folders):
        folder.mkdir()
        for name, pair in images.items():
            nib.save(nib.Nifti1Image(pair[side], np.diag([1.0, 1.0, 2.0, 1.0])), folder / f"{name}.nii.gz")
    out = tmp_path / "s.csv"
    page = tmp_path / "s.html"
    outputs = _console.Outputs(format="json", html=page)
    assert cohort_files(*folders, out=out, **{**options(resample="nearest"), "outputs": outputs}) == 0
    printed = capsys.readouterr()
    (note,) = json.loads(printed.out)["warnings"]
    assert "in 1 of 3 cases a part of the prediction lies outside" in note
    assert "most in cut (column left_out: 36)" in note
    assert "most in padded (column padded: 50 %)" in note
    assert "column left_out: 36" in printed.err
    assert "column left_out: 36" in page.read_text()
    table = pd.read_csv(out)
    assert table["left_out"].tolist() == [36, 0, 0]
    assert table["padded"].tolist() == [0, 0.5, 0]
