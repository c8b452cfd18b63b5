"""Folders as nnU-Net leaves them, scored as they are."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from domains._console import Outputs
from domains._files import ReadError
from domains.lesions import cohort, compare, read_image
from domains.lesions.comparing import compare_files
from domains.lesions.images.nnunet import ignored_label, regions_of, segmentation_beside

AFFINE = np.array([[-0.5, 0, 0, 10], [0, 0, 3.0, -20], [0, -0.75, 0, 30], [0, 0, 0, 1.0]])
"""The axes of the file are left, down and front: none is one of ours."""

SHAPE = (9, 8, 7)


class Trap:
    """An object that a pickle would call."""

    def __reduce__(self):
        return pytest.fail, ("the pickle was opened",)


def shares_of(labels, n_classes, seed=0):
    """Return probabilities along x, y, z and class whose largest class is the label."""
    noise = np.random.default_rng(seed).random((*labels.shape, n_classes))
    one_hot = np.eye(n_classes)[labels]
    shares = 0.3 * noise / noise.sum(axis=-1, keepdims=True) + 0.7 * one_hot
    return shares.astype(np.float32)


def save_case(folder, name, labels, shares=None, key="probabilities"):
    """Write a segmentation, and beside it the probabilities (class, z, y, x) and the pickle that nnU-Net makes."""
    folder.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(labels.astype(np.uint8), AFFINE), folder / f"{name}.nii.gz")
    if shares is None:
        return
    np.savez_compressed(folder / f"{name}.npz", **{key: shares.transpose(3, 2, 1, 0)})
    with (folder / f"{name}.pkl").open("wb") as file:
        pickle.dump(Trap(), file)


def describe(folder, labels, **more):
    (folder / "dataset.json").write_text(json.dumps({"labels": labels, "file_ending": ".nii.gz", **more}))


@pytest.fixture
def labels():
    return np.random.default_rng(1).integers(0, 3, SHAPE)


@pytest.mark.parametrize("key", ["probabilities", "softmax"])
def test_probabilities_lie_where_the_segmentation_beside_them_does(tmp_path, labels, key):
    shares = shares_of(labels, 3)
    save_case(tmp_path, "case", labels, shares, key)
    image = read_image(tmp_path / "case.npz")
    segmentation = read_image(tmp_path / "case.nii.gz")
    assert image.label.values.tolist() == [1, 2]
    assert image.attrs["orientation"] == segmentation.attrs["orientation"] == "LIA"
    background = 1 - image.sum("label")
    winner = np.concatenate([background.values[..., None], image.values], axis=-1).argmax(axis=-1)
    np.testing.assert_array_equal(winner, segmentation)


def test_without_a_segmentation_the_place_is_the_reference_s(tmp_path, labels):
    save_case(tmp_path / "r", "case", labels)
    save_case(tmp_path / "p", "case", labels, shares_of(labels, 3))
    (tmp_path / "p" / "case.nii.gz").unlink()
    reference = read_image(tmp_path / "r" / "case.nii.gz")
    image = read_image(tmp_path / "p" / "case.npz", like=reference)
    report = compare(image, reference)
    assert (report.dice_hard == 1).all()
    with pytest.raises(ReadError, match="does not say where its voxels lie"):
        read_image(tmp_path / "p" / "case.npz")


@pytest.mark.parametrize(("as_", "kind"), [(None, "hard"), ("soft", "soft")])
def test_a_folder_of_predictions_as_it_is(tmp_path, labels, as_, kind):
    """Segmentations are scored, or the probabilities beside them if soft masks are asked for."""
    describe((tmp_path / "p").mkdir() or tmp_path / "p", {"background": 0, "core": 1, "edema": 2})
    shares = shares_of(labels, 3)
    save_case(tmp_path / "p", "case_001", labels, shares)
    save_case(tmp_path / "labelsTr", "case_001", labels)
    scores, skipped = cohort(tmp_path / "p", tmp_path / "labelsTr", as_=as_, reference_as="labels" if as_ else None)
    assert scores.error.tolist() == ["", ""]
    assert scores.label.tolist() == ["1", "2"]
    assert [Path(row).name for row in skipped.file] == ["case_001.npz" if kind == "hard" else "case_001.nii.gz"]
    for row in scores.to_dict("records"):
        label = int(row["label"])
        soft = shares[..., label].astype(float)
        inside = labels == label
        size = soft.sum() if kind == "soft" else inside.sum()
        shared = soft[inside].sum() if kind == "soft" else inside.sum()
        assert row["dice"] == pytest.approx(2 * shared / (size + inside.sum()), rel=1e-6)


REGIONS = {"background": 0, "whole": [1, 2], "core": 2}


@pytest.mark.parametrize("as_", [None, "soft"])
def test_a_model_of_regions(tmp_path, labels, as_):
    predictions = tmp_path / "p"
    whole = labels > 0
    core = labels == 2
    shares = np.stack([whole * 0.8, core * 0.6], axis=-1).astype(np.float32)
    save_case(predictions, "case", labels, shares)
    describe(predictions, REGIONS, regions_class_order=[1, 2])
    save_case(tmp_path / "r", "case", labels)
    scores, _ = cohort(predictions, tmp_path / "r", as_=as_, reference_as="labels" if as_ else None)
    assert scores.error.tolist() == ["", ""]
    assert scores.label.tolist() == ["core", "whole"]
    wanted = [2 * 0.6 / 1.6, 2 * 0.8 / 1.8] if as_ else [1, 1]
    assert scores.dice.tolist() == pytest.approx(wanted, rel=1e-6)
    assert scores.size_b.tolist() == pytest.approx([core.sum() * 1.125, whole.sum() * 1.125])


def test_regions_against_labels_without_their_numbers(tmp_path, labels):
    shares = np.stack([(labels > 0) * 0.8, (labels == 2) * 0.6], axis=-1).astype(np.float32)
    save_case(tmp_path, "case", labels, shares)
    describe(tmp_path, REGIONS, regions_class_order=[1, 2])
    image = read_image(tmp_path / "case.npz")
    assert image.label.values.tolist() == ["whole", "core"]
    with pytest.raises(ValueError, match=r"the reference is a label map, and 'whole' has no number: .*whole=1\+2"):
        compare(image, read_image(tmp_path / "case.nii.gz"))
    report = compare(image, read_image(tmp_path / "case.nii.gz"), labels=regions_of(tmp_path))
    assert report.dice_hard.values.tolist() == [1, 1]


def test_the_description_may_lie_above(tmp_path):
    describe(tmp_path, REGIONS, regions_class_order=[1, 2])
    (tmp_path / "labelsTr").mkdir()
    assert regions_of(tmp_path / "labelsTr") == {"whole": (1, 2), "core": (2,)}
    describe(tmp_path, {"background": 0, "core": 1})
    assert regions_of(tmp_path / "labelsTr") == {}
    assert regions_of(tmp_path / "nowhere" / "deep") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ('{"regions_class_order": [1]}', "has regions_class_order and no labels"),
        ('{"regions_class_order": [1], "labels": {"a": "b"}}', "the region 'a' is no list of labels"),
    ],
)
def test_damaged_descriptions(tmp_path, text, said):
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(ReadError, match=said) as caught:
        regions_of(tmp_path)
    assert "dataset.json: " in str(caught.value)


@pytest.mark.parametrize("number", [[4], 0, "four"])
def test_an_ignored_label_that_is_no_number(tmp_path, number):
    describe(tmp_path, {"background": 0, "core": 1, "ignore": number})
    with pytest.raises(ReadError, match=r"dataset.json: the label 'ignore' is .*, no number above 0: write its number"):
        ignored_label(tmp_path)


def test_of_another_number_of_regions(tmp_path, labels):
    save_case(tmp_path, "case", labels, shares_of(labels, 3))
    describe(tmp_path, REGIONS, regions_class_order=[1, 2])
    with pytest.raises(ReadError, match=r"3 classes, and dataset.json has 2 regions"):
        read_image(tmp_path / "case.npz")


def test_only_an_image_of_the_same_case_gives_its_place(tmp_path, labels):
    save_case(tmp_path, "case_1", labels, shares_of(labels, 3))
    (tmp_path / "case_1.png").touch()
    assert segmentation_beside(tmp_path / "case_1.npz") == tmp_path / "case_1.nii.gz"
    assert segmentation_beside(tmp_path / "case_2.npz") is None


IGNORED = 4


@pytest.fixture
def reference(labels):
    """Labels 1 and 2, of which a block was not annotated."""
    annotated = labels.copy()
    annotated[3:, 2:, :5] = IGNORED
    return annotated


def scored_by_hand(predicted, reference, members):
    counts = reference != IGNORED
    a = np.isin(predicted, members) & counts
    b = np.isin(reference, members) & counts
    return 2 * (a & b).sum() / (a.sum() + b.sum()), a.sum() * 1.125, b.sum() * 1.125


@pytest.mark.parametrize("place", ["p", "r"])
@pytest.mark.parametrize(
    ("description", "sets"),
    [
        ({"labels": {"background": 0, "core": 1, "edema": 2, "ignore": IGNORED}}, {"1": [1], "2": [2]}),
        ({"labels": {**REGIONS, "ignore": IGNORED}, "regions_class_order": [1, 2]}, {"core": [2], "whole": [1, 2]}),
    ],
)
def test_ignored_voxels_do_not_count(tmp_path, reference, place, description, sets):
    predicted = np.random.default_rng(7).integers(0, 3, SHAPE)
    save_case(tmp_path / "p", "case", predicted)
    save_case(tmp_path / "r", "case", reference)
    describe(tmp_path / place, **description)
    scores, skipped = cohort(tmp_path / "p", tmp_path / "r")
    assert scores.label.tolist() == list(sets)
    for row, members in zip(scores.to_dict("records"), sets.values(), strict=True):
        wanted = scored_by_hand(predicted, reference, members)
        assert (row["dice"], row["size_a"], row["size_b"]) == pytest.approx(wanted)
    assert skipped[["where", "reason"]].values.tolist() == [["label 4", "ignored label"]]


def test_ignored_voxels_of_two_files(tmp_path, reference, capsys):
    predicted = np.ones(SHAPE, int)
    save_case(tmp_path / "p", "case", predicted)
    save_case(tmp_path / "r", "case", np.where(reference == IGNORED, IGNORED, 1))
    describe(tmp_path, {"background": 0, "lesion": 1, "ignore": IGNORED})
    files = [tmp_path / side / "case.nii.gz" for side in ("p", "r")]
    outputs = Outputs(format="json")
    assert compare_files(*files, scale=None, reference_scale=None, labels=None, lesions=None, outputs=outputs) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["dice"] == {"1": 1}
    assert report["hd95"] == {"1": 0}
    assert report["where"] == f"{(reference != IGNORED).sum()} voxels"
    assert "label 4: dataset.json ignores it" in report["skipped"][0]["detail"]


def test_probabilities_of_regions_have_no_class_of_the_ignored_label(tmp_path, labels, reference):
    shares = np.stack([(labels > 0) * 0.8, (labels == 2) * 0.6], axis=-1).astype(np.float32)
    save_case(tmp_path / "p", "case", labels, shares)
    save_case(tmp_path / "r", "case", reference)
    describe(tmp_path / "p", {**REGIONS, "ignore": IGNORED}, regions_class_order=[1, 2])
    assert read_image(tmp_path / "p" / "case.npz").label.values.tolist() == ["whole", "core"]
    scores, _ = cohort(tmp_path / "p", tmp_path / "r", as_="soft", reference_as="labels")
    assert scores.label.tolist() == ["core", "whole"]
    assert scores.dice.tolist() == pytest.approx([2 * 0.6 / 1.6, 2 * 0.8 / 1.8], rel=1e-6)
