from __future__ import annotations

import os

import pytest

from domains.lesions.folders import case_name, pair_images


def test_case_names():
    assert [case_name(x) for x in ("a/b.c.nii.gz", "b.nii", "B.NII.GZ", "x.txt")] == ["b.c", "b", "B", "x.txt"]


def test_images_are_paired_by_name(tmp_path):
    predicted, reference = tmp_path / "p", tmp_path / "r"
    for folder, names in ((predicted, ("b.nii", "a.nii.gz", "only.nii", "notes.txt")), (reference, ("a.nii", "b.nii"))):
        folder.mkdir()
        for name in names:
            (folder / name).write_bytes(b"")
    (reference / "more.nii.gz").write_bytes(b"")
    pairs, alone = pair_images(predicted, reference)
    assert list(pairs) == ["a", "b"], "in the order of their names, whatever the ending"
    assert pairs["a"] == (predicted / "a.nii.gz", reference / "a.nii")
    assert [(row["side"], row["file"], row["detail"]) for row in alone] == [
        ("prediction", str(predicted / "only.nii"), "no reference of this name"),
        ("reference", str(reference / "more.nii.gz"), "no prediction of this name"),
    ]
    assert {row["reason"] for row in alone} == {"unpaired file"}


def folder_of(path, *names):
    path.mkdir()
    for name in names:
        (path / name).write_bytes(b"")
    return path


@pytest.mark.parametrize("other", ["a.nii", "a.NII.GZ", "a.NII"])
def test_two_files_of_one_case_are_both_named(tmp_path, other):
    predictions = folder_of(tmp_path / "p", "a.nii.gz", other)
    with pytest.raises(ValueError, match="are the same case: keep one of them") as error:
        pair_images(predictions, folder_of(tmp_path / "r", "a.nii"))
    assert str(predictions / "a.nii.gz") in str(error.value)
    assert str(predictions / other) in str(error.value)
    (predictions / other).unlink()
    assert list(pair_images(predictions, tmp_path / "r")[0]) == ["a"]


def test_what_macos_writes_beside_an_image_is_no_case(tmp_path):
    predictions = folder_of(tmp_path / "p", "a.nii", "._b.nii")
    (predictions / "._a.nii").write_bytes(b"\0\x05\x16\x07\0\x02\0\0Mac OS X")
    pairs, aside = pair_images(predictions, folder_of(tmp_path / "r", "a.nii", "._b.nii"))
    assert list(pairs) == ["._b", "a"], "by its content, whatever its name"
    (row,) = aside
    assert (row["side"], row["file"], row["reason"]) == ("prediction", str(predictions / "._a.nii"), "no image")


def test_names_that_are_no_text_are_paired(tmp_path):
    name = os.fsdecode(b"caf\xe9.nii")
    pairs, _ = pair_images(folder_of(tmp_path / "p", name), folder_of(tmp_path / "r", name, "only\x07.nii"))
    assert pairs == {r"caf\xe9": (tmp_path / "p" / name, tmp_path / "r" / name)}
