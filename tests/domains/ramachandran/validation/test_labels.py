"""Names never cover one another and never leave the picture, whatever is named."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from domains.ramachandran import plot_residues, reference, validate
from domains.ramachandran.validation.labels import names_of_files, shared_names, write_names

pytestmark = pytest.mark.usefixtures("unsettled")
FEW = reference().sel(category=["general"])
"""To draw the regions of all categories is most of the work."""


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def outliers(chains, points, resname="LYS", resseq=12, category="general"):
    phi, psi = np.broadcast_to(np.asarray(points, float).reshape(-1, 2), (len(chains), 2)).T
    columns = {"chain": chains, "resseq": resseq, "icode": "", "resname": resname, "phi": phi, "psi": psi}
    return pd.DataFrame({**columns, "category": category, "evaluation": "OUTLIER"})


def letters(n):
    return [f"{chr(65 + k % 26)}{k // 26 or ''}" for k in range(n)]


RNG = np.random.default_rng(8)
PICTURES = {
    "12-mer": outliers(letters(12), [5.0, 130.0]),
    "14-mer, right edge": outliers(letters(14), [176.0, -20.0]),
    "24-mer, corner": outliers(letters(24), [-179.0, 179.0]),
    "60-mer of long names": outliers([f"Chain{k}" for k in range(60)], [0.0, 0.0]),
    "one very long name": outliers(["AVeryLongNameOfAChain" * 4], [-60.0, 0.0]),
    "numbers apart": pd.concat([outliers(["A"], [60.0, -60.0], resseq=k) for k in range(30)]),
    "spread": outliers(["A"] * 70, RNG.uniform(-180, 180, (70, 2)), resseq=np.arange(70)),
    "marks": outliers(["$x$", "_{", "\\"], [[0.0, 0.0], [0.0, 60.0], [0.0, 120.0]]),
    "two panels": pd.concat([outliers(letters(30), [0, 0], category=k) for k in ("glycine", "general")]),
}


def assert_apart_and_inside(ax):
    """As matplotlib draws them, in pixels."""
    renderer = ax.figure.canvas.get_renderer()
    frame = ax.get_window_extent().padded(1)
    found = [text.get_window_extent(renderer) for text in ax.texts]
    for k, box in enumerate(found):
        assert frame.x0 <= box.x0
        assert box.x1 <= frame.x1
        assert frame.y0 <= box.y0
        assert box.y1 <= frame.y1
        assert not any(box.overlaps(other) for other in found[:k])
    return len(found)


@pytest.mark.parametrize("inches", [2.2, 3.5, 8])
@pytest.mark.parametrize("name", PICTURES)
def test_names_lie_apart_and_inside(name, inches):
    table = PICTURES[name]
    ax = plt.figure(figsize=(inches, inches)).add_subplot(xlim=(-180, 180), ylim=(-180, 180))
    assert write_names(table, table[["phi", "psi"]].to_numpy(), ax)
    assert assert_apart_and_inside(ax)


@pytest.mark.slow
@pytest.mark.parametrize("inches", [2.2, 3.5])
def test_no_name_lies_on_the_mark_of_a_residue_that_is_named(inches):
    table = pd.concat([PICTURES["spread"]] * 2, ignore_index=True)
    ax = plt.figure(figsize=(inches, inches)).add_subplot(xlim=(-180, 180), ylim=(-180, 180))
    assert write_names(table, table[["phi", "psi"]].to_numpy(), ax) > 10
    renderer = ax.figure.canvas.get_renderer()
    marks = ax.transData.transform(table[["phi", "psi"]].to_numpy())
    for text in ax.texts:
        box = text.get_window_extent(renderer)
        assert not any(box.contains(x, y) for x, y in marks)


def test_a_name_stays_near_its_point_and_off_a_crowd():
    ax = plt.figure(figsize=(2.2, 2.2)).add_subplot(xlim=(-180, 180), ylim=(-180, 180))
    crowd = RNG.uniform(-180, 180, (4000, 2))
    assert write_names(outliers(["A"], [0.0, 0.0]), crowd, ax) == 0
    assert not ax.texts


@pytest.mark.slow
def test_names_in_the_panels_of_the_whole_picture(monkeypatch):
    monkeypatch.undo()
    axes = plot_residues(pd.concat([PICTURES["two panels"], PICTURES["spread"]]))
    axes[0, 0].figure.draw_without_rendering()
    assert sum(assert_apart_and_inside(ax) for ax in axes.flat) > 20


def test_the_case_of_twelve_chains(shared_cases):
    residues, skipped = validate(shared_cases / "twelve_chains_one_outlier" / "twelve.pdb")
    assert residues["evaluation"].value_counts().to_dict() == {"Favored": 24, "OUTLIER": 12, "Allowed": 0}
    names = [text.get_text() for ax in plot_residues(residues, FEW).flat for text in ax.texts]
    assert names == ["12 chains LYS 12"]
    assert len(skipped) == 24


def test_many_chains_are_counted_and_few_are_listed():
    def text(n):
        (name,) = shared_names(outliers(letters(n), [5.0, 130.0]))
        return name.text

    assert text(1) == "A LYS 12"
    assert text(3) == "A,B,C LYS 12"
    assert text(12) == "12 chains LYS 12"
    assert text(60) == "60 chains LYS 12"


def test_copies_that_lie_apart_have_names_of_their_own():
    table = outliers(["A", "B", "C"], [[5, 130], [170, 0], [-175, 2]])
    assert [name.text for name in shared_names(table)] == ["A LYS 12", "B LYS 12", "C LYS 12"]
    table = outliers(["A", "B", "C"], [[5, 130], [176, 0], [-175, 2]])
    assert [name.text for name in shared_names(table)] == ["A LYS 12", "B,C LYS 12"]


def test_models_of_one_residue_share_a_name():
    table = pd.concat([outliers(["A"], [5.0, 130.0])] * 20)
    assert [name.text for name in shared_names(table)] == ["A LYS 12"]


@pytest.mark.slow
def test_the_worst_are_named_and_the_title_says_how_many():
    ax = plot_residues(PICTURES["spread"].assign(score=np.arange(70) / 1e6), FEW)[0, 0]
    names = [text.get_text() for text in ax.texts]
    assert ax.get_title() == f"General (n = 70)\n70 outliers, {len(names)} named"
    assert names[0] == "A LYS 0"


@pytest.mark.slow
def test_residues_are_counted_as_named_with_all_their_copies():
    ax = plot_residues(PICTURES["12-mer"], FEW)[0, 0]
    assert len(ax.texts) == 1
    assert ax.get_title() == "General (n = 12)\n12 outliers"


FILES = {
    "short": (["a/1ubq.pdb", "b/7ABC.cif.gz"], ["1ubq A LYS 12", "7ABC A LYS 12"]),
    "long": (
        ["fold_of_mine_model_0.cif", "fold_of_mine_model_1.cif"],
        ["fold_…odel_0 A LYS 12", "fold_…odel_1 A LYS 12"],
    ),
    "one name": (["a/model.pdb", "b/model.pdb"], ["file 1 A LYS 12", "file 2 A LYS 12"]),
    "commas": (["one, two.pdb", "one, three.pdb"], ["one, two A LYS 12", "one, three A LYS 12"]),
}


@pytest.mark.parametrize("kind", FILES)
def test_names_say_the_file_if_there_are_several(kind):
    files, wanted = FILES[kind]
    table = outliers(["A", "A"], [[0.0, 0.0], [0.0, 90.0]]).assign(file=files)
    assert [name.text for name in shared_names(table, names_of_files(table))] == wanted


def test_copies_in_several_files_are_counted():
    table = outliers(["B", "A", "C"], [0.0, 0.0]).assign(file=["1.pdb", "1.pdb", "2.pdb"])
    files = names_of_files(table)
    assert [name.text for name in shared_names(table, files)] == ["2 files LYS 12"]
    assert [name.text for name in shared_names(table[:2], files)] == ["1 A,B LYS 12"]
    assert names_of_files(table[:2]) == names_of_files(table.drop(columns="file")) == {}
