"""The page on definitions of surface distances, run as it stands. Oracles: what the tools say, balls in closed form."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "which-hd95.md"
pytestmark = [pytest.mark.clone, pytest.mark.slow]
OPTIONS = re.compile(r"^:tags:.*\n\n", re.MULTILINE)
IN_SMALL = ("PARTS = 7", "PARTS = 5")
"""Of a cell of the balls, along each axis."""


@pytest.fixture(scope="module")
def text():
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    """Return what the cells of the page name."""
    assert text.count(IN_SMALL[0]) == 1
    names: dict[str, object] = {}
    for cell in re.findall(r"```\{code-cell\} ipython3\n(.*?)```", text.replace(*IN_SMALL), re.DOTALL):
        exec(OPTIONS.sub("", cell), names)
    return names


def test_the_table_names_every_preset(page, text):
    named = re.findall(r"^\| `(\w+)` \| (\w+) \|", text, re.MULTILINE)
    assert named == [(preset, definition.surface) for preset, definition in page["PRESETS"].items()]


def test_the_nodule_is_what_the_tools_say(page, test_data):
    nodule = page["nodule"]
    panoptica = json.loads((test_data / "lesions" / "panoptica.json").read_text(encoding="utf-8"))["distances"]
    seg_metrics = json.loads((test_data / "lesions" / "seg_metrics.json").read_text(encoding="utf-8"))["distances"]
    older = json.loads((test_data / "lidc_distances.json").read_text(encoding="utf-8"))["cases"][0]
    names = {"HD": "HD", "HD95": "HD95", "ASSD": "ASSD", "NSD, 1 mm": "NSD 1 mm"}
    for ours, theirs in names.items():
        assert nodule.loc["panoptica", ours] == pytest.approx(panoptica["nodule_00"][theirs], abs=1e-6)
    contour = seg_metrics["nodule_00"]["fully connected"]
    assert nodule.loc["seg_metrics", "HD95"] == pytest.approx(contour["hd95"], abs=1e-6)
    for preset in ("monai", "deepmind", "medpy"):
        assert nodule.loc[preset, "HD95"] == pytest.approx(older[preset]["hd95"], abs=1e-6)
    presets = nodule.drop(index="level surfaces").round(3)
    assert presets["HD95"].nunique() == 3
    assert presets["ASSD"].nunique() == 4


def test_the_textbook_case(page):
    found = {preset: round(value, 3) for preset, value in page["textbook"].items()}
    assert found == {
        "monai": 6.788,
        "metrics_reloaded": 6.788,
        "deepmind": 11.314,
        "medpy": 2.263,
        "panoptica": 2.263,
        "seg_metrics": 2.263,
    }


@pytest.mark.parametrize(("spacing", "within"), [((1, 1, 1), 2.5), ((1, 1, 3), 2.5), ((0.5, 0.5, 5), 5)])
def test_the_balls(page, spacing, within):
    of_spacing = page["balls"].loc[spacing]
    soft = of_spacing.loc[["level surface, partial volumes", "level surface, logistic"]]
    assert (soft["error of ASSD, %"].abs() <= within).all()
    assert (soft["NSD, 1 mm"] == 0).all()
    assert soft.loc["level surface, partial volumes", "HD95"] == pytest.approx(2, rel=0.04)
    hard = of_spacing.drop(index=soft.index)
    assert (hard["error of ASSD, %"].abs() > soft["error of ASSD, %"].abs().max()).all()
