"""Names never cover one another and never leave the picture, whatever is named."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from domains.ramachandran import plot_residues, validate
from domains.ramachandran.labels import Name, place, shared_names, write_names


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
    write_names(table, table[["phi", "psi"]].to_numpy(), ax)
    assert assert_apart_and_inside(ax)


def test_names_in_the_panels_of_the_whole_picture():
    axes = plot_residues(pd.concat([PICTURES["two panels"], PICTURES["spread"]]))
    axes[0, 0].figure.draw_without_rendering()
    assert sum(assert_apart_and_inside(ax) for ax in axes.flat) > 20


def test_the_case_of_twelve_chains(shared_cases):
    residues, skipped = validate(shared_cases / "twelve_chains_one_outlier" / "twelve.pdb")
    assert residues["evaluation"].value_counts().to_dict() == {"Favored": 24, "OUTLIER": 12, "Allowed": 0}
    names = [text.get_text() for ax in plot_residues(residues).flat for text in ax.texts]
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


def test_the_worst_are_named_and_the_rest_counted():
    axes = plot_residues(PICTURES["spread"].assign(score=np.arange(70) / 1e6))
    *names, remark = [text.get_text() for text in axes[0, 0].texts]
    assert remark == f"{len(names)} worst of 70 named"
    assert names[0] == "A LYS 0"


def test_a_name_has_no_place_where_there_is_none():
    name = Name("A ALA 5", 0.0, 0.0)
    point = np.zeros((1, 2))
    assert place([name], [(400.0, 10.0)], point) == [None]
    first, second = place([name, name], [(300.0, 300.0)] * 2, np.array([[179.0, 179.0]]))
    assert first is None or second is None


def test_names_avoid_points():
    crowd = np.array([[x, y] for x in range(6, 60, 2) for y in range(-8, 9, 2)], float)
    (box,) = place([Name("A ALA 5", 0.0, 0.0)], [(40.0, 10.0)], crowd)
    left, bottom, right, top = box
    within = (crowd[:, 0] > left) & (crowd[:, 0] < right) & (crowd[:, 1] > bottom) & (crowd[:, 1] < top)
    assert not within.any()
