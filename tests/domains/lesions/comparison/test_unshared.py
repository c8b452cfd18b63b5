"""Labels that only one side has, and what to do about them: the remedies are followed."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import domains.cli
from domains.lesions import as_image, cohort, compare, compare_protocols
from domains.lesions.comparison.unshared import (
    cases_of_unlike_labels,
    cases_without_common_label,
    no_common_label,
    unshared_labels,
)


def test_cases_without_a_common_label_are_those_with_a_sentence():
    scores = pd.DataFrame(
        [
            ("both", "1", 4.0, 3.0),
            ("both", "2", 0.0, 3.0),
            ("apart", "1", 4.0, 0.0),
            ("apart", "2", 0.0, 3.0),
            ("missed", "1", 0.0, 3.0),
            ("empty", "1", 0.0, 0.0),
            ("again", "7", 1.0, 0.0),
            ("again", "8", 0.0, 1.0),
        ],
        columns=["case", "label", "size_a", "size_b"],
    )
    told = [name for name, case in scores.groupby("case", sort=False) if no_common_label(case)]
    assert cases_without_common_label(scores) == told == ["apart", "again"]
    assert cases_without_common_label(scores[:0]) == []


def held(case, predicted, reference):
    label = str(predicted), str(reference)
    return pd.DataFrame({"case": case, "label": label, "size_a": [4.0, 0.0], "size_b": [0.0, 3.0]})


def test_the_remedy_for_255_holds_for_the_whole_cohort():
    one = held("a", 255, 1)
    other = held("b", 1, 2)
    assert no_common_label(one, pd.concat([one, held("b", 255, 1)])).endswith("(--scale 255)")
    assert no_common_label(one, pd.concat([one, other])).endswith(
        "write 1 into the file: --scale 255 is wrong for cases whose prediction holds other labels"
    )
    assert no_common_label(held("a", 1, 255)).endswith("(--reference-scale 255)")


MASK = np.zeros((12, 12, 2), np.uint8)
MASK[4:9, 4:9] = 1


def shares(highest):
    """Return a soft mask in whole numbers up to the one that means 1; the reference's label is among them."""
    values = np.zeros(MASK.shape, np.uint8)
    values[4:9, 4:9] = highest
    rim = np.linspace(1, highest, 24).astype(np.uint8)
    values[3, :, :] = rim.reshape(12, 2)
    assert (values == 1).any(), "or no label is in both"
    return values


def soft_dice(highest):
    share = shares(highest) / highest
    return 2 * np.minimum(share, MASK).sum() / (share.sum() + MASK.sum())


def save(path, values):
    image = nib.Nifti1Image(values, np.eye(4))
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("highest", "side", "flag", "command"),
    [
        (255, "prediction", "--scale", ("protocols", "--protocols", "cc")),
        (100, "reference", "--reference-scale", ("compare",)),
    ],
)
def test_shares_in_whole_numbers_are_told_and_the_remedy_helps(tmp_path, highest, side, flag, command):
    pair = [save(tmp_path / "p.nii.gz", shares(highest)), save(tmp_path / "r.nii.gz", MASK)]
    if side == "reference":
        pair = pair[::-1]
    arguments = ["lesions", *command, *map(str, pair)]
    run = CliRunner().invoke(domains.cli.app, arguments)
    assert run.exit_code == 0
    (line,) = [line for line in run.stderr.splitlines() if "labels that the" in line]
    assert f"the {side} holds " in line
    assert f"such as scale=255 ({flag} 255) or 100; where they are labels, name those to compare, labels=[1]" in line
    done = CliRunner().invoke(domains.cli.app, [*arguments, flag, str(highest)])
    assert done.exit_code == 0
    assert "labels that the" not in done.stderr
    assert f"{soft_dice(highest):.4f}" in done.stdout or "protocols" in command
    one = CliRunner().invoke(domains.cli.app, [*arguments, "--labels", "1"])
    assert "labels that the" not in one.stderr


@pytest.mark.slow
def test_a_cohort_says_it_once(tmp_path):
    for side in ("p", "r"):
        (tmp_path / side).mkdir()
    for name in ("a", "b", "c"):
        save(tmp_path / "p" / f"{name}.nii.gz", MASK if name == "c" else shares(255))
        save(tmp_path / "r" / f"{name}.nii.gz", MASK)
    with pytest.warns(
        UserWarning, match="^lesions.cohort: 2 of 3 cases, such as a: the prediction holds .* labels that"
    ):
        scores, _ = cohort(tmp_path / "p", tmp_path / "r")
    assert len(scores.label.unique()) > 20


@pytest.mark.parametrize(
    ("predicted", "reference"),
    [
        (range(1, 231), range(1, 201)),
        (range(1, 23), range(1, 23)),
        (range(1, 60), range(1, 31)),
        (range(1, 22), [1]),
        (range(1, 200), []),
        ([], range(1, 200)),
    ],
)
def test_instances_vertebrae_and_misses_are_not_disturbed(predicted, reference):
    assert unshared_labels(predicted, reference) == ""
    assert unshared_labels(reference, predicted) == ""


@pytest.mark.slow
def test_instance_maps_are_compared_without_a_word(recwarn):
    cells = as_image(np.arange(1, 45, dtype=np.uint8).reshape(4, 11), 1.0)
    more = as_image(np.arange(23, 67, dtype=np.uint8).reshape(4, 11), 1.0)
    compare(cells, more)
    compare_protocols(cells.isel(x=slice(0, 2)), cells.isel(x=slice(0, 2)), protocols=["panoptic"])
    assert not recwarn.list


def test_one_label_more_than_many():
    assert unshared_labels(range(1, 22), [1]) == ""
    assert unshared_labels(range(1, 23), [1]).startswith(
        "the prediction holds 21 labels that the reference lacks (2, 3, 4"
    )
    assert unshared_labels([1], range(1, 23)).startswith("the reference holds 21 labels")


def test_a_case_is_told_of_once():
    scores = pd.DataFrame(
        {"case": "a", "label": [*range(2, 40), 50], "size_a": [1.0] * 38 + [0.0], "size_b": [0.0] * 38 + [1.0]}
    )
    assert cases_of_unlike_labels(scores) == [["a"], []]
