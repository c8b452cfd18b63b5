"""The commands, as a user types them."""

from __future__ import annotations

import json
import shutil
from io import StringIO
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from domains._checks import UsageError
from domains.lesions import as_image, example, match, pairwise_agreement, read_image, write_image
from domains.lesions.cli import app
from domains.lesions.flags import PresetName
from overlap import surfaces

pytestmark = pytest.mark.usefixtures("unsettled")


def run(*arguments, code=0):
    done = CliRunner().invoke(app, [str(a) for a in arguments], env={"COLUMNS": "200"})
    assert done.exit_code == code, done.output
    return done


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The files that `raters` copies."""
    folder = tmp_path_factory.mktemp("raters")
    for k in range(2):
        write_image(read_image(example()).isel(rater=k), folder / f"rater_{k}.nii.gz")
    return folder


@pytest.fixture
def raters(tmp_path, written):
    return [Path(shutil.copy(written / f"rater_{k}.nii.gz", tmp_path)) for k in range(2)]


def test_compare_json(raters):
    report = json.loads(run("compare", *raters, "--json").stdout)
    agreement = pairwise_agreement(read_image(example()) == 1)
    assert report["dice"]["1"] == pytest.approx(agreement.dice[0, 1].item())
    assert (report["prediction"], report["reference"]) == (str(raters[0]), str(raters[1]))
    assert report["hd95"]["1"] == pytest.approx(2.40305829, abs=1e-6)
    assert report["n_defined"]["dice"] == 1
    assert report["lesions_missed"]["1"] == 0


def ball(radius):
    x, y, z = np.mgrid[:16, :16, :12] - np.array([8, 8, 6])[:, None, None, None]
    return as_image((x**2 + y**2 + z**2 <= radius**2).astype(np.uint8), (1.0, 1.0, 2.0))


def test_json_tells_a_miss_from_a_label_that_is_not_there(tmp_path):
    for name, radius in {"none": 0.5, "some": 4}.items():
        write_image(ball(radius) * (radius > 1), tmp_path / f"{name}.nii.gz")
    none, some = tmp_path / "none.nii.gz", tmp_path / "some.nii.gz"
    missed = json.loads(run("compare", none, some, "--json").stdout)
    absent = json.loads(run("compare", none, none, "--json").stdout)
    for distance in ("hausdorff", "hd95", "assd", "masd"):
        assert missed[distance] == {"1": "inf"}
        assert absent[distance] == {"1": None}
    assert (missed["missed"], absent["missed"]) == ({"1": 1}, {"1": 0})


@pytest.mark.parametrize(
    ("empty", "distance", "missed", "absent"),
    [
        ("nan", "nan", (0, 0, "inf"), (None, None, None)),
        ("1", "0", (0, 0, "inf"), (1, 1, 0)),
        ("both=1,prediction=-1", "both=0,prediction=373,reference=374", (-1, -1, 373), (1, 1, 0)),
    ],
)
def test_policies_of_what_is_empty(tmp_path, empty, distance, missed, absent):
    for name, radius in {"none": 0, "some": 4}.items():
        write_image(ball(radius or 1) * (radius > 0), tmp_path / f"{name}.nii.gz")
    none, some = tmp_path / "none.nii.gz", tmp_path / "some.nii.gz"
    policies = ("--empty", empty, "--empty-distance", distance, "--json")
    for side, wanted in ((some, missed), (none, absent)):
        report = json.loads(run("compare", none, side, *policies).stdout)
        assert tuple(report[name]["1"] for name in ("dice", "nsd", "hd95")) == wanted
        assert report["missed"]["1"] == (side is some), "a penalty hides no miss"


@pytest.mark.slow
def test_json_of_a_cohort_has_infinite_medians_and_bounds(tmp_path):
    sides = [tmp_path / side for side in ("p", "r")]
    for k, side in enumerate(sides):
        side.mkdir()
        for case, radii in {"a": (3, 4), "b": (0, 4), "c": (0, 5)}.items():
            write_image(ball(radii[k]) * (radii[k] > 0), side / f"{case}.nii.gz")
    report = json.loads(run("cohort", *sides, "--out", tmp_path / "s.csv", "--json").stdout)
    (hd95,) = (row for row in report["summary"] if row["index"] == "hd95")
    assert (hd95["value"], hd95["high"], hd95["n_missed"]) == ("inf", "inf", 2)
    assert float(hd95["low"]) < 10


def test_compare_prints_who_is_who(raters):
    text = run("compare", *raters).stdout
    assert "prediction: rater_0.nii.gz (385.17 mm³)" in text
    assert "reference: rater_1.nii.gz (125.31 mm³)" in text
    assert "HD95: larger of the two directions" in text
    assert "\\[" not in text


def test_the_title_counts_a_voxel_of_two_regions_once(raters):
    text = run("compare", *raters, "--labels", "core=1,edge=1+2,whole=1+2+3").stdout
    assert "prediction: rater_0.nii.gz (385.17 mm³)" in text


NAMES = ("[red]a", "a [bold", "$a_1$", "<b>a", "a\x1b[31m")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_names_of_files_are_no_markup(raters, tmp_path, name):
    """What stands in a name is shown as it stands, in the terminal and in the picture."""
    odd = tmp_path / f"{name}.nii.gz"
    raters[0].rename(odd)
    # in pictures there is no markup but that of formulas
    is_drawn = name in ("$a_1$", "a\x1b[31m")
    picture = tmp_path / "p.png"
    done = run("compare", odd, raters[1], *(["--plot", picture] if is_drawn else []))
    shown = odd.name.replace("\x1b", r"\x1b")
    assert f"prediction: {shown} (385.17 mm³)" in done.stdout
    assert "\x1b" not in done.stdout
    assert not is_drawn or picture.stat().st_size > 5000


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_files_of_one_name_are_told_apart(raters, tmp_path, monkeypatch):
    for rater, side in zip(raters, ("ours", "theirs"), strict=True):
        (tmp_path / side).mkdir()
        rater.rename(tmp_path / side / "case.nii.gz")
    monkeypatch.chdir(tmp_path)
    done = run("compare", "ours/case.nii.gz", "theirs/case.nii.gz", "--json", "--plot", "p.svg", "--html", "p.html")
    report = json.loads(done.stdout)
    assert (report["prediction"], report["reference"]) == ("ours/case.nii.gz", "theirs/case.nii.gz")
    html = (tmp_path / "p.html").read_text()
    assert "<h1>case.nii.gz: prediction against reference</h1>" in html
    assert "ours/case.nii.gz" in html
    assert "theirs/case.nii.gz" in html


@pytest.mark.slow
def test_the_legend_tells_files_of_one_name_apart(raters, tmp_path, monkeypatch):
    (tmp_path / "ours").mkdir()
    same = tmp_path / "ours" / raters[1].name
    write_image(read_image(raters[0]), same)
    monkeypatch.setattr(plt, "close", lambda *_: None)
    legends = []
    for predicted in (same, raters[0]):
        run("compare", predicted, raters[1], "--plot", tmp_path / "p.png")
        texts = plt.gcf().axes[0].get_legend().get_texts()
        legends.append([text.get_text().partition(" (")[0] for text in texts])
    monkeypatch.undo()
    plt.close("all")
    assert legends[0] == ["both", "only prediction", "only reference"]
    assert legends[1] == ["both", "only rater_0.nii.gz", "only rater_1.nii.gz"]


@pytest.mark.slow
def test_whose_distances_they_are_stands_below_them(raters, tmp_path):
    folders = [tmp_path / side for side in ("ours", "theirs")]
    for rater, folder in zip(raters, folders, strict=True):
        folder.mkdir()
        write_image(read_image(rater), folder / "case.nii.gz")
    flags = ["--preset", "monai", "--level", 0.4, "--nsd-tolerance", 2.5]
    line = "preset monai; soft masks at level 0.4 for distances, NSD and lesions; NSD within 2.5 mm"
    assert line in run("compare", *raters, *flags).stdout
    assert line in run("cohort", *folders, *flags, "--out", tmp_path / "s.csv").stdout
    flags[1] = "deepmind"
    for command in (["compare", *raters], ["cohort", *folders, "--out", tmp_path / "t.csv"]):
        report = json.loads(run(*command, *flags, "--json").stdout)
        assert (report["preset"], report["level"], report["nsd_tolerance"]) == ("deepmind", 0.4, 2.5)


@pytest.mark.slow
def test_compare_saves(raters, tmp_path):
    files = {k: tmp_path / k for k in ("report.csv", "lesions.csv", "overlay.png")}
    run(
        *("compare", *raters, "--csv", files["report.csv"], "--lesions", files["lesions.csv"]),
        *("--plot", files["overlay.png"]),
    )
    assert pd.read_csv(files["report.csv"])["label"].tolist() == [1]
    a, b = (read_image(p) == 1 for p in raters)
    assert pd.read_csv(files["lesions.csv"])["iou"].tolist() == pytest.approx(match(a, b)["iou"].tolist())
    assert files["overlay.png"].stat().st_size > 20_000


@pytest.mark.slow
def test_presets_and_options(raters):
    found = [
        json.loads(run("compare", *raters, "--json", "--preset", k, "--labels", "nodule=1").stdout)["hd95"]["nodule"]
        for k in ("monai", "medpy")
    ]
    assert found == pytest.approx([2.40305829, 2.335352796], abs=1e-6)
    run("compare", *raters, "--preset", "itk", code=2)
    assert [name.value for name in PresetName] == list(surfaces.PRESETS)


def test_soft_predictions_take_a_scale(shared_data):
    folder = shared_data / "lesions" / "evaluatesegmentation_probmap"
    done = run("compare", folder / "prob_map.nii.gz", folder / "50_perc.nii.gz", "--scale", "255", "--json")
    assert json.loads(done.stdout)["dice"]["1"] == pytest.approx(0.898923, abs=1e-6)


@pytest.fixture
def folders(raters, tmp_path):
    parts = [tmp_path / "pred", tmp_path / "ref"]
    for path, part in zip(raters, parts, strict=True):
        part.mkdir()
        for name in ("a.nii.gz", "b.nii.gz"):
            (part / name).write_bytes(path.read_bytes())
    return parts


@pytest.mark.slow
def test_cohort(folders, tmp_path):
    out, table, plot = tmp_path / "scores.csv", tmp_path / "summary.csv", tmp_path / "scores.png"
    text = run("cohort", *folders, "--out", out, "--csv", table, "--plot", plot).stdout
    assert f"prediction: {folders[0]} (2)" in text
    assert f"reference: {folders[1]} (2)" in text
    assert pd.read_csv(out)["case"].tolist() == ["a", "b"]
    assert pd.read_csv(table)["n_scored"].tolist()[0] == 2
    assert plot.stat().st_size > 5000
    report = json.loads(run("cohort", *folders, "--out", out, "--json").stdout)
    assert report["cases"] == 2
    assert report["summary"][0]["value"] == pytest.approx(0.4819004524886878)
    assert report["skipped"] == []


def test_cohort_with_bad_files_does_the_rest(folders, tmp_path):
    (folders[0] / "b.nii.gz").write_bytes(b"no image")
    (folders[1] / "c.nii.gz").write_bytes(b"alone")
    done = run("cohort", *folders, "--out", tmp_path / "s.csv", "--json", code=1)
    report = json.loads(done.stdout)
    assert [(s["reason"], s["file"].split("/")[-1]) for s in report["skipped"]] == [
        ("unpaired file", "c.nii.gz"),
        ("unreadable file", "b.nii.gz"),
    ]
    assert report["summary"][0]["n_scored"] == 1
    assert "unpaired file: " in done.stderr
    assert "unreadable file: " in done.stderr


def test_bad_input_is_an_exception_for_the_command_line(tmp_path):
    done = CliRunner().invoke(app, ["compare", str(tmp_path / "no.nii"), str(tmp_path / "no.nii")])
    assert isinstance(done.exception, FileNotFoundError)
    run("cohort", tmp_path, tmp_path, code=2)


@pytest.mark.parametrize("option", ["--csv", "--skipped"])
def test_no_output_overwrites_the_records_beside_the_scores(folders, tmp_path, option):
    out = tmp_path / "scores.csv"
    records = tmp_path / "scores.csv.records"
    result = CliRunner().invoke(app, ["cohort", *map(str, folders), "--out", str(out), option, str(records)])
    assert isinstance(result.exception, UsageError)
    assert "--records writes to this file too" in str(result.exception)
    assert not records.exists()


@pytest.mark.slow
def test_rows_of_a_comparison_say_what_resampling_left_out_and_padded(tmp_path):
    """The prediction has a slice above the reference's field of view; the other way round a slice has none."""
    low = np.zeros((6, 5, 4), np.uint8)
    low[1:4, 1:3, 1:3] = 1
    high = np.pad(low, ((0, 0), (0, 0), (0, 1)))
    high[2:4, 2:5, 4] = 1
    paths = [tmp_path / name for name in ("high.nii.gz", "low.nii.gz")]
    for path, mask in zip(paths, (high, low), strict=True):
        write_image(as_image(mask, (1.0, 2.0, 1.5)), path)
    high_path, low_path = paths
    expected = {(high_path, low_path): (6 * 3, 0), (low_path, high_path): (0, 1 / 5), (low_path, low_path): (0, 0)}
    for pair, (left_out, padded) in expected.items():
        done = run("compare", *pair, "--resample", "nearest", "--format", "csv")
        (row,) = pd.read_csv(StringIO(done.stdout)).to_dict("records")
        assert row["left_out"] == left_out
        assert row["padded"] == pytest.approx(padded, abs=1e-12)
