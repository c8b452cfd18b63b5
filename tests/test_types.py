"""What a type checker knows in a user's program: numpy arrays in, numpy arrays out."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import pytest

import overlap

PACKAGES = Path(overlap.__file__).parents[1]

PROGRAM = """\
import numpy as np
import numpy.typing as npt

import overlap as ov

mask = np.ones((4, 4), bool)
soft = np.full((4, 4), 0.5)
box = np.array([[0.0, 0.0, 2.0, 2.0]])
turned = np.array([[0.0, 0.0, 2.0, 2.0, 0.5]])

reveal_type(ov.raster.measure(soft, mask))
reveal_type(ov.raster.measure(soft, mask).union)
reveal_type(ov.raster.dice(soft, mask, axis=1))
reveal_type(ov.raster.contingency(mask, mask)[0])
reveal_type(ov.iou(ov.raster.measure(soft, mask)))
reveal_type(ov.dice(ov.raster.measure(soft, mask).sum()))
reveal_type(ov.boxes.pairwise(box, box))
reveal_type(ov.boxes.giou(box, box))
reveal_type(ov.boxes.convert(box, "lo-hi", "centre-size"))
reveal_type(ov.dice(ov.boxes.measure(box, box)))
reveal_type(ov.oriented.pairwise(turned, turned))
reveal_type(ov.recall(ov.intervals.measure([(0.0, 2.0)], [(1.0, 3.0)])))
reveal_type(ov.losses.dice_loss(soft, mask))
reveal_type(ov.calibration.brier(soft, mask))
reveal_type(ov.expected.optimal_mask(soft))
reveal_type(ov.surfaces.signed_distance(mask, spacing=1.0))


def score(prediction: npt.NDArray[np.float64], reference: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    counts: ov.Overlap = ov.raster.measure(prediction, reference)
    return ov.dice(counts, empty=1.0)


ov.dice(mask, mask)
"""

SETTINGS = """\
[mypy]
strict = true
follow_imports = silent
pretty = false

# numpy alone has to be known, which takes a third of the time
[mypy-dask.*,h5py.*,matplotlib.*,numba.*,pandas.*,scipy.*,shapely.*,skimage.*,torch.*,xarray.*]
follow_imports = skip
follow_imports_for_stubs = true
"""

ARRAY = "numpy.ndarray[tuple[Any, ...], numpy.dtype[Any]]"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return what mypy says of each line of the program."""
    pytest.importorskip("mypy")
    folder = tmp_path_factory.mktemp("program")
    (folder / "program.py").write_text(PROGRAM)
    (folder / "mypy.ini").write_text(SETTINGS)
    is_installed = str(PACKAGES) in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    environment = {} if is_installed else {"MYPYPATH": str(PACKAGES)}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "mypy", "program.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    lines = {}
    for line in done.stdout.splitlines():
        if line.startswith("program.py:"):
            _, number, *message = line.split(":")
            lines[PROGRAM.splitlines()[int(number) - 1]] = ":".join(message).strip()
    assert lines, done.stdout + done.stderr
    return lines


@pytest.mark.slow
def test_arrays_of_numpy_come_back_as_such(told):
    revealed = {line: message for line, message in told.items() if line.startswith("reveal_type")}
    assert len(revealed) == PROGRAM.count("reveal_type")
    for line, message in revealed.items():
        expected = f"overlap.counts.Overlap[{ARRAY}]" if line.endswith("measure(soft, mask))") else ARRAY
        expected = ARRAY if "ov.iou" in line else expected
        assert message == f'note: Revealed type is "{expected}"', line


@pytest.mark.slow
def test_a_wrong_call_and_nothing_else_is_an_error(told):
    errors = [line for line, message in told.items() if message.startswith("error")]
    assert errors == ["ov.dice(mask, mask)"]


def test_the_packages_say_that_they_are_typed():
    for package in ("overlap", "domains"):
        (folder,) = find_spec(package).submodule_search_locations
        assert (Path(folder) / "py.typed").is_file()
