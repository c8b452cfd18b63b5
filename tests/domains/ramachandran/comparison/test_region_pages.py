"""The page of a comparison says what the tables say."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from domains.cli import app
from domains.ramachandran import (
    assess,
    basins,
    compare_densities,
    density_from_angles,
    draw_angles,
    hard_sphere,
    reference,
    region,
    region_from_density,
)
from domains.ramachandran.comparison.region_pages import comparison_page
from domains.ramachandran.validation.plotting import caption

pytestmark = pytest.mark.usefixtures("undrawn")


def cells_of(html, title):
    """Return the rows of the table of a section, as text."""
    body = html.split(f"<h2>{title}</h2>")[1].split("<tbody>")[1].split("</tbody>")[0]
    rows = [row.split("<td")[1:] for row in body.split("</tr>")[:-1]]
    return [[cell.split(">", 1)[1].split("</td>")[0] for cell in row] for row in rows]


def plain(cells):
    return cells.drop_vars(["score", "cut", "category"]).drop_attrs()


@pytest.fixture(scope="module")
def density():
    phi, psi = draw_angles(2000, seed=5)
    return density_from_angles(phi, psi, bandwidth=8)


@pytest.mark.slow
def test_a_comparison_of_every_category():
    html = comparison_page(assess(region(category=None, level="favored"), level="allowed"))
    assert "glycine: IoU 0.572: 42.8 % of the reference is missed, 0.0 % of the prediction lies outside it" in html
    assert len(cells_of(html, "Numbers")) == 6
    assert "IoU over mass" not in html


def test_one_comparison():
    html = comparison_page(assess(hard_sphere(), level="allowed"), ["turned?"])
    assert "IoU 0.485" in html
    assert '<li class="bad">turned?</li>' in html
    assert "74.07% of the residues of top8000, from its ranks, are inside the prediction, 99.95% inside" in html
    assert "alphaL is missed" in html
    assert "prediction_cut" not in html


@pytest.mark.slow
def test_the_basins_have_a_table():
    assessed = assess(hard_sphere(), level="allowed")
    rows = cells_of(comparison_page(assessed), "Basins")
    wanted = basins(assessed)
    assert [row[0].replace("&#x27;", "'") for row in rows] == wanted["basin"].tolist()
    assert [row[6] for row in rows] == [f"{iou:.4f}" for iou in wanted["iou"]]


@pytest.mark.slow
def test_soft_regions_have_no_basins():
    assert "Basins" not in comparison_page(assess(hard_sphere() * 0.5))


@pytest.mark.slow
@pytest.mark.parametrize("against", ["name", "region", "density"])
def test_a_prediction_that_was_cut_from_a_density_has_the_iou_over_mass(density, against):
    other = density.roll(phi=3, roll_coords=False)
    truths = {"name": "top8000", "region": region(), "density": region_from_density(other, mass=0.98)}
    html = comparison_page(assess(region_from_density(density, mass=0.98), truths[against]))
    wanted = compare_densities(density, other if against == "density" else "top8000")
    rows = cells_of(html, "IoU over mass")
    assert [row[1] for row in rows] == [f"{iou:.4f}" for iou in wanted["iou_at_mass"].values]
    assert rows[-1][0] == "0.9995"
    assert f"<td>{float(wanted['overlapping_coefficient']):.4f}</td>" in html


@pytest.mark.slow
def test_a_stack_of_densities_has_a_row_for_each(density):
    stack = xr.concat([density, density.roll(phi=3, roll_coords=False)], "model")
    html = comparison_page(assess(region_from_density(stack, mass=0.98)))
    assert len(cells_of(html, "IoU over mass")) == 2 * 11


@pytest.mark.slow
def test_two_sets_of_cells_have_no_curve(density):
    assert "IoU over mass" not in comparison_page(assess(hard_sphere()))
    assert "IoU over mass" not in comparison_page(assess(region_from_density(density, mass=0.98), plain(region())))


def test_how_the_prediction_was_cut_is_a_finding_and_in_the_list(density):
    html = comparison_page(assess(region_from_density(density, mass=0.9)))
    said = "the smallest set of cells that holds 90 % of the mass"
    assert html.index(f"prediction: {said}") < html.index("<table")
    assert f"<th>prediction_cut</th><td>{said}</td>" in html


@pytest.mark.slow
def test_the_attribution_of_the_maps_that_are_drawn():
    def owed(html):
        return html.split("<th>attribution</th><td>")[1].split("</td>")[0] if "<th>attribution" in html else ""

    own = reference().drop_attrs(deep=False).assign_attrs(name="mine <1>", license="CC0")
    assert owed(comparison_page(assess(hard_sphere()))) == caption()
    assert owed(comparison_page(assess(region(), plain(region())))) == caption()
    assert owed(comparison_page(assess(hard_sphere(), own))) == "mine &lt;1&gt;: CC0"
    assert owed(comparison_page(assess(hard_sphere(), plain(region())))) == ""


def test_the_command_writes_the_page(tmp_path):
    page = tmp_path / "page.html"
    centres = np.arange(-175, 180, 10)
    psi, phi = np.meshgrid(centres, centres, indexing="ij")
    energy = 20 * (2 - np.cos(np.radians(phi + 65)) - np.cos(np.radians(psi + 45)))
    rows = [f"{p},{s},{e:.5f}" for p, s, e in zip(phi.ravel(), psi.ravel(), energy.ravel(), strict=True)]
    (tmp_path / "fes.csv").write_text("\n".join(["phi (degrees),psi (degrees),energy (kJ/mol)", *rows]) + "\n")
    command = ["ramachandran", "compare", str(tmp_path / "fes.csv"), "--cutoff", "15", "--html", str(page)]
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 0, ran.output
    html = page.read_text()
    assert "prediction: energy &lt;= 15 kJ/mol above the minimum" in html
    assert "<h2>Basins</h2>" in html
    assert caption() in html


@pytest.mark.slow
def test_many_comparisons_stay_under_a_megabyte(monkeypatch):
    # with their pictures
    monkeypatch.undo()
    names = [f"model, {k} of <many>" for k in range(40)]
    stack = xr.concat([hard_sphere()] * 40, "model").assign_coords(model=names)
    html = comparison_page(assess(stack))
    assert len(html.encode()) < 1_000_000
    assert "The first 12 of 40; --plot draws them all." in html
    assert "and 28 more, in the table below" in html
    assert len(cells_of(html, "Numbers")) == 40
