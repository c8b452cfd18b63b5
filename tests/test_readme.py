"""The README's own lines, run as they stand."""

from __future__ import annotations

import gzip
import json
import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from typer.testing import CliRunner

import overlap as ov
from domains import lesions
from domains import ramachandran as rama
from domains.cli import app
from overlap import coco

README = Path(__file__).parents[1] / "README.md"


@pytest.mark.slow
def test_the_python_blocks_run():
    pytest.importorskip("gemmi")
    pytest.importorskip("nibabel")
    pytest.importorskip("torch")
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        exec(block, names)
    plt.close("all")


def test_each_command_stands_alone():
    """Two commands install from the constraints; one shows, one tests."""
    commands = re.findall(r"^python -m pip install .*$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) == 2
    assert all("-c constraints.txt" in command for command in commands)
    assert commands[0].endswith("overlap demo")
    assert "pytest" in commands[1]


@pytest.fixture
def came(tmp_path, monkeypatch):
    """Return the names, and write the files, that the table "You come from" speaks of."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("gemmi")
    pytest.importorskip("nibabel")
    monkeypatch.chdir(tmp_path)
    Path("model.pdb").write_bytes(gzip.decompress(Path(rama.example("1a28")).read_bytes()))
    raters = lesions.read_image(lesions.example("nodule_00")) == 1
    predicted, reference = raters.isel(rater=0, drop=True), raters.isel(rater=1, drop=True)
    for folder, mask in (("predicted", predicted), ("labels", reference)):
        Path(folder).mkdir()
        lesions.write_image(mask, f"{folder}/case.nii.gz")
    for side in ("found", "truth"):
        Path(f"{side}.txt").write_text("1.0\t2.0\tdog\n3.0\t4.5\tcat\n")
        Path(f"{side}.rttm").write_text("SPEAKER talk 1 0.0 5.0 <NA> <NA> anna <NA> <NA>\n")
    segment = {"segment": [1.0, 5.0], "label": "jump"}
    Path("truth.json").write_text(json.dumps({"database": {"v": {"subset": "validation", "annotations": [segment]}}}))
    box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
    images = {"images": [{"id": 1, "width": 20, "height": 20}], "categories": [{"id": 1, "name": "cat"}]}
    there = images | {"annotations": [box | {"id": 1, "area": 81, "iscrowd": 0}]}
    Path("instances.json").write_text(json.dumps(there))
    Path("results.json").write_text(json.dumps([box | {"score": 0.9}]))
    Path("found.json").write_text(json.dumps({"results": {"v": [segment | {"score": 0.9}]}}))
    return {
        "ov": ov,
        "coco": coco,
        "rama": rama,
        "lesions": lesions,
        "predicted": predicted,
        "reference": reference,
        "a": predicted.values,
        "b": reference.values,
        "spacing": lesions.grid_spacing(predicted),
        "run": SimpleNamespace(results=SimpleNamespace(angles=np.full((5, 3, 2), -60.0))),
        "names": ["ALA", "GLY", "SER"],
        "prediction": torch.tensor([[0, 1, 2, 2]]),
        "target": torch.tensor([[0, 1, 1, 2]]),
        "boxes": np.array([[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 3.0, 2.0]]),
        "targets": np.array([[0.0, 0.0, 2.0, 1.0], [1.0, 0.0, 3.0, 1.0]]),
        "scores": np.array([0.9, 0.8]),
    }


@pytest.mark.slow
def test_each_line_of_who_comes_from_elsewhere_runs(came):
    """The table "You come from": each line of Python, and each command, on small files."""
    rows = re.findall(
        r"^\| [^|]+ \| `([^|]+)` \| \[[^|]+\]\([^|]+\) \|$", README.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(rows) == 14
    for line in rows:
        if line.startswith("overlap "):
            done = CliRunner().invoke(app, [*shlex.split(line)[1:], "--json", "--quiet"])
            assert done.exit_code == 0, f"{line}: {done.output}"
        else:
            exec(line, came)
