from __future__ import annotations

import json

import nibabel as nib
import numpy as np
import pytest

from domains import lesions
from domains._checks import UsageError
from domains._running import Running
from domains.lesions import Settings
from domains.lesions.cohorts.gathering import gather
from domains.lesions.cohorts.listing import Choice
from domains.lesions.cohorts.sources import AS_FILES_SAY, Reading


def gathered(*folders, labels=None, reading=AS_FILES_SAY, part=None, **choice):
    return gather(*folders, Choice(**choice), reading, labels, Settings(), Running(), part=part)


def test_what_images_are_is_decided_before_the_first_case(folders):
    found = gathered(*folders)
    assert list(found.pairs) == [f"case_{k}" for k in range(4)]
    assert (found.rules.reading.as_, found.rules.reading.reference_as) == ("labels", "labels")
    assert [case.name for case in found.cases] == list(found.pairs)
    assert found.name == f"{folders[0]}, {folders[1]}"
    assert found.not_counted == []


def test_a_part_decides_nothing(folders):
    with pytest.raises(UsageError, match=r"^lesions.cohort: as_ must be said with cases and part"):
        gathered(*folders, part=(1, 2))
    found = gathered(*folders, part=(2, 2), reading=Reading(as_="labels"))
    assert list(found.pairs) == ["case_1", "case_3"]


def test_nnunet_s_description_names_the_regions_unless_labels_are_asked_for(folders):
    description = {"labels": {"whole": [1, 2], "core": 2, "ignore": 3}, "regions_class_order": [1, 2]}
    (folders[1] / "dataset.json").write_text(json.dumps(description))
    found = gathered(*folders)
    assert found.rules.labels == {"whole": (1, 2), "core": (2,)}
    assert found.rules.ignored == 3
    assert found.not_counted[0]["reason"] == "ignored label"
    assert gathered(*folders, labels=[1]).rules.labels == [1]


def write(folder, name, values):
    folder.mkdir(exist_ok=True)
    nib.save(nib.Nifti1Image(values, np.diag([1.0, 1.0, 2.0, 1.0])), folder / f"{name}.nii.gz")


def soft_beside_maps(tmp_path, labels):
    """Write probability maps of one block each, and label maps of the block, or of nothing."""
    block = np.zeros((6, 5, 4), np.uint8)
    block[2:4, 1:4, 1:3] = 1
    for k, label in enumerate(labels):
        write(tmp_path / "p", f"c{k}", block * np.float32(0.8))
        write(tmp_path / "r", f"c{k}", block * np.uint8(label))
    return tmp_path / "p", tmp_path / "r"


@pytest.mark.slow
def test_a_mask_stands_for_the_only_label_of_all_maps(tmp_path):
    """A healthy case does not decide that its false alarm is another label."""
    folders = soft_beside_maps(tmp_path, [2, 0, 2])
    assert gathered(*folders).rules.labels_of_maps == (2,)
    said = Reading(as_="soft", reference_as="labels")
    assert gathered(*folders, part=(2, 3), reading=said).rules.labels_of_maps == (2,)
    scores, _ = lesions.cohort(*folders)
    assert scores["label"].tolist() == ["2", "2", "2"]
    assert scores["dice"].round(6).tolist() == [round(1.6 / 1.8, 6), 0, round(1.6 / 1.8, 6)]
    assert scores["lesions_spurious"].tolist() == [0, 1, 0]
    by_rule = lesions.cohort_protocols(*folders, protocols=["brats2023_met"]).scores
    assert by_rule["label"].unique().tolist() == ["2"]
    assert by_rule["value"].tolist()[1] == 0
    assert lesions.cohort_calibration(*folders).scores["label"].tolist() == ["2", "2", "2"]


@pytest.mark.slow
def test_a_mask_beside_maps_of_several_labels_is_said_to_be_one(tmp_path):
    folders = soft_beside_maps(tmp_path, [1, 2])
    scores, skipped = lesions.cohort(*folders)
    assert scores["dice"].isna().all()
    assert "the prediction is one mask, and 2 labels are compared: say which it stands for" in skipped["detail"][0]
    scores, _ = lesions.cohort(*folders, labels=[1])
    assert scores["dice"].round(6).tolist() == [round(1.6 / 1.8, 6), 0]
    whole, _ = lesions.cohort(*folders, labels={"any": (1, 2)})
    assert whole["dice"].round(6).tolist() == [round(1.6 / 1.8, 6)] * 2


@pytest.mark.filterwarnings("ignore:lesions.cohort. in 1 of . cases, such as b, the file of the reference does not say")
def test_a_missing_prediction_is_told_though_the_reference_has_no_place(tmp_path):
    """Dice needs no size of voxels, but volumes do: with it the case counts as missed."""
    block = np.zeros((4, 5, 6), np.uint8)
    block[1:3, 1:4, 2:4] = 1
    for name in ("a", "b"):
        write(tmp_path / "p", name, block.T)
        (tmp_path / "r").mkdir(exist_ok=True)
        np.save(tmp_path / "r" / f"{name}.npy", block)
    (tmp_path / "p" / "a.nii.gz").unlink()
    options = {"axes": "zyx", "count_missing": True}
    scores, _ = lesions.cohort(tmp_path / "p", tmp_path / "r", **options)
    assert scores["missing"].tolist() == [1, 0]
    assert scores["error"][0].startswith("no prediction of this name, and of the reference: ")
    assert "spacing" in scores["error"][0]
    counted, _ = lesions.cohort(tmp_path / "p", tmp_path / "r", spacing=(1, 1, 2), **options)
    assert counted["missing"].tolist() == [1, 0]
    assert counted["dice"].tolist() == [0, 1]
