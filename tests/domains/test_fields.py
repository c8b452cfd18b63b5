"""All fields are built alike: the same report, verbs, flags, and table of what was skipped."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import overlap as ov
from domains.cli import FIELDS


@dataclass(frozen=True)
class Field:
    """One field: its report on data of its own, and what its comparing command is given."""

    needs: str
    report: Callable[[Any], xr.Dataset]
    command: Callable[[Any, Path], list[str]]
    skipped: Callable[[Any, Path], pd.DataFrame]


def _regions(field: Any) -> xr.Dataset:
    return field.compare(field.hard_sphere(), level="allowed")


def _region_file(field: Any, folder: Path) -> list[str]:
    field.hard_sphere().to_netcdf(folder / "predicted.nc", engine="h5netcdf")
    return ["compare", str(folder / "predicted.nc")]


def _residues(field: Any, folder: Path) -> pd.DataFrame:
    return field.validate([field.example(), folder / "missing.pdb"])[1]


def _raters(field: Any) -> xr.Dataset:
    image = field.read_image(field.example())
    return field.compare(image.isel(rater=0), image.isel(rater=1))


def _images(field: Any, folder: Path) -> list[str]:
    image = field.read_image(field.example())
    for k, name in enumerate(("predicted", "reference")):
        (folder / name).mkdir(exist_ok=True)
        field.write_image(image.isel(rater=k), folder / name / "nodule.nii.gz")
    return ["compare", *(str(folder / name / "nodule.nii.gz") for name in ("predicted", "reference"))]


def _cases(field: Any, folder: Path) -> pd.DataFrame:
    _images(field, folder)
    (folder / "predicted" / "alone.nii.gz").write_bytes(b"")
    return field.cohort(folder / "predicted", folder / "reference")[1]


def _events(field: Any) -> xr.Dataset:
    return field.compare(np.array([[0.0, 2.0], [5.0, 6.0]]), np.array([[1.0, 3.0]]))


def _event_files(field: Any, folder: Path) -> list[str]:
    for name in ("predicted", "reference"):
        (folder / f"{name}.csv").write_text("onset,offset,label\n0,2,call\n9,8,call\n")
    return ["score", *(str(folder / f"{name}.csv") for name in ("predicted", "reference"))]


def _rows(field: Any, folder: Path) -> pd.DataFrame:
    _event_files(field, folder)
    return field.read_events(folder / "predicted.csv").skipped


KNOWN = {
    "ramachandran": Field("gemmi", _regions, _region_file, _residues),
    "lesions": Field("nibabel", _raters, _images, _cases),
    "events": Field("pandas", _events, _event_files, _rows),
}


@pytest.fixture(params=FIELDS)
def field(request):
    pytest.importorskip(KNOWN[request.param].needs)
    return request.param, KNOWN[request.param], import_module(f"domains.{request.param}")


def test_the_report_has_sizes_indices_and_decisions(field):
    _, known, module = field
    report = known.report(module)
    assert {"intersection", "size_a", "size_b", "iou", "dice", "n_defined"} <= set(report)
    assert {"iou", "dice"} <= set(report.n_defined["index"].values)
    assert {"prediction", "reference", "units", "empty", "version"} <= set(report.attrs)
    o = ov.Overlap(*(report[k].values for k in ("intersection", "size_a", "size_b")))
    np.testing.assert_allclose(report.dice, ov.dice(o), rtol=1e-12)
    np.testing.assert_allclose(report.iou, ov.iou(o), rtol=1e-12)


def test_the_package_has_the_same_modules(field):
    """In its folder or, if the field is large, in one of the folders there."""
    name, _, module = field
    assert module.compare.__module__.endswith(".comparison")
    assert callable(import_module(module.compare.__module__).assess)
    summarise = getattr(module, "summarise", None)
    assert summarise is None or summarise.__module__ == f"domains.{name}.run"
    folder = Path(module.__file__).parent
    for part in ("io", "plotting", "comparison", "run", "tables", "cli", "demo"):
        (path,) = folder.rglob(f"{part}.py")
        dotted = ".".join(path.relative_to(folder).with_suffix("").parts)
        assert import_module(f"domains.{name}.{dotted}").__doc__, part


def test_the_command_prints_prediction_first(field, run_command, tmp_path):
    name, known, module = field
    text = run_command(name, *known.command(module, tmp_path), code=0).stdout
    assert 0 <= text.index("prediction: ") < text.index("reference: ")


def test_json_is_json_alone(field, run_command, tmp_path):
    name, known, module = field
    text = run_command(name, *known.command(module, tmp_path), "--json", code=0).stdout
    found = json.loads(text, parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))
    assert {"prediction", "reference", "units", "version"} <= set(found)


@pytest.mark.slow
def test_csv_and_plot_are_saved(field, run_command, tmp_path):
    name, known, module = field
    table, picture = tmp_path / "report.csv", tmp_path / "picture.png"
    run_command(name, *known.command(module, tmp_path), "--csv", table, "--plot", picture, code=0)
    assert {"iou", "dice"} <= set(pd.read_csv(table))
    assert picture.stat().st_size > 5000


@pytest.mark.parametrize(("flag", "output", "said"), [("--csv", "no/a.csv", "no folder"), ("--plot", "a.foo", ".png")])
def test_outputs_are_checked_before_the_work(field, run_command, tmp_path, flag, output, said):
    name, known, module = field
    done = run_command(name, *known.command(module, tmp_path), flag, tmp_path / output, code=2)
    assert said in done.stderr
    assert not done.stdout


def test_bad_input_is_a_line_that_names_the_file(field, run_command, tmp_path):
    name, known, module = field
    command = known.command(module, tmp_path)
    missing = tmp_path / "missing.xyz"
    done = run_command(name, command[0], missing, *command[2:], code=1)
    assert "missing.xyz" in done.stderr
    assert run_command(name, command[0], "--no-such-flag", code=2)


def test_what_is_skipped_has_its_reason(field, tmp_path):
    _, known, module = field
    skipped = known.skipped(module, tmp_path)
    assert list(skipped.columns[:5]) == ["side", "file", "where", "reason", "detail"]
    assert len(skipped)
    assert (skipped["reason"] != "").all()
