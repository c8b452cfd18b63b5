"""Files of three people who meet this package for the first time, and their numbers counted without it.

    python benchmarks/first_ten_minutes.py make FOLDER       # needs numpy, scipy and nibabel
    python benchmarks/first_ten_minutes.py count FOLDER      # the numbers that they should find

`results/first_ten_minutes.md` tells what each of them tried. The files are as such people have them: a map as two
spreadsheets, masks whose names differ a little and one of which is missing, tables as Raven Pro writes them. A
structure is not made: take any from the Protein Data Bank.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching
from scipy.spatial import cKDTree

Call = tuple[float, float, str]
"""Begin and end in seconds, and the type of call."""

# The biochemist: a map of a simulated peptide, in bins of 5 degrees.

KT = 0.0083145 * 300.0
"""kJ/mol at 300 K."""

BASINS = (
    # phi, psi, their widths (degrees), share of the time
    (-63.0, -42.0, 11.0, 11.0, 0.43),
    (-95.0, -5.0, 18.0, 20.0, 0.12),
    (-68.0, 145.0, 14.0, 16.0, 0.22),
    (-115.0, 130.0, 24.0, 22.0, 0.19),
    (56.0, 42.0, 11.0, 14.0, 0.04),
)


def density_of_the_peptide(step: float = 5.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bin centres in degrees, and the share of the time in each bin of (phi, psi)."""
    centres = np.arange(-180.0 + step / 2, 180.0, step)
    phi = centres[:, None]
    psi = centres[None, :]
    density = np.zeros((len(centres), len(centres)))
    for phi_0, psi_0, phi_width, psi_width, share in BASINS:
        along_phi = np.cos(np.radians(phi - phi_0)) - 1.0
        along_psi = np.cos(np.radians(psi - psi_0)) - 1.0
        peak = np.exp(along_phi / np.radians(phi_width) ** 2 + along_psi / np.radians(psi_width) ** 2)
        density += share * peak / peak.sum()
    return centres, density


def free_energy_of_the_peptide() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bin centres in degrees, and kJ/mol above the lowest bin."""
    centres, density = density_of_the_peptide()
    return centres, -KT * np.log(density / density.max())


def make_maps(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    centres, density = density_of_the_peptide()
    _, energy = free_energy_of_the_peptide()
    with (folder / "density.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["phi", "psi", "density"])
        for i, phi in enumerate(centres):
            for j, psi in enumerate(centres):
                rows.writerow([phi, psi, f"{density[i, j]:.6e}"])
    with (folder / "free_energy.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["phi", "psi", "G (kJ/mol)"])
        for i, phi in enumerate(centres):
            for j, psi in enumerate(centres):
                rows.writerow([phi, psi, f"{energy[i, j]:.4f}"])
    with (folder / "matrix.csv").open("w", newline="") as file:  # psi to the right, phi downwards, as pandas pivots
        rows = csv.writer(file)
        rows.writerow(["phi/psi", *centres])
        for i, phi in enumerate(centres):
            rows.writerow([phi, *(f"{value:.4f}" for value in energy[i])])
    excel = (folder / "free_energy.csv").read_text().replace(",", ";").replace(".", ",")
    with (folder / "free_energy_excel.csv").open("w", newline="", encoding="utf-8-sig") as file:
        file.write(excel.replace("\n", "\r\n"))  # as a German Excel saves it


# The student: lesions in scans of 0.9 x 0.9 x 3 mm, the patient lying a little askew.

SPACING = (0.9, 0.9, 3.0)
SHAPE = (112, 112, 36)
PATIENTS = ("pat01", "pat02", "pat03", "pat04", "pat05", "pat06")
MISSING = "pat05"
"""The network was never run on this one."""


def affine_of_the_scan() -> NDArray[np.float64]:
    tilt = np.radians(7.0)
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    towards_left_and_back = np.diag([-1.0, -1.0, 1.0])
    affine = np.eye(4)
    affine[:3, :3] = turn @ towards_left_and_back @ np.diag(SPACING)
    affine[:3, 3] = [48.0, 61.5, -540.0]
    return affine


def masks_of(patient: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Prediction and reference; pat04 has no lesion and one false alarm."""
    draw = np.random.default_rng(PATIENTS.index(patient))
    predicted = np.zeros(SHAPE, bool)
    reference = np.zeros(SHAPE, bool)
    places = [np.array(place) for place in ((25, 28, 9), (75, 30, 22), (40, 80, 26), (85, 85, 8))]
    number = 0 if patient == "pat04" else 2 + PATIENTS.index(patient) % 3
    for place in places[:number]:
        radius = draw.uniform(5.0, 11.0)
        centre = place + draw.uniform(-3, 3, 3)
        reference |= ball(centre, radius)
        if draw.uniform() < 0.8:
            predicted |= ball(centre + draw.normal(0, 1.2, 3), radius * draw.uniform(0.8, 1.15))
    if patient in ("pat02", "pat04"):
        predicted |= ball(np.array([20, 90, 30]), 3.5)
    return predicted, reference


def ball(centre: NDArray[np.float64], radius_in_mm: float) -> NDArray[np.bool_]:
    indices = np.indices(SHAPE)
    squares = [((indices[k] - centre[k]) * SPACING[k]) ** 2 for k in range(3)]
    return np.asarray(sum(squares) <= radius_in_mm**2)


def make_scans(folder: Path) -> None:
    import nibabel as nib

    affine = affine_of_the_scan()
    (folder / "predictions").mkdir(parents=True, exist_ok=True)
    (folder / "references").mkdir(parents=True, exist_ok=True)
    for patient in PATIENTS:
        predicted, reference = masks_of(patient)
        drawn = nib.Nifti1Image(reference.astype(np.int16), affine)
        nib.save(drawn, folder / "references" / f"{patient}_seg.nii.gz")
        if patient != MISSING:
            found = nib.Nifti1Image(predicted.astype(np.uint8), affine)
            nib.save(found, folder / "predictions" / f"{patient}_pred.nii.gz")


# The bioacoustician: three recordings, an annotator in Raven Pro and a detector that writes the same tables.

RECORDINGS = ("SITE1_20240512_053000", "SITE1_20240512_060000", "SITE2_20240513_053000")
TYPES = {"whistle": (0.9, 2400.0, 4100.0), "trill": (1.8, 3100.0, 6200.0), "chirp": (0.12, 4500.0, 7000.0)}
"""Length in seconds, lowest and highest frequency."""

RECORDING = 600.0
"""Seconds of each recording."""


def calls_of(recording: str) -> tuple[list[Call], list[Call]]:
    """Detected and annotated calls."""
    draw = np.random.default_rng(100 + RECORDINGS.index(recording))
    annotated = []
    detected = []
    time = 5.0
    while time < RECORDING - 15.0:
        call = str(draw.choice(list(TYPES)))
        length = TYPES[call][0] * draw.uniform(0.8, 1.2)
        annotated.append((time, time + length, call))
        heard = draw.uniform()
        if heard < 0.82:
            named = call if heard < 0.74 else str(draw.choice(list(TYPES)))
            shifts = draw.normal(0.0, 0.12 * length, 2)
            detected.append((time + shifts[0], time + length + shifts[1], named))
        time += length + draw.exponential(11.0) + 1.0
        if draw.uniform() < 0.12:
            detected.append((time - 0.9, time - 0.4, "chirp"))
    return detected, annotated


def make_tables(folder: Path) -> None:
    (folder / "detector").mkdir(parents=True, exist_ok=True)
    (folder / "annotator").mkdir(parents=True, exist_ok=True)
    for recording in RECORDINGS:
        detected, annotated = calls_of(recording)
        write_raven(folder / "annotator" / f"{recording}.Table.1.selections.txt", recording, annotated, views=2)
        write_raven(folder / "detector" / f"{recording}.selections.txt", recording, detected, scored=True)


def write_raven(path: Path, recording: str, calls: list[Call], views: int = 1, scored: bool = False) -> None:
    """Raven Pro writes a selection once for each view: the waveform and the spectrogram."""
    columns = ["Selection", "View", "Channel", "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)"]
    columns += ["Begin File", "Score", "Call Type"] if scored else ["Begin File", "Delta Time (s)", "Call Type"]
    draw = np.random.default_rng(7)
    with path.open("w", newline="") as file:
        rows = csv.writer(file, delimiter="\t", lineterminator="\r\n")
        rows.writerow(columns)
        for number, (begin, end, call) in enumerate(calls, start=1):
            _, low, high = TYPES[call]
            extra = f"{draw.uniform(0.3, 1.0):.3f}" if scored else f"{end - begin:.4f}"
            frequencies = [f"{low:.3f}", f"{high:.3f}"]
            for view in ("Waveform 1", "Spectrogram 1")[-views:]:
                times = [f"{begin:.6f}", f"{end:.6f}"]
                rows.writerow([number, view, 1, *times, *frequencies, f"{recording}.wav", extra, call])


# What they should find, without this package.


def count_map(folder: Path) -> None:
    """Cells of the map within 15 kJ/mol of its minimum."""
    with (folder / "free_energy.csv").open() as file:
        energies = np.array([float(row["G (kJ/mol)"]) for row in csv.DictReader(file)])
    print("map:", np.count_nonzero(energies <= energies.min() + 15.0), "of", len(energies), "cells")


def count_scans(folder: Path) -> None:
    """Dice, HD95 between voxels on the boundaries, and F1 of lesions at IoU 0.5, of each case."""
    import nibabel as nib

    for path in sorted((folder / "references").glob("*.nii.gz")):
        patient = path.name.removesuffix("_seg.nii.gz")
        found = folder / "predictions" / f"{patient}_pred.nii.gz"
        if not found.exists():
            print(f"{patient}: no prediction")
            continue
        image = nib.Nifti1Image.from_filename(path)
        reference = np.asarray(image.dataobj) > 0
        predicted = np.asarray(nib.Nifti1Image.from_filename(found).dataobj) > 0
        spacing = np.sqrt((image.affine[:3, :3] ** 2).sum(axis=0))
        dice = 2 * np.count_nonzero(predicted & reference) / (predicted.sum() + reference.sum())
        f1 = f1_of_lesions(predicted, reference)
        print(f"{patient}: Dice {dice:.4f}, F1 {f1:.4f}, HD95 {hd95(predicted, reference, spacing):.2f} mm")


def hd95(a: NDArray[np.bool_], b: NDArray[np.bool_], spacing: NDArray[np.float64]) -> float:
    if not (a.any() and b.any()):
        return float("inf")
    points_a = np.argwhere(a & ~ndimage.binary_erosion(a)) * spacing
    points_b = np.argwhere(b & ~ndimage.binary_erosion(b)) * spacing
    from_a, _ = cKDTree(points_b).query(points_a)
    from_b, _ = cKDTree(points_a).query(points_b)
    return float(max(np.percentile(from_a, 95), np.percentile(from_b, 95)))


def f1_of_lesions(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    corners_too = np.ones((3, 3, 3))
    lesions_a, n_a = ndimage.label(a, corners_too)
    lesions_b, n_b = ndimage.label(b, corners_too)
    found = 0
    for i in range(1, n_a + 1):
        for j in range(1, n_b + 1):
            one = lesions_a == i
            other = lesions_b == j
            # no lesion has an IoU of more than one half with two others
            iou = np.count_nonzero(one & other) / np.count_nonzero(one | other)
            found += int(iou > 0.5)
    return 2 * found / (n_a + n_b)


def count_tables(folder: Path) -> None:
    """F1 of calls at a temporal IoU of 0.5: whatever their type, and of each type."""
    for types in (None, *([name] for name in sorted(TYPES))):
        found = 0
        total = 0
        for recording in RECORDINGS:
            detected = read_raven(folder / "detector" / f"{recording}.selections.txt", types)
            annotated = read_raven(folder / "annotator" / f"{recording}.Table.1.selections.txt", types)
            can_match = [[_iou(one, other) >= 0.5 for other in annotated] for one in detected]
            matching = maximum_bipartite_matching(csr_matrix(np.array(can_match, dtype=int)))
            found += int(np.count_nonzero(matching >= 0))
            total += len(detected) + len(annotated)
        print(f"{types[0] if types else 'calls'}: {found} found, F1 {2 * found / total:.4f}")


def read_raven(path: Path, types: list[str] | None) -> list[Call]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    # of the two views of a selection the last
    calls = {
        row["Selection"]: (float(row["Begin Time (s)"]), float(row["End Time (s)"]), row["Call Type"]) for row in rows
    }
    return [call for call in calls.values() if types is None or call[2] in types]


def _iou(one: Call, other: Call) -> float:
    both = min(one[1], other[1]) - max(one[0], other[0])
    either = max(one[1], other[1]) - min(one[0], other[0])
    return max(both, 0.0) / either


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("verb", choices=["make", "count"])
    parser.add_argument("folder", type=Path)
    options = parser.parse_args(arguments)
    biochemist, student, bioacoustician = (
        options.folder / name for name in ("biochemist", "student", "bioacoustician")
    )
    if options.verb == "make":
        make_maps(biochemist)
        make_scans(student)
        make_tables(bioacoustician)
        return
    count_map(biochemist)
    count_scans(student)
    count_tables(bioacoustician)


if __name__ == "__main__":
    main(sys.argv[1:])
