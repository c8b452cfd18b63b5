from __future__ import annotations

import json
import shutil

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from domains._checks import UsageError
from domains.lesions import cohort, compare_models, merge, read_scores
from domains.lesions.cli import app


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Write two cases, one of labels 1 and 2, whose predictions lie one voxel off."""
    root = tmp_path_factory.mktemp("comparable")
    sides = [root / "p", root / "r"]
    for shift, side in enumerate(sides):
        side.mkdir()
        for k in range(2):
            mask = np.zeros((9, 8, 6), np.uint8)
            mask[2 + shift : 5 + shift, 2 : 4 + k, 1:4] = 1
            mask[2 + shift, 2:4, 1:3] = 2 - k
            nib.save(nib.Nifti1Image(mask, np.eye(4)), side / f"case_{k}.nii")
    return sides


@pytest.fixture(scope="module")
def tables(folders):
    """Return a function that scores the folders once for each of its options, and returns where the table lies."""
    made = {}

    def table(**options):
        key = repr(options)
        if key not in made:
            made[key] = folders[0].with_name(f"scores_{len(made)}") / "s.csv"
            made[key].parent.mkdir()
            cohort(*folders, out=made[key], **options)
        return made[key]

    return table


@pytest.fixture
def scored(tables, tmp_path):
    """Return a function that puts a table of scores, and what lies beside it, under a name of the test's."""

    def put(name, **options):
        table = tables(**options)
        for path in table.parent.iterdir():
            shutil.copy(path, tmp_path / path.name.replace(table.name, name))
        return tmp_path / name

    return put


def compared(a, b):
    """Compare two models in one index: it is their settings that matter."""
    return compare_models(a, b, indices=["dice"], n_resamples=10)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"nsd_tolerance": 2.5}, r"nsd_tolerance 1.0, now 2.5"),
        ({"preset": "deepmind", "threshold": 0.9}, r'preset "monai", now "deepmind"; threshold 0.5, now 0.9'),
        ({"connectivity": 1}, "connectivity null, now 1"),
    ],
)
def test_other_settings_are_refused_and_the_remedy_helps(folders, scored, tmp_path, options, said):
    a = scored("a.csv")
    b = scored("b.csv", **options)
    with pytest.raises(
        UsageError, match=rf"^lesions.compare_models: \S*b.csv was scored .* \({said}\): score"
    ) as caught:
        compared(a, b)
    assert "\n" not in str(caught.value)
    again = tmp_path / "again.csv"
    cohort(*folders, out=again)
    assert (compared(a, again).summary["difference"] == 0).all()


@pytest.mark.slow
def test_what_may_differ_between_models(scored):
    a = scored("a.csv")
    b = scored("b.csv", as_="labels", count_missing=True, spacing=(1, 1, 1), labels=[1])
    assert compared(a, b).summary["n_compared"].max() == 2


@pytest.mark.slow
@pytest.mark.parametrize(("members", "is_refused"), [((2, 1), False), ((1,), True)])
def test_a_region_of_one_name_has_the_same_labels(scored, members, is_refused):
    a = scored("a.csv", labels={"whole": (1, 2), "core": (2,)})
    b = scored("b.csv", labels={"whole": members})
    if not is_refused:
        assert compared(a, b).summary["n_compared"].max() == 2
        return
    with pytest.raises(UsageError, match="labels .*whole.* now "):
        compared(a, b)


@pytest.mark.parametrize("content", [None, b"", b"notes\n", b"[]", b'{"settings": 5}'])
def test_settings_that_are_not_known_are_told(scored, content):
    a = scored("a.csv")
    b = scored("b.csv", nsd_tolerance=2.5)
    beside = b.with_name("b.csv.settings.json")
    beside.unlink()
    if content is not None:
        beside.write_bytes(content)
    with pytest.warns(UserWarning, match=r"the settings of \S*b.csv are not known"):
        compared(a, b)


def test_the_command_tells_of_settings_that_are_not_known(scored):
    a = scored("a.csv")
    b = scored("b.csv", nsd_tolerance=2.5)
    b.with_name("b.csv.settings.json").unlink()
    done = CliRunner().invoke(app, ["compare-models", str(a), str(b), "--json"])
    assert done.exit_code == 0
    (told,) = json.loads(done.stdout)["warnings"]
    assert told.startswith(f"lesions.compare_models: the settings of {b} are not known")


def by_merge(folders, path, options):
    parts = [path.with_name(f"{path.name}.{k}") for k in (1, 2)]
    for k, part in enumerate(parts, 1):
        cohort(*folders, as_="labels", part=(k, 2), records=part, **options)
    merge(parts, out=path)
    return path


def with_records_elsewhere(folders, path, options):
    elsewhere = path.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    cohort(*folders, out=path, records=elsewhere / path.name, **options)
    return path


def as_tables(folders, path, options):
    return cohort(*folders, **options)[0]


def of_merge(folders, path, options):
    by_merge(folders, path, options)
    return merge([path.with_name(f"{path.name}.{k}") for k in (1, 2)])[0]


def read_again(folders, path, options):
    cohort(*folders, out=path, **options)
    return read_scores(path)


@pytest.mark.slow
@pytest.mark.parametrize("made", [by_merge, with_records_elsewhere, as_tables, of_merge, read_again])
def test_a_table_says_its_settings_wherever_it_was_made(folders, scored, tmp_path, made):
    a = made(folders, tmp_path / "a.csv", {})
    same = scored("same.csv")
    other = made(folders, tmp_path / "other.csv", {"nsd_tolerance": 2.5, "connectivity": 1})
    assert (compared(a, same).summary["difference"] == 0).all()
    with pytest.raises(UsageError, match="nsd_tolerance 1.0, now 2.5; .*connectivity null, now 1"):
        compared(a, other)


def test_the_remedies_for_settings_that_are_not_known_help(scored, tmp_path):
    """A table that pandas read, and one that was copied alone."""
    a = scored("a.csv")
    b = scored("b.csv", nsd_tolerance=2.5)
    with pytest.warns(UserWarning, match="the settings of b are not known.* read it with read_scores"):
        compared(a, pd.read_csv(b))
    with pytest.raises(UsageError, match="nsd_tolerance 1.0, now 2.5"):
        compared(a, read_scores(b))
    copied = tmp_path / "copied.csv"
    copied.write_bytes(b.read_bytes())
    with pytest.warns(UserWarning, match=r"copied.csv are not known.*keep the .settings.json of a table beside it"):
        compared(a, copied)
    copied.with_name("copied.csv.settings.json").write_bytes(b.with_name("b.csv.settings.json").read_bytes())
    with pytest.raises(UsageError, match="copied.csv was scored with other settings"):
        compared(a, copied)


def test_scores_of_another_version_are_told(scored):
    a = read_scores(scored("a.csv"))
    b = a.copy()
    b.attrs["settings"] = {**a.attrs["settings"], "version": "0.0.1"}
    with pytest.raises(UsageError, match='version .*, now "0.0.1"'):
        compared(a, b)
