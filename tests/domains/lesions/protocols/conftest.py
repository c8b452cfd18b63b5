"""What the released tools say of the masks in tests/data/lesions; benchmarks/peers/ asked them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from domains.lesions.protocols import PROTOCOLS, MaskPair

FOLDER = Path(__file__).parents[3] / "data" / "lesions"


@pytest.fixture(scope="session")
def mask_pairs():
    """Each case of masks.npz by name."""
    with np.load(FOLDER / "masks.npz") as arrays:
        names = sorted({key.split("/")[0] for key in arrays.files})
        return {
            name: MaskPair(
                arrays[f"{name}/prediction"], arrays[f"{name}/reference"], tuple(arrays[f"{name}/spacing"].tolist())
            )
            for name in names
        }


@pytest.fixture(scope="session")
def answers():
    """A function that returns what a tool says of the lesions, by case."""

    def read(tool):
        return json.loads((FOLDER / f"{tool}.json").read_text())["lesions"]

    return read


@pytest.fixture(scope="session")
def scored(mask_pairs):
    """A function that returns what a protocol of ours says of a case."""

    @cache
    def score(protocol, name, turned=False):
        masks = mask_pairs[name]
        if not turned:
            return PROTOCOLS[protocol].score(masks)
        spacing = masks.spacing[::-1]
        if spacing == masks.spacing:
            return score(protocol, name)
        return PROTOCOLS[protocol].score(MaskPair(masks.predicted, masks.reference, spacing))

    return score


@pytest.fixture(scope="session")
def boxes():
    """A function that returns the masks of boxes, given by their first corners and edge lengths."""

    def pair(predicted, reference, spacing=(1.0, 1.0, 1.0), shape=(40, 60, 20)):
        masks = np.zeros((2, *shape), bool)
        for mask, lesions in zip(masks, (predicted, reference), strict=True):
            for corner, edges in lesions:
                mask[tuple(slice(c, c + e) for c, e in zip(corner, edges, strict=True))] = True
        return MaskPair(*masks, spacing)

    return pair
