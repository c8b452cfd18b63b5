"""The report as a Dataset: every column has its unit, its definition, and its place in the table."""

from __future__ import annotations

import numpy as np
import pytest

from domains.lesions import as_image, compare
from domains.lesions.comparison.reports import BOUNDARY_INDICES, DEFINED, DISTANCES


@pytest.fixture(scope="module")
def report():
    mask = np.zeros((6, 7, 8), bool)
    mask[1:4, 2:5, 2:7] = True
    return compare(as_image(mask, 1.0), as_image(np.roll(mask, 1, axis=0), 1.0), nsd_tolerance=0.5, boundary_width=2.0)


def test_what_lies_along_boundaries_says_what_it_means(report):
    for name in DISTANCES:
        assert report[name].attrs["units"] == "mm"
    for name in (*DISTANCES, *BOUNDARY_INDICES):
        assert len(report[name].attrs["definition"]) > 20
    assert report.nsd.attrs["tolerance"] == 0.5
    assert report.boundary_iou.attrs["definition"].startswith("IoU of the voxels at most 2 mm from a boundary voxel")
    assert "units" not in report.nsd.attrs


def test_what_may_be_undefined_is_counted(report):
    assert report.n_defined.to_series().to_dict() == dict.fromkeys(DEFINED, 1)


def test_the_defaults_are_in_the_attrs(report):
    decisions = {"surface": "voxel", "connectivity": 3, "radius": "none", "resample": "none", "boundary_width": 2.0}
    assert decisions.items() <= report.attrs.items()
