"""Pages say what the tables say."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from domains._checks import UsageError
from domains._console import Outputs
from domains.cli import app
from domains.ramachandran import assess, compare_models, example, hard_sphere, region, summarise, validate
from domains.ramachandran.pages import changes_page, comparison_page, validation_page


@pytest.fixture(scope="module")
def tables():
    return validate([example("1a28"), example("1a8o")])


def test_findings_come_first(tables):
    html = validation_page(*tables, summarise(*tables), {"modified": "parent"}, ["a <note>"])
    begin = html.index("1a28.pdb.gz: 496 residues counted, 96.37 % favored, 0.60 % outliers")
    assert begin < html.index("3 outliers, the worst first: 1a28.pdb.gz B ASP 704") < html.index("<table")
    assert "a &lt;note&gt;" in html
    assert "<th>modified</th><td>parent</td>" in html
    assert len(html.encode()) < 1_000_000


def test_what_is_odd_beside_the_labels_is_a_finding(made, but, write_pdb):
    residues = [but(r, hand="D") if k == 2 else r for k, r in enumerate(made((-60.0, -45.0), (-60.0, -45.0)))]
    tables = validate([write_pdb(residues)], chirality="mirror")
    html = validation_page(*tables, summarise(*tables), {})
    told = html.index(
        "1 residue of the wrong hand (D under an L name, or L under a D name), 1 residue scored at (-phi, -psi)"
    )
    assert told < html.index("<table")
    assert "measured_phi" not in html


def test_the_worst_residue_stands_on_top(tables):
    html = validation_page(*tables, summarise(*tables), {})
    first_row = html.split("<h2>Residues</h2>")[1].split("<tbody>")[1].split("</tr>")[0]
    assert "704" in first_row
    assert '<mark class="bad">OUTLIER</mark>' in first_row


@pytest.fixture
def moved(made, write_pdb):
    """Two models: one residue is an outlier in the second, one no longer."""
    before = write_pdb(made((-60.0, -45.0), (100.0, -100.0), (-60.0, -45.0)), "before<1>.pdb")
    after = write_pdb(made((100.0, -100.0), (-60.0, -45.0), (-62.0, -45.0)), "after.pdb")
    return compare_models(before, after)


def test_the_page_of_changes_says_first_who_got_worse(moved):
    html = changes_page(*moved, ("before<1>.pdb", "after.pdb"), {"chains": "A=A"}, ["a <note>"])
    told = html.index("1 got worse: A 2 ALA (Favored → OUTLIER)")
    assert told < html.index("1 got better, 1 kept their label") < html.index("<table")
    assert "<h1>before&lt;1&gt;.pdb to after.pdb</h1>" in html
    first_row = html.split("<h2>Residues</h2>")[1].split("<tbody>")[1].split("</tr>")[0]
    assert "A 2 ALA" in first_row
    assert '<mark class="bad">worse</mark>' in first_row
    assert html.count("no angles") == len(moved[1]) == 2
    assert "<th>chains</th><td>A=A</td>" in html
    assert "a &lt;note&gt;" in html
    assert len(html.encode()) < 1_000_000


def test_the_page_of_changes_where_nothing_got_worse(moved):
    changes, unmatched = moved
    html = changes_page(changes[changes["change"] == "same"], unmatched[:0], ("a", "b"), {})
    assert "no residue got worse" in html


def test_many_residues_stay_under_a_megabyte(tables):
    residues, skipped = tables
    many = residues.loc[residues.index.repeat(30)]
    assert len(many) > 15_000
    html = validation_page(many, skipped, summarise(many, skipped), {})
    assert len(html.encode()) < 1_000_000


def test_a_comparison_of_every_category():
    assessed = assess(region(category=None, level="favored"), level="allowed")
    html = comparison_page(assessed)
    assert "glycine: IoU 0.572: 42.8 % of the reference is missed, 0.0 % of the prediction lies outside it" in html
    assert len(html.encode()) < 1_000_000


def test_one_comparison():
    html = comparison_page(assess(hard_sphere(), level="allowed"), ["turned?"])
    assert "IoU 0.485" in html
    assert '<li class="bad">turned?</li>' in html


def test_commands_write_pages(tmp_path):
    page = tmp_path / "page.html"
    ran = CliRunner().invoke(app, ["ramachandran", "validate", str(example("1a8o")), "--html", str(page)])
    assert ran.exit_code == 0
    assert "1a8o.cif.gz: 68 residues counted" in page.read_text()
    hard_sphere().to_netcdf(tmp_path / "spheres.nc", engine="h5netcdf")
    command = ["ramachandran", "compare", str(tmp_path / "spheres.nc"), "--level", "allowed", "--html", str(page)]
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 0
    assert "IoU 0.485" in page.read_text()


@pytest.mark.parametrize("name", ["page.txt", "nowhere/page.html"])
def test_a_page_that_cannot_be_saved_is_refused_before_the_work(tmp_path, name):
    with pytest.raises(UsageError, match=f"^--html .*{name}: "):
        Outputs(html=tmp_path / name)
