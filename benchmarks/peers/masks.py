"""The pairs of masks that every peer is asked about, with numpy alone.

    python benchmarks/peers/masks.py            # writes tests/data/lesions/masks.npz and detections.npz

masks.npz holds for each case NAME the bool arrays ``NAME/prediction`` and ``NAME/reference`` and the float array
``NAME/spacing`` (mm, one an axis). detections.npz holds for each scan NAME a float32 map of confidences
``NAME/prediction``, each candidate of one value, and the bool ``NAME/reference``.

A case is named after its kind: nodule (two radiologists), noise (random voxels), scene (many lesions of which some
are moved, missed, split or made up), table (the small cases of the reference page), empty, textbook, volume (lesions
around the least volumes that count), tie (equal scores, IoU exactly at a threshold). Of the scans ten are drawn and
three built (scan), and ten have the IoU and confidences of picai_eval's own test maps (published).
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.random import Generator, default_rng

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "data" / "lesions"
NODULES = ROOT / "domains" / "lesions" / "data"
SEED = 20261127


Box = tuple[tuple[int, ...], tuple[int, ...]]
"""First corner and edge lengths, in cells."""


class Pair(NamedTuple):
    """Two masks on one grid."""

    prediction: np.ndarray
    reference: np.ndarray
    spacing: np.ndarray


def masks() -> dict[str, Pair]:
    """Return every case of masks.npz by its name."""
    return _load("masks.npz")


def detections() -> dict[str, Pair]:
    """Return every scan of detections.npz by its name; the spacing is 1."""
    return _load("detections.npz")


def _load(name: str) -> dict[str, Pair]:
    with np.load(FOLDER / name) as arrays:
        cases = sorted({key.split("/")[0] for key in arrays.files})
        return {case: Pair(*(arrays[f"{case}/{part}"] for part in Pair._fields)) for case in cases}


# ---------------------------------------------------------------- real lesions


def nodules() -> Iterator[tuple[str, Pair]]:
    """Yield the first two of four radiologists on each nodule."""
    for path in sorted(NODULES.glob("nodule_*.nii.gz")):
        raters, spacing = read_nodule(path)
        name = path.name.removesuffix(".nii.gz")
        yield name, Pair(raters[..., 0], raters[..., 1], spacing)


def read_nodule(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the masks (x, y, z, rater) and the spacing of a nodule: NIfTI-1, uint8, little-endian."""
    content = gzip.decompress(path.read_bytes())
    sizes = np.frombuffer(content, "<i2", 8, offset=40)
    pixdim = np.frombuffer(content, "<f4", 8, offset=76)
    begin = int(np.frombuffer(content, "<f4", 1, offset=108)[0])
    shape = tuple(int(size) for size in sizes[1:5])
    voxels = np.frombuffer(content, np.uint8, int(np.prod(shape)), offset=begin)
    masks = voxels.reshape(shape, order="F") > 0
    return masks, pixdim[1:4].astype(float)


# ---------------------------------------------------------------- drawn lesions


def noise() -> Iterator[tuple[str, Pair]]:
    """Yield masks whose voxels are drawn one by one: many small components that touch in every way."""
    shapes = [(9, 11), (16, 16), (1, 20), (25, 7), (7, 8, 6), (10, 10, 10), (12, 5, 9), (15, 14, 4)]
    for k, shape in enumerate(shapes):
        draw = default_rng([SEED, 1, k])
        density = draw.uniform(0.05, 0.35)
        prediction = draw.random(shape) < density
        reference = draw.random(shape) < density
        spacing = draw.choice([0.5, 0.7, 1.0, 1.3, 3.0], len(shape))
        yield f"noise_{k:02}", Pair(prediction, reference, spacing)


def scenes() -> Iterator[tuple[str, Pair]]:
    """Yield many lesions at once, found, moved, missed, split and made up."""
    isotropic = (1.0, 1.0, 1.0)
    grids = [
        ((40, 36, 28), isotropic),
        ((40, 36, 28), isotropic),
        ((48, 40, 32), isotropic),
        ((48, 40, 32), isotropic),
        ((60, 60, 20), isotropic),
        ((40, 40, 24), (0.9, 0.9, 3.0)),
        ((40, 40, 24), (0.5, 0.5, 5.0)),
        ((24, 50, 40), (2.5, 0.7, 0.7)),
        ((60, 50), (1.0, 1.0)),
        ((60, 50), (0.4, 1.6)),
        ((90, 70), (0.7, 0.7)),
        ((90, 70), (2.0, 1.0)),
    ]
    for k, (shape, spacing) in enumerate(grids):
        draw = default_rng([SEED, 2, k])
        n = int(draw.integers(4, 12))
        yield f"scene_{k:02}", _scene(draw, shape, spacing, n)


def _scene(draw: Generator, shape: tuple[int, ...], spacing: tuple[float, ...], n: int) -> Pair:
    prediction = np.zeros(shape, bool)
    reference = np.zeros(shape, bool)
    for _ in range(n):
        centre = draw.uniform(0, shape)
        radii = draw.uniform(0.8, 5.0) * draw.uniform(0.7, 1.4, len(shape))
        lesion = ellipsoid(shape, centre, radii)
        fate = draw.choice(["found", "moved", "missed", "split", "made up"], p=[0.3, 0.3, 0.15, 0.15, 0.1])
        if fate != "made up":
            reference |= lesion
        if fate == "missed":
            continue
        if fate == "moved":
            step = draw.uniform(-2.0, 2.0, len(shape))
            growth = draw.uniform(0.7, 1.3)
            lesion = ellipsoid(shape, centre + step, growth * radii)
        if fate == "split":
            axis = int(draw.integers(len(shape)))
            lesion = lesion & (np.indices(shape)[axis] != round(centre[axis]))
        prediction |= lesion
    return Pair(prediction, reference, np.array(spacing))


def ellipsoid(shape: tuple[int, ...], centre: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Return the cells whose centres lie in an ellipsoid; all lengths in cells."""
    place = np.moveaxis(np.indices(shape), 0, -1)
    inside: np.ndarray = (((place - centre) / radii) ** 2).sum(axis=-1) <= 1
    return inside


# ---------------------------------------------------------------- built lesions


def built() -> Iterator[tuple[str, Pair]]:
    """Yield cases whose lesions are boxes: (first corner, edge lengths)."""
    grid = (40, 60, 20)
    large = ((4, 4, 4), (10, 10, 10))
    small = ((30, 40, 10), (2, 2, 2))
    yield "table_missed", _boxes(grid, [large], [large, small])
    yield "table_made_up", _boxes(grid, [large, small], [large])
    # bars of 4 x 20 x 4: two halves of 4 x 8 x 4 with a gap of 4
    bar = ((10, 10, 8), (4, 20, 4))
    halves = [((10, 10, 8), (4, 8, 4)), ((10, 22, 8), (4, 8, 4))]
    yield "table_split", _boxes(grid, halves, [bar])
    yield "table_merged", _boxes(grid, [bar], halves)

    for shape in ((12, 10), (12, 10, 8)):
        lesion = ((3,) * len(shape), (4,) * len(shape))
        name = f"empty_{len(shape)}d"
        yield f"{name}_both", _boxes(shape, [], [])
        yield f"{name}_prediction", _boxes(shape, [], [lesion])
        yield f"{name}_reference", _boxes(shape, [lesion], [])
        yield f"{name}_neither", _boxes(shape, [lesion], [lesion])

    # Maier-Hein et al. 2024, Metrics reloaded, pitfall of Fig. 5c
    pixel = ((1, 1), (1, 1))
    square = ((9, 9), (3, 3))
    yield "textbook_outlier", _boxes((14, 14), [square], [pixel, square])
    block = ((5, 5), (20, 20))
    spike = ((25, 14), (9, 2))
    yield "textbook_spike", _boxes((40, 30), [block, spike], [block])
    yield "textbook_edge", _boxes((15, 20), [((0, 0), (15, 15))], [((0, 0), (15, 18))])
    yield "textbook_touching_corners", _boxes((12, 12), [((2, 2), (3, 3)), ((5, 5), (3, 3))], [((2, 2), (6, 6))])
    yield "textbook_whole", _boxes((6, 5, 4), [((0, 0, 0), (6, 5, 4))], [((1, 1, 1), (3, 3, 2))])

    rods = [((2, 2 + 9 * k, 2), (length, 1, 1)) for k, length in enumerate((1, 2, 3, 8, 49, 50, 51))]
    wide = (60, 70, 8)
    yield "volume_all", _boxes(wide, rods, rods)
    yield "volume_long_alone", _boxes(wide, rods[4:], rods)
    yield "volume_short_made_up", _boxes(wide, rods, rods[4:])
    yield "volume_short_alone", _boxes(wide, rods[:2], rods[:2])
    yield "volume_by_spacing", _boxes(wide, rods[1:], rods, (0.5, 1.0, 2.0))
    # 1 mm3 of which 50 make the least volume of a glioma, 8 voxels away from each other
    near = [((4, 4, 4), (4, 4, 4)), ((4, 14, 4), (4, 4, 4)), ((4, 23, 4), (4, 4, 4)), ((4, 31, 4), (4, 4, 4))]
    yield "volume_near", _boxes((14, 40, 14), near[1:], near)
    yield "volume_near_halves", _boxes((14, 40, 14), [near[0], near[2]], near)

    yield "tie_half", _boxes((8, 12, 4), [((2, 2, 1), (1, 2, 1))], [((2, 2, 1), (1, 4, 1))])
    yield "tie_two_halves", _boxes((8, 12), [((2, 2), (2, 2)), ((5, 2), (2, 2))], [((2, 2), (5, 2))])
    tenth = [((1, 1, 1), (1, 1, 1)), ((6, 1, 1), (1, 2, 1))]
    tens = [((1, 1, 1), (1, 10, 1)), ((6, 1, 1), (1, 10, 1))]
    yield "tie_tenth", _boxes((9, 14, 3), tenth, tens)
    # the greedy choice (10 of 14 first) leaves the other two without a partner; the best sum pairs all four
    chain_reference = [((2, 2), (1, 10)), ((2, 13), (1, 6))]
    chain_prediction = [((2, 5), (1, 12)), ((2, 2), (1, 2))]
    yield "tie_chain", _boxes((5, 24), chain_prediction, chain_reference)


def _boxes(
    shape: tuple[int, ...], prediction: list[Box], reference: list[Box], spacing: tuple[float, ...] | None = None
) -> Pair:
    isotropic = (1.0,) * len(shape)
    return Pair(_fill(shape, prediction), _fill(shape, reference), np.array(spacing or isotropic))


def _fill(shape: tuple[int, ...], boxes: list[Box]) -> np.ndarray:
    mask = np.zeros(shape, bool)
    for corner, edges in boxes:
        cells = tuple(slice(begin, begin + length) for begin, length in zip(corner, edges, strict=True))
        mask[cells] = True
    return mask


# ---------------------------------------------------------------- maps of detections


def scans() -> Iterator[tuple[str, Pair]]:
    """Yield maps of confidences: found, missed and made up, with equal scores and IoU of exactly a tenth."""
    for k in range(10):
        draw = default_rng([SEED, 3, k])
        # three of the ten are healthy
        n_lesions = 0 if k in (2, 5, 8) else int(draw.integers(1, 5))
        yield f"scan_{k}", _scan(draw, n_lesions)
    tenth = ((2, 4, 4), (10, 1, 1))
    # one candidate covers a tenth of the lesion, another of the same score lies beside it
    yield "scan_tenth", _marks([tenth], [(((5, 4, 4), (1, 1, 1)), 0.5), (((15, 10, 6), (2, 1, 1)), 0.5)])
    # two candidates on one lesion: the worse placed one has the higher score
    yield "scan_two_on_one", _marks([tenth], [(((2, 4, 4), (3, 1, 1)), 0.9), (((7, 4, 4), (5, 1, 1)), 0.4)])
    # a candidate shares a voxel with the lesion, but its centre lies beside it
    yield "scan_beside", _marks([tenth], [(((11, 4, 4), (6, 1, 1)), 0.7)])


def published() -> Iterator[tuple[str, Pair]]:
    """Yield ten scans like the test maps of picai_eval: the same IoU and confidences, so AP 5/18 and AUROC 3/4."""
    square = ((4, 4, 4), (5, 5, 1))
    beside = ((14, 14, 9), (5, 5, 1))
    rod = ((1, 10, 4), (21, 1, 1))
    scans: list[tuple[list[Box], list[tuple[Box, float]]]] = [
        ([], []),
        ([square], []),
        ([], [(square, 1.0)]),
        ([square], [(beside, 1.0)]),
        # IoU 1/3
        ([((2, 4, 4), (6, 1, 1))], [(((5, 4, 4), (6, 1, 1)), 1.0)]),
        # 9/41, and 3/47 with the higher confidence
        ([square], [(((6, 6, 4), (5, 5, 1)), 1.0), (((0, 2, 4), (5, 5, 1)), 2.0)]),
        # 1/3, and 2/7 with the higher confidence
        ([rod], [(((1, 10, 4), (7, 1, 1)), 1.0), (((12, 10, 4), (6, 1, 1)), 2.0)]),
        # 1/3 of either lesion
        ([((5, 4, 4), (4, 1, 1)), ((11, 4, 4), (4, 1, 1))], [(((6, 4, 4), (8, 1, 1)), 1.0)]),
        # 5/11 of one, 1/11 of the other
        ([((3, 4, 4), (6, 1, 1)), ((13, 4, 4), (2, 1, 1))], [(((4, 4, 4), (10, 1, 1)), 1.0)]),
        # 1/25
        ([square], [(((6, 6, 4), (1, 1, 1)), 1.0)]),
    ]
    for k, (lesions, candidates) in enumerate(scans):
        yield f"published_{k}", _marks(lesions, candidates)


SCAN = (24, 22, 14)


def _scan(draw: Generator, n_lesions: int) -> Pair:
    confidence = np.zeros(SCAN, np.float32)
    reference = np.zeros(SCAN, bool)
    for _ in range(n_lesions):
        centre = draw.uniform(3, np.array(SCAN) - 3)
        radii = draw.uniform(1.5, 3.5, 3)
        reference |= ellipsoid(SCAN, centre, radii)
        if draw.random() < 0.75:
            found = ellipsoid(SCAN, centre + draw.uniform(-1.2, 1.2, 3), draw.uniform(0.6, 1.2) * radii)
            _mark(confidence, found, draw)
    for _ in range(int(draw.integers(0, 3))):
        made_up = ellipsoid(SCAN, draw.uniform(0, SCAN), draw.uniform(0.8, 2.5, 3))
        _mark(confidence, made_up, draw)
    return Pair(confidence, reference, np.ones(3))


def _mark(confidence: np.ndarray, candidate: np.ndarray, draw: Generator) -> None:
    """Give a candidate one of few scores, unless it touches one that is there."""
    score = draw.choice([0.2, 0.4, 0.5, 0.5, 0.7, 0.9])
    around = np.argwhere(candidate)
    if len(around) == 0:
        return
    begin = np.maximum(around.min(axis=0) - 1, 0)
    end = around.max(axis=0) + 2
    box = tuple(slice(first, last) for first, last in zip(begin, end, strict=True))
    if not confidence[box].any():
        confidence[candidate] = score


def _marks(lesions: list[Box], candidates: list[tuple[Box, float]]) -> Pair:
    confidence = np.zeros(SCAN, np.float32)
    for box, score in candidates:
        confidence[_fill(SCAN, [box])] = score
    return Pair(confidence, _fill(SCAN, lesions), np.ones(3))


def write() -> None:
    """Draw and build every case, and store it."""
    FOLDER.mkdir(exist_ok=True)
    pairs = dict([*nodules(), *noise(), *scenes(), *built()])
    for name, cases in (("masks.npz", pairs), ("detections.npz", dict([*scans(), *published()]))):
        arrays = {f"{case}/{part}": getattr(pair, part) for case, pair in cases.items() for part in Pair._fields}
        np.savez_compressed(FOLDER / name, **arrays)


if __name__ == "__main__":
    write()
