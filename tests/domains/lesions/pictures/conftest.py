"""Small masks, and how a table of a page is read."""

from __future__ import annotations

import numpy as np
import pytest

from domains.lesions import as_image, write_image

GOOD = np.s_[2:8, 2:8, 1:3]
SHIFTED = np.s_[4:10, 2:8, 1:3]


def make_box(*places, shape=(24, 24, 4), label=1):
    """Return a label map that has a label in some places; voxels of 1 × 1 × 2 mm."""
    values = np.zeros(shape, np.uint8)
    for place in places:
        values[place] = label
    return as_image(values, (1.0, 1.0, 2.0), name="<b>mask</b>")


def read_rows(html, title):
    """Return the cells of the table of a section as text."""
    body = html.split(f"<h2>{title}</h2>")[1].split("<tbody>")[1].split("</tbody>")[0]
    rows = []
    for line in body.strip().split("</tr>"):
        cells = [cell.split("</td>")[0].split(">")[-1] for cell in line.replace("</mark>", "").split("<td")[1:]]
        if cells:
            rows.append(cells)
    return rows


@pytest.fixture(scope="session")
def box():
    return make_box


@pytest.fixture(scope="session")
def rows_of():
    return read_rows


@pytest.fixture
def images(tmp_path):
    """Files of a prediction, shifted by 2 of 6 voxels, and of its reference."""
    pytest.importorskip("nibabel")
    names = [tmp_path / name for name in ("pred<b>&.nii.gz", "ref.nii.gz")]
    write_image(make_box(SHIFTED), names[0])
    write_image(make_box(GOOD), names[1])
    return names
