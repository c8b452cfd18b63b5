"""Pages say what the tables say."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from domains._checks import UsageError
from domains._console import Outputs
from domains.cli import app
from domains.ramachandran import compare_models, example, validate
from domains.ramachandran.validation.pages import changes_page, validation_page
from domains.ramachandran.validation.plotting import caption
from domains.ramachandran.validation.told import tell


@pytest.fixture(autouse=True)
def _without_pictures(monkeypatch):
    """What the pictures show is what other tests are about."""
    for plot in ("plotting.plot_residues", "kleywegt.plot_changes"):
        monkeypatch.setattr(
            f"domains.ramachandran.validation.{plot}", lambda *_: np.array([[SimpleNamespace(figure=None)]])
        )
    monkeypatch.setattr("domains.ramachandran.validation.pages.picture", lambda *_: "<figure></figure>")


@pytest.fixture(scope="module")
def tables():
    return validate([example("1a28"), example("1a8o")])


def page_of(tables, done=None, notes=(), core=None):
    residues, skipped = tables
    files = dict.fromkeys([*residues["file"], *skipped["file"]])
    return validation_page(tell(files, residues, skipped, core), skipped, done or {}, notes)


@pytest.mark.slow
def test_findings_come_first(tables):
    html = page_of(tables, {"modified": "parent"}, ["a <note>"])
    begin = html.index("1a28.pdb.gz: 496 residues counted, 96.37 % favored, 0.60 % outliers")
    assert begin < html.index("3 outliers, the worst first: 1a28.pdb.gz B ASP 704") < html.index("<table")
    assert "a &lt;note&gt;" in html
    assert "<th>modified</th><td>parent</td>" in html


def test_what_is_odd_beside_the_labels_is_a_finding(made, but, write_pdb):
    residues = [but(r, hand="D") if k == 2 else r for k, r in enumerate(made((-60.0, -45.0), (-60.0, -45.0)))]
    tables = validate([write_pdb(residues)], chirality="mirror")
    html = page_of(tables)
    told = html.index(
        "1 residue of the wrong hand (D under an L name, or L under a D name), 1 residue scored at (-phi, -psi)"
    )
    assert told < html.index("<table")
    assert "measured_phi" not in html


@pytest.fixture
def ensemble(made, but, in_chain, write_pdb):
    """Three models with a cis-proline in two of them; in the last one a residue is an outlier."""
    folded = [(-60.0, -45.0)] * 3
    models = [made(*folded), made(*folded), made(folded[0], (100.0, -100.0), folded[2])]
    for model in models[:2]:
        model[2] = but(model[2], resname="PRO", phi=-80.0, psi=150.0, omega=2.0)
    return write_pdb([[in_chain(model)] for model in models], "nmr.pdb")


@pytest.mark.slow
def test_an_ensemble_has_its_models_and_what_is_compared_over_them(ensemble):
    html = page_of(validate(ensemble), core="A:2")
    assert html.index("nmr.pdb: 3 models, the best is model 1 (100.00 % favored)") < html.index("<table")
    of_models = html.split("<h2>Models of nmr.pdb</h2>")[1].split("<section>")[0]
    assert "<th>best</th><td>model 1</td>" in of_models
    assert "mean 88.89 %, standard deviation 19.25 %, from 66.67 to 100.00 %" in of_models
    assert "mean 11.11 %, standard deviation 19.25 %, from 0.00 to 33.33 %" in of_models
    assert of_models.count("<tr>") - of_models.count("<th>") == 1 + 3
    assert "<h2>Models of nmr.pdb, core A:2</h2>" in html


@pytest.mark.slow
def test_a_file_of_one_model_has_no_section_of_models(tables):
    assert "Models of" not in page_of(tables)


@pytest.mark.slow
def test_cis_prolines_are_named_once_with_their_models(ensemble):
    html = page_of(validate(ensemble))
    assert "2 cis-prolines</li>" in html
    assert '<li class="">cis-proline: A PRO 3 in 2 models</li>' in html


@pytest.mark.slow
def test_one_outlier_is_no_outliers(ensemble):
    assert "1 outlier: model 3 A ALA 3" in page_of(validate(ensemble))


@pytest.mark.slow
def test_the_attribution_is_on_every_page(tables, moved):
    for html in (page_of(tables), changes_page(*moved, ("a", "b"), {})):
        assert f"<th>attribution</th><td>{caption()}</td>" in html


def test_the_worst_residue_stands_on_top(tables):
    html = page_of(tables)
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


def test_new_outliers_stand_before_those_that_moved_farther(moved):
    changes, unmatched = moved
    far = changes[:1].assign(where_after="A 9 ALA", evaluation_after="Allowed", distance=170.0)
    html = changes_page(pd.concat([far, changes], ignore_index=True), unmatched, ("a", "b"), {})
    assert "2 got worse: A 2 ALA (Favored → OUTLIER), A 9 ALA (Favored → Allowed)" in html
    left_out = html.split("<h2>Not matched</h2>")[1]
    assert "<td>after.pdb</td>" in left_out or "<td>before&lt;1&gt;.pdb</td>" in left_out


def test_what_is_not_scored_has_its_finding(made, but, write_pdb):
    residues = made((-60.0, -45.0))
    path = write_pdb([*residues[:-1], but(residues[-1], omega=100.0)])
    left_out = page_of(validate([path])).split("<h2>Not scored</h2>")[1]
    assert "twisted peptide" in left_out
    assert "instance" not in left_out


def test_the_page_of_changes_where_nothing_got_worse(moved):
    changes, unmatched = moved
    html = changes_page(changes[changes["change"] == "same"], unmatched[:0], ("a", "b"), {})
    assert "no residue got worse" in html


@pytest.mark.slow
def test_pages_stay_under_a_megabyte(tables, moved, monkeypatch):
    # with their pictures
    monkeypatch.undo()
    assert len(changes_page(*moved, ("a", "b"), {}).encode()) < 1_000_000
    residues, skipped = tables
    many = residues.loc[residues.index.repeat(30)]
    assert len(many) > 15_000
    html = page_of((many, skipped))
    assert len(html.encode()) < 1_000_000


@pytest.mark.slow
def test_commands_write_pages(tmp_path):
    page = tmp_path / "page.html"
    ran = CliRunner().invoke(app, ["ramachandran", "validate", str(example("1a8o")), "--html", str(page)])
    assert ran.exit_code == 0
    assert "1a8o.cif.gz: 68 residues counted" in page.read_text()


@pytest.mark.parametrize("name", ["page.txt", "nowhere/page.html"])
def test_a_page_that_cannot_be_saved_is_refused_before_the_work(tmp_path, name):
    with pytest.raises(UsageError, match=f"^--html .*{name}: "):
        Outputs(html=tmp_path / name)
