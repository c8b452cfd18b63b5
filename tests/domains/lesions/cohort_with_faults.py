"""A cohort in which everything goes wrong at once: its tables are those of a run that nobody disturbed.

The predictions take turns at every format that is read. Of each format one file is cut off and one is empty; a
prediction and a reference are missing or empty, one image lies on another grid, and one ends the process that reads it,
as the kernel does when memory runs out. On the way a worker is killed, and the whole run twice. So it is for every way
to score them: from a list, from folders, resampled, by level surfaces, in parts that are merged, as Parquet. The long
version of the test, with 500 cases on two workers of a dask cluster::

    python tests/domains/lesions/cohort_with_faults.py /tmp/cohort 500 dask

The last word may also be ``pools`` (two processes without dask) or ``serial``: the tables have the same hash.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from importlib.util import find_spec
from pathlib import Path

import nibabel
import numpy as np

SEGMENTATION = Path(__file__).parents[2] / "data" / "segmentation.dcm"
"""Written by highdicom 0.28.2: a ball on a grid of 6 × 5 × 4 voxels."""

SPACING = (0.5, 0.75, 3.0)
ORIGIN = (-12.5, 20.25, 7.0)
"""Of that grid, in mm; x points left and y back."""

_load = nibabel.load


def load_or_die(path, *rest, **more):
    if case_of(KILLER) in str(path):
        os.kill(os.getpid(), signal.SIGKILL)
    return _load(path, *rest, **more)


if __name__ in ("__main__", "__mp_main__"):
    # in workers too, but not in the tests
    sys.path.append(str(Path(__file__).parents[1]))
    import runs_with_faults

    nibabel.load = load_or_die
    workers = runs_with_faults.choose_place(sys.argv[3])


# ---- the formats


def ball():
    """Return the mask that the segmentation holds, as slices, rows and columns."""
    z, y, x = np.ogrid[0:4, 0:5, 0:6]
    return ((x - 2.5) ** 2 + (y - 2) ** 2 + (z - 1.5) ** 2 < 4).astype(np.float32)


def write_itk(path, mask):
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(mask)
    image.SetSpacing(SPACING)
    image.SetOrigin(ORIGIN)
    sitk.WriteImage(image, path, True)


def write_tiff(path, mask):
    import tifffile

    tifffile.imwrite(path, mask, photometric="minisblack", metadata=None)


def write_pngs(path, mask):
    from PIL import Image

    path.mkdir()
    for k, page in enumerate(mask.astype(np.uint8)):
        Image.fromarray(page).save(path / f"slice_{k}.png")


def write_probabilities(path, mask):
    """Write the background and the lesion as nnU-Net does."""
    np.savez_compressed(path, probabilities=np.stack([1 - mask, mask]))


def copy_segmentation(path, mask):
    assert mask.sum() == ball().sum(), "it holds this mask, and no other"
    shutil.copy(SEGMENTATION, path)


FORMATS = {
    ".nii.gz": write_itk,
    ".nrrd": write_itk,
    ".mha": write_itk,
    ".tif": write_tiff,
    "": write_pngs,
    ".npy": np.save,
    ".npz": write_probabilities,
    ".dcm": copy_segmentation,
}
"""The ending of each format, none for a folder of slices, and who writes it."""

N = len(FORMATS)
WHOLE = range(N)
CUT_OFF = range(N, 2 * N)
EMPTY = range(2 * N, 3 * N)
KILLER, OTHER_GRID, NO_PREDICTION, NO_REFERENCE = range(3 * N, 3 * N + 4)
LEAST = 3 * N + 4
"""The cases up to here each have a part to play; all others are whole."""

# ---- the cohort


def case_of(k):
    return f"case_{k:04d}"


def make(folder, n):
    """Write the images of n cases, and their list."""
    originals = folder / "originals"
    for part in ("originals", "p", "r"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for suffix, write in FORMATS.items():
        write(originals / f"ball{suffix}", ball())
    for shift in (0, 1):
        write_itk(originals / f"truth_{shift}.nii.gz", np.roll(ball(), shift, axis=2).astype(np.uint8))
    lines = ["prediction,reference,group"]
    for k in range(n):
        predicted, reference = put_case(folder, k, originals)
        lines.append(f"{predicted.relative_to(folder)},{reference.relative_to(folder)},patient_{k // 3}")
    (folder / "cases.csv").write_text("\n".join(lines) + "\n")


def put_case(folder, k, originals):
    """Put the images of a case into the folders, and return their paths."""
    suffix = ".nii.gz" if k in (KILLER, OTHER_GRID) else list(FORMATS)[k % N]
    predicted = folder / "p" / f"{case_of(k)}{suffix}"
    reference = folder / "r" / f"{case_of(k)}.nii.gz"
    copy(originals / f"truth_{k // N % 2}.nii.gz", reference)
    if k == NO_REFERENCE:
        reference.write_bytes(b"")
    if k == NO_PREDICTION:
        return predicted, reference
    if k == OTHER_GRID:
        write_itk(predicted, np.ones((5, 5, 6), np.float32))
        return predicted, reference
    copy(originals / f"ball{suffix}", predicted)
    # of a folder, one of its slices is damaged
    damaged = predicted / "slice_1.png" if predicted.is_dir() else predicted
    content = damaged.read_bytes()
    if k in CUT_OFF:
        damaged.write_bytes(content[: len(content) // 2])
    if k in EMPTY:
        damaged.write_bytes(b"")
    return predicted, reference


def copy(original, path):
    if original.is_dir():
        shutil.copytree(original, path, dirs_exist_ok=True)
    else:
        shutil.copy(original, path)


# ---- every way to score it

SAID = {"as_": "soft", "reference_as": "labels", "axes": "zyx"}
FROM_LIST = {**SAID, "list": True}
WAYS = {
    "listed": FROM_LIST,
    "folders": SAID,
    "resampled": {**FROM_LIST, "resample": "linear", "count_missing": True},
    "surfaces": {**FROM_LIST, "resample": "nearest", "surface": "iso"},
    "limited": {**FROM_LIST, "max_seconds": 60.0},
    "parts": {**FROM_LIST, "parts": 3},
}
"""The options of each; a table is called after the way in which it was made."""


def score(folder, out, **running):
    """Write the table of the way that it is called after, and return it and what was skipped."""
    from domains.lesions import cohort, merge

    options = {**WAYS[out.stem], **running}
    sides = {"predictions": folder / "p", "references": folder / "r"}
    if options.pop("list", False):
        sides = {"cases": folder / "cases.csv"}
    parts = options.pop("parts", 0)
    if not parts:
        return cohort(**sides, **options, out=out)
    records = [out.with_name(f"{out.name}.records{number}") for number in range(1, parts + 1)]
    for number, path in enumerate(records, 1):
        cohort(**sides, **options, part=(number, parts), records=path)
    return merge(records, **sides, out=out)


def main():
    folder = Path(sys.argv[1])
    if sys.argv[-1] == "score":
        score(folder, Path(sys.argv[2]), workers=workers)
        return
    n = int(sys.argv[2])
    make(folder, n)
    endings = [".csv", ".parquet"] if find_spec("pyarrow") else [".csv"]
    for way in WAYS:
        for ending in endings:
            runs_with_faults.compared(__file__, folder, n, place=sys.argv[3], table=f"{way}{ending}")


if __name__ == "__main__":
    main()
