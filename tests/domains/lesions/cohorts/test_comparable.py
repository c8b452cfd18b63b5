from __future__ import annotations

import json

import nibabel as nib
import numpy as np
import pytest
from typer.testing import CliRunner

from domains._checks import UsageError
from domains.lesions import cohort, compare_models
from domains.lesions.cli import app


@pytest.fixture
def folders(tmp_path):
    """Write three cases of labels 1 and 2, whose predictions lie one voxel off."""
    sides = [tmp_path / "p", tmp_path / "r"]
    for shift, side in enumerate(sides):
        side.mkdir()
        for k in range(3):
            mask = np.zeros((9, 8, 6), np.uint8)
            mask[2 + shift : 5 + shift, 2 : 4 + k, 1:4] = 1
            mask[2 + shift, 2:4, 1:3] = 2
            nib.save(nib.Nifti1Image(mask, np.eye(4)), side / f"case_{k}.nii")
    return sides


def scored(folders, name, **options):
    path = folders[0].with_name(name)
    cohort(*folders, out=path, **options)
    return path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"nsd_tolerance": 2.5}, r"nsd_tolerance 1.0, now 2.5"),
        ({"preset": "deepmind", "threshold": 0.9}, r'preset "monai", now "deepmind"; threshold 0.5, now 0.9'),
        ({"connectivity": 1}, "connectivity null, now 1"),
    ],
)
def test_other_settings_are_refused_and_the_remedy_helps(folders, options, said):
    a = scored(folders, "a.csv")
    b = scored(folders, "b.csv", **options)
    with pytest.raises(
        UsageError, match=rf"^lesions.compare_models: \S*b.csv was scored .* \({said}\): score"
    ) as caught:
        compare_models(a, b)
    assert "\n" not in str(caught.value)
    again = scored(folders, "again.csv")
    assert (compare_models(a, again).summary["difference"] == 0).all()


def test_what_may_differ_between_models(folders):
    a = scored(folders, "a.csv")
    b = scored(folders, "b.csv", as_="labels", count_missing=True, spacing=(1, 1, 1), labels=[1])
    assert compare_models(a, b).summary["n_compared"].max() == 3


@pytest.mark.parametrize(("members", "is_refused"), [((2, 1), False), ((1,), True)])
def test_a_region_of_one_name_has_the_same_labels(folders, members, is_refused):
    a = scored(folders, "a.csv", labels={"whole": (1, 2), "core": (2,)})
    b = scored(folders, "b.csv", labels={"whole": members})
    if not is_refused:
        assert compare_models(a, b).summary["n_compared"].max() == 3
        return
    with pytest.raises(UsageError, match="labels .*whole.* now "):
        compare_models(a, b)


@pytest.mark.parametrize("content", [None, b"", b"notes\n"])
def test_settings_that_are_not_known_are_told(folders, content):
    a = scored(folders, "a.csv")
    b = scored(folders, "b.csv", nsd_tolerance=2.5)
    records = b.with_name("b.csv.records")
    records.unlink()
    if content is not None:
        records.write_bytes(content)
    done = CliRunner().invoke(app, ["compare-models", str(a), str(b), "--json"])
    assert done.exit_code == 0
    (told,) = json.loads(done.stdout)["warnings"]
    assert told.startswith("lesions.compare_models: the settings of ")
    assert "b.csv are not known" in told
