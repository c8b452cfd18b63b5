from __future__ import annotations

from io import StringIO

import pandas as pd
import pytest
import xarray as xr
from rich.console import Console

from domains.ramachandran import compare, example, hard_sphere, region, summarise, validate
from domains.ramachandran.validation.tables import (
    FINDINGS,
    comparison_table,
    finding_lines,
    lines_beside,
    outlier_lines,
    region_rows,
    region_table,
    summary_table,
)


def printed(*parts, width=130):
    console = Console(width=width, file=StringIO())
    for part in parts:
        console.print(part)
    return console.file.getvalue()


def test_prediction_first_with_names_and_sizes():
    text = printed(comparison_table([compare(hard_sphere(), level="allowed")]))
    assert "prediction: hard spheres, outer limits, tau 111° (6541)" in text
    assert "reference: top8000 general, allowed (12593)" in text
    assert "0.4853" in text


def test_a_share_of_nothing_is_a_dash():
    text = printed(comparison_table([compare(hard_sphere() & False)]))
    assert "nan%" not in text
    assert "–" in text


def test_summary_and_outliers():
    residues, skipped = validate([example("1a28"), "nowhere.pdb"])
    text = printed(summary_table(summarise(residues, skipped)), *outlier_lines(residues))
    assert "96.37" in text
    assert "error" in text
    assert "B 704 ASP" in text


def test_names_are_no_markup():
    residues, _ = validate(example("1a28"))
    odd = residues.assign(chain="[/x]", file="[red]a[bold].pdb")
    assert "[/x]" in printed(*outlier_lines(odd))


def test_a_table_of_regions_has_each_column_once():
    rows = region_rows(region(category=["general", "glycine"]))
    assert [str(column.header) for column in region_table(rows).columns] == ["region", "category", "cells", "area, %"]
    assert region_rows(region().assign_attrs(name="mine"))["region"].tolist() == ["mine"]


def test_a_row_for_each_prediction():
    models = xr.concat([hard_sphere(tau=t) for t in (110, 111)], xr.Variable("tau", [110, 111]), combine_attrs="drop")
    text = printed(comparison_table([compare(models, level="allowed")]))
    assert "tau 110" in text
    assert "0.4685" in text
    assert "0.4853" in text


def test_the_rest_of_many_outliers_is_counted():
    residues, _ = validate(example("1a28"))
    many = pd.concat([residues] * 10)
    assert outlier_lines(many, most=5)[-1].startswith("… and 25 more")


@pytest.mark.parametrize("column", FINDINGS)
def test_what_is_counted_is_said_in_the_singular_and_in_the_plural(column):
    (one,) = finding_lines(pd.DataFrame({"file": ["a.pdb"], column: [1]}))
    (three,) = finding_lines(pd.DataFrame({"file": ["a.pdb"], column: [3]}))
    assert one.startswith("1 ")
    assert three.startswith("3 ")
    assert one.split()[1] + "s" == three.split()[1] or one.split()[2] + "s" == three.split()[2]
    assert finding_lines(pd.DataFrame({"file": ["a.pdb"], column: [0]})) == []


def test_one_more_is_one():
    residues, _ = validate(example("1a28"))
    assert outlier_lines(residues, most=2)[-1] == "… and 1 more outlier: --csv lists them all"


def test_the_mass_of_the_allowed_level_has_its_decimals():
    mass, *_ = lines_beside(compare(hard_sphere(), level="allowed"))
    assert mass.endswith("99.95% inside the reference")


def test_outliers_of_two_files_name_theirs():
    one = validate(example("1a28"))[0]
    two = pd.concat([one, one.assign(file="other.pdb")])
    assert "1a28" not in str(outlier_lines(one)[0])
    assert "1a28" in str(outlier_lines(two)[0])
    assert "other.pdb" in str(outlier_lines(two)[-1])
