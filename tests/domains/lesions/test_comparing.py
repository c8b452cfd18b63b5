from __future__ import annotations

import json

import nibabel as nib
import numpy as np
import pytest

from domains import _console
from domains._checks import UsageError
from domains.lesions import read_image, write_image
from domains.lesions.comparing import Below, compare_files


def outputs(**options):
    return _console.Outputs(format="json", **options)


def options(**more):
    none = dict.fromkeys(["scale", "reference_scale", "labels"])
    return {**none, "outputs": outputs(), **more}


@pytest.fixture
def pair(folders):
    return [folder / "case_0.nii.gz" for folder in folders]


def test_a_case_may_lack_a_label(pair, capsys):
    code = compare_files(*pair, lesions=None, **options(labels="1,9"))
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert code == 0
    assert report["dice"]["1"] == pytest.approx(0.4819, abs=1e-4), "the other label is scored"
    assert report["dice"]["9"] is None
    assert report["skipped"] == []
    (warning,) = report["warnings"]
    assert warning == "lesions.compare: label 9: neither image has it; the prediction holds 1, the reference 1"
    assert f"warning: {warning}" in printed.err
    assert compare_files(*pair, lesions=None, **options(labels="1")) == 0


def test_two_empty_images_are_the_same_with_and_without_labels(tmp_path, capsys):
    """A case without enhancing tumour, scored region by region: what both sides lack is worth what `empty` says."""
    nib.save(nib.Nifti1Image(np.zeros((5, 5, 4), np.uint8), np.eye(4)), tmp_path / "a.nii.gz")
    pair = [tmp_path / "a.nii.gz"] * 2
    for labels in (None, "1", "tumour=1+4"):
        assert compare_files(*pair, **options(labels=labels, empty=1.0)) == 0
        report = json.loads(capsys.readouterr().out)
        assert list(report["dice"].values()) == [1.0]
        assert len(report["warnings"]) == (labels is not None)


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


def test_a_region_and_a_label_that_one_image_lacks(pair, capsys):
    write_image(read_image(pair[0]) * 2, pair[0])
    assert compare_files(*pair, lesions=None, **options(labels="1,2")) == 0, "a miss is a score"
    assert compare_files(*pair, lesions=None, **options(labels="core=1+2,edema=3+4")) == 0, (
        "so is nothing on both sides"
    )
    assert "label edema" in capsys.readouterr().err


def test_two_images_are_a_cohort_of_one(tmp_path, capsys):
    pair = []
    for value in (1.0, 0.5):
        mask = np.zeros((7, 6, 5), np.float32)
        mask[2:5, 2:4, 1:4] = value
        pair.append(tmp_path / f"{value}.nii.gz")
        nib.save(nib.Nifti1Image(mask, np.eye(4)), pair[-1])
    assert compare_files(*pair, lesions=None, **options()) == 0
    assert json.loads(capsys.readouterr().out)["dice"] == {"lesion": pytest.approx(2 / 3)}
    with pytest.raises(ValueError, match="it is read as labels, and holds fractions"):
        compare_files(*pair, lesions=None, **options(as_="labels"))
    assert compare_files(*pair, lesions=None, **options(as_="labels", reference_as="soft")) == 0
    assert json.loads(capsys.readouterr().out)["dice"] == {"1": pytest.approx(2 / 3)}


def test_an_image_below_the_masks_is_looked_for_before_the_work_and_read_when_it_is_drawn(pair, tmp_path):
    with pytest.raises(UsageError, match=r"^--image .*none.nii: no such file$"):
        compare_files(*pair, **options(image=tmp_path / "none.nii"))
    (tmp_path / "notes.nii").write_text("notes")
    assert compare_files(*pair, **options(image=tmp_path / "notes.nii")) == 0
    below = Below(pair[0], "lung")
    assert below.keywords["image"].sizes == read_image(pair[0]).sizes
    assert below.keywords is below.keywords, "read once"
    assert Below(None, None).keywords == {"image": None, "window": None}
