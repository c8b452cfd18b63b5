from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from domains.lesions.cohorts.folders import case_name, pair_images
from domains.lesions.cohorts.naming import Names


def test_case_names():
    assert [case_name(x) for x in ("a/b.c.nii.gz", "b.nii", "B.NII.GZ", "x.txt")] == ["b.c", "b", "B", "x.txt"]


def folder_of(path, *names):
    path.mkdir()
    for name in names:
        (path / name).parent.mkdir(exist_ok=True, parents=True)
        (path / name).write_bytes(b"")
    return path


def names_of(cases):
    return [(case.name, case.predicted and case.predicted.name, case.reference.name) for case in cases]


def test_images_are_paired_by_name(tmp_path):
    predicted = folder_of(tmp_path / "p", "b.nii", "a.nii.gz", "only.nii", "notes.txt")
    reference = folder_of(tmp_path / "r", "a.nii", "b.nii", "more.nii.gz")
    cases, rows = pair_images(predicted, reference)
    assert names_of(cases) == [
        ("a", "a.nii.gz", "a.nii"),
        ("b", "b.nii", "b.nii"),
        ("more", None, "more.nii.gz"),
    ], "in the order of their names, whatever the ending"
    assert [(row["side"], row["file"], row["reason"], row["detail"]) for row in rows] == [
        ("prediction", str(predicted / "only.nii"), "unpaired file", "no reference of this name"),
    ]


@pytest.mark.parametrize("other", ["a.nii", "a.NII.GZ", "a.NII"])
def test_two_files_of_one_case_are_both_named(tmp_path, other):
    predictions = folder_of(tmp_path / "p", "a.nii.gz", other)
    with pytest.raises(ValueError, match="are the same case: keep one of them") as error:
        pair_images(predictions, folder_of(tmp_path / "r", "a.nii"))
    assert str(predictions / "a.nii.gz") in str(error.value)
    assert str(predictions / other) in str(error.value)
    (predictions / other).unlink()
    assert names_of(pair_images(predictions, tmp_path / "r")[0]) == [("a", "a.nii.gz", "a.nii")]


@pytest.mark.parametrize(
    "ending", [".hdr", ".img", ".mgh", ".mgz", ".mnc", ".ima", ".jpg", ".jpeg", ".bmp", ".BMP", ".h5", ".zarr"]
)
def test_an_image_of_another_format_is_told(tmp_path, ending):
    predictions = folder_of(tmp_path / "p", "a.nii", f"b{ending}")
    _, rows = pair_images(predictions, folder_of(tmp_path / "r", "a.nii"))
    assert [(row["file"], row["reason"]) for row in rows] == [(str(predictions / f"b{ending}"), "unreadable file")]


@pytest.mark.parametrize("content", [b"\0\x05\x16\x07\0\x02\0\0Mac OS X", b"", b"anything"])
def test_what_macos_writes_beside_an_image_is_no_case(tmp_path, content):
    predictions = folder_of(tmp_path / "p", "a.nii.gz")
    references = folder_of(tmp_path / "r", "a.nii.gz", "._.DS_Store")
    for folder in (predictions, references):
        (folder / "._a.nii.gz").write_bytes(content)
    cases, rows = pair_images(predictions, references)
    assert [case.name for case in cases] == ["a"]
    assert [(row["side"], row["reason"]) for row in rows] == [("prediction", "no image"), ("reference", "no image")]
    assert rows[0]["file"] == str(predictions / "._a.nii.gz")


def test_names_that_are_no_text_are_paired(tmp_path):
    name = os.fsdecode(b"caf\xe9.nii")
    cases, _ = pair_images(folder_of(tmp_path / "p", name), folder_of(tmp_path / "r", name, "only\x07.nii"))
    assert [case.name for case in cases] == [r"caf\xe9", r"only\x07"]
    assert cases[0].predicted == tmp_path / "p" / name


@pytest.mark.parametrize(
    ("predicted", "reference", "name"),
    [
        ("BraTS-GLI-00001-000", "BraTS-GLI-00001-000-seg", "BraTS-GLI-00001-000"),
        ("BraTS20_Training_001_seg", "BraTS20_Training_001", "BraTS20_Training_001"),
        ("liver_01_0000", "liver_01", "liver_01"),
        ("x-seg", "x_0000", "x"),
        ("same-seg", "same-seg", "same-seg"),
    ],
)
def test_names_of_challenges_are_paired(tmp_path, predicted, reference, name):
    predictions = folder_of(tmp_path / "p", f"{predicted}.nii.gz")
    references = folder_of(tmp_path / "r", f"{reference}.nii.gz", "other-seg.nii.gz")
    cases, rows = pair_images(predictions, references)
    assert {case.name: case.predicted for case in cases} == {name: predictions / f"{predicted}.nii.gz", "other": None}
    assert rows == []


def test_a_role_is_part_of_the_name_where_two_files_would_be_one_case(tmp_path):
    predictions = folder_of(tmp_path / "p", "a.nii")
    cases, _ = pair_images(predictions, folder_of(tmp_path / "r", "a.nii", "a-seg.nii"))
    assert names_of(cases) == [("a", "a.nii", "a.nii"), ("a-seg", None, "a-seg.nii")]


def test_a_pattern_says_what_of_a_name_is_the_case(tmp_path):
    predictions = folder_of(tmp_path / "p", "sub-01_ses-2_pred.nii.gz", "sub-02_ses-1_pred.nii.gz", "mean.nii.gz")
    references = folder_of(tmp_path / "r", "01_2.nii", "02_1.nii")
    cases, rows = pair_images(predictions, references, Names(r"sub-(\d+)_ses-(\d+)_pred"), Names("(.+)"))
    assert names_of(cases) == [
        ("01_2", "sub-01_ses-2_pred.nii.gz", "01_2.nii"),
        ("02_1", "sub-02_ses-1_pred.nii.gz", "02_1.nii"),
    ]
    assert [(row["file"], row["reason"]) for row in rows] == [(str(predictions / "mean.nii.gz"), "other name")]


def test_a_pattern_with_a_slash_looks_into_subfolders(tmp_path):
    predictions = folder_of(tmp_path / "p", "BraTS-1.nii.gz")
    references = folder_of(tmp_path / "r", "BraTS-1/BraTS-1-seg.nii.gz", "BraTS-1/BraTS-1-t1c.nii.gz")
    with pytest.raises(ValueError, match=r"r no images: names='\(.\+\)', reference_names='.\+/\(.\+\)-seg'"):
        pair_images(predictions, references)
    cases, rows = pair_images(predictions, references, Names("(.+)"), Names("BraTS-1/(.+)-seg"))
    assert names_of(cases) == [("BraTS-1", "BraTS-1.nii.gz", "BraTS-1-seg.nii.gz")]
    assert [row["reason"] for row in rows] == ["other name"]
    with pytest.raises(ValueError, match="are the same case"):
        pair_images(predictions, references, Names("(.+)"), Names("(.+)/.+"))


BRATS = ("BraTS-GLI-00001-000", "BraTS-GLI-00002-000")
PARTS = ("seg", "t1c", "t1n", "t2f", "t2w")


@pytest.mark.parametrize(
    ("predicted", "reference"),
    [
        ("{}/{}-seg", "{}/{}-{part}"),
        ("{}-seg", "{}/{}-{part}"),
        ("{}", "{}/{}_{part}"),
        ("{}_pred", "{}"),
        ("{}_pred", "{}_gt"),
        ("{}_0000", "{}/{}-{part}"),
        ("{}/{}_0000", "{}_seg"),
        ("model/{}_0000", "{}-seg"),
        ("{}/prediction", "{}/{part}"),
        ("{}/prediction", "{}/{}-{part}"),
        ("fold 0/{}.out", "{}"),
    ],
)
def test_the_patterns_of_the_error_pair_all_cases(tmp_path, predicted, reference):
    folders = []
    for side, form in (("p", predicted), ("r", reference)):
        parts = PARTS if "part" in form else ("seg",)
        files = [f"{form.replace('{}', name).format(part=part)}.nii.gz" for name in BRATS for part in parts]
        folders.append(folder_of(tmp_path / side, *files))
    with pytest.raises(
        ValueError, match=r"no image has the same name in both folders.* says? what of the names is"
    ) as error:
        pair_images(*folders)
    flags = shlex.split(re.search(r"\((--names .*)\) says?", str(error.value)).group(1))
    said = dict(zip(flags[::2], flags[1::2], strict=True))
    names = Names(said["--names"])
    cases, _ = pair_images(*folders, names, Names(said.get("--reference-names", said["--names"])))
    assert [case.name for case in cases] == list(BRATS)
    if "part" in reference:
        assert all("seg" in case.reference.name for case in cases)


def test_names_that_no_pattern_pairs(tmp_path):
    predictions = folder_of(tmp_path / "p", "one.nii")
    references = folder_of(tmp_path / "r", "two.nii")
    with pytest.raises(ValueError, match=r"or name the pairs in a table, cases= \(--cases\)$"):
        pair_images(predictions, references)


def test_images_of_other_formats_are_told(tmp_path):
    predictions = folder_of(tmp_path / "p", "a.nii.gz", "a.mgz", "b.MGZ", "dataset.json", "notes.txt")
    references = folder_of(tmp_path / "r", "a.nii.gz", "b.nii.gz")
    cases, rows = pair_images(predictions, references)
    assert [(case.name, case.predicted is None) for case in cases] == [("a", False), ("b", True)]
    assert [(row["file"], row["reason"]) for row in rows] == [
        (str(predictions / "a.mgz"), "other format"),
        (str(predictions / "b.MGZ"), "unreadable file"),
    ]
    assert rows[1]["detail"].endswith(": convert it")


def test_a_folder_of_other_formats_says_what_is_read(tmp_path):
    predictions = folder_of(tmp_path / "p", "a.mgz")
    with pytest.raises(ValueError, match=r"no images but .*p/a.mgz …, where .* read from .nii.gz, .*convert it"):
        pair_images(predictions, folder_of(tmp_path / "r", "a.nii.gz"))


@pytest.mark.parametrize(("shares", "read", "told"), [(False, "a.nii.gz", "a.npz"), (True, "a.npz", "a.nii.gz")])
def test_the_probabilities_of_nnunet_beside_its_segmentation(tmp_path, shares, read, told):
    predictions = tmp_path / "p"
    references = tmp_path / "r"
    for folder in (predictions, references):
        folder.mkdir()
        (folder / "a.nii.gz").touch()
    for name in ("a.npz", "a.pkl", "dataset.json", "plans.json"):
        (predictions / name).touch()
    cases, rows = pair_images(predictions, references, shares=shares)
    assert [case.predicted.name for case in cases] == [read]
    assert [(Path(row["file"]).name, row["reason"]) for row in rows] == [(told, "other format")]
    assert rows[0]["detail"] == f"{read} beside it is read"


def test_two_images_that_both_say_where_they_lie_are_one_too_many(tmp_path):
    for name in ("a.nii.gz", "a.mha"):
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match="are the same case: keep one of them"):
        pair_images(tmp_path, tmp_path)


def test_a_figure_among_the_references_is_no_case(tmp_path):
    for name in ("a.nii.gz", "figure_1.png", "overview.tif"):
        (tmp_path / name).touch()
    cases, rows = pair_images(tmp_path, tmp_path)
    assert [case.name for case in cases] == ["a"]
    assert {row["detail"] for row in rows} == {"a picture among images of other formats"}
    assert len(rows) == 4


def test_folders_of_slices_are_cases(tmp_path):
    for side in ("p", "r"):
        for case in ("case_1", "case_2"):
            (tmp_path / side / case).mkdir(parents=True)
            for k in range(3):
                (tmp_path / side / case / f"{k}.png").touch()
    cases, rows = pair_images(tmp_path / "p", tmp_path / "r")
    assert [(case.name, case.predicted) for case in cases] == [
        ("case_1", tmp_path / "p" / "case_1"),
        ("case_2", tmp_path / "p" / "case_2"),
    ]
    assert rows == []


def test_folders_without_images_are_named(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "calls.txt").write_text("no image")
    with pytest.raises(ValueError, match="no images: say the folder that holds images in place of .*a and .*b"):
        pair_images(tmp_path / "a", tmp_path / "b")
