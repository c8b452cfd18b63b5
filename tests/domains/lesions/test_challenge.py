from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from domains import _console
from domains._checks import UsageError
from domains.lesions import (
    PROTOCOLS,
    as_image,
    cohort_protocols,
    compare_protocols,
    detect,
    detection_scores,
    read_image,
    summarise_protocols,
    write_image,
)
from domains.lesions.beside import cohort_protocols_files
from domains.lesions.cohorts.protocol_scores import COLUMNS

SHAPE = (30, 24, 12)
BLOBS = ((3, 3, 3, 5), (18, 4, 2, 4), (6, 16, 6, 3), (22, 15, 4, 2))
SAID = ["value", "found", "missed", "spurious", "dice", "hd95", "f1", "sq", "pq", "ap", "cpm"]


def blobs(chosen, shift=0, value=1):
    image = np.zeros(SHAPE, np.float64)
    for number in chosen:
        x, y, z, size = BLOBS[number]
        image[x + shift : x + shift + size, y : y + size, z : z + size] = value
    return image


def saved(folder, cases):
    folder.mkdir()
    for name, values in cases.items():
        write_image(as_image(values, (1.0, 1.0, 2.0)), folder / f"{name}.nii.gz")
    return folder


@pytest.fixture
def maps(tmp_path):
    """Label maps: found, missed and spurious lesions, a healthy case, and one that has no label 2."""
    truth = {
        "a": blobs([0, 1]) + 2 * blobs([2]),
        "b": blobs([0, 3]) + 2 * blobs([1]),
        "c": blobs([]),
        "d": blobs([2]),
    }
    predicted = {
        "a": blobs([0, 1], shift=1) + 2 * blobs([2]),
        "b": blobs([0]) + 2 * blobs([2]),
        "c": blobs([3]),
        "d": blobs([2]),
    }
    sides = ((tmp_path / "p", predicted), (tmp_path / "r", truth))
    return [saved(folder, {name: m.astype(np.uint8) for name, m in cases.items()}) for folder, cases in sides]


@pytest.fixture
def chances(tmp_path):
    """Probability maps beside masks: two scans with lesions, one healthy with a candidate, one healthy without."""
    predicted = {
        "a": blobs([0], value=0.9) + blobs([2], value=0.7) + blobs([3], value=0.2),
        "b": blobs([1], value=0.8) + blobs([3], value=0.6),
        "c": blobs([0], value=0.85),
        "d": blobs([]),
    }
    truth = {"a": blobs([0, 1]), "b": blobs([1, 3]), "c": blobs([]), "d": blobs([])}
    references = saved(tmp_path / "r", {name: mask.astype(np.uint8) for name, mask in truth.items()})
    return [saved(tmp_path / "p", predicted), references]


def looped(folders, names, labels, **options):
    """Return what a plain loop over the cases says."""
    tables = []
    for name in names:
        pair = [read_image(folder / f"{name}.nii.gz") for folder in folders]
        table = compare_protocols(*pair, labels=labels, **options)
        tables.append(table.assign(case=name, label=table["label"].astype(str)))
    return pd.concat(tables, ignore_index=True)


@pytest.mark.slow
def test_a_cohort_is_a_plain_loop(maps, tmp_path):
    found = cohort_protocols(*maps, out=tmp_path / "s.csv")
    assert found.scores.columns.tolist() == COLUMNS
    loop = looped(maps, "abcd", [1, 2])
    keys = ["case", "label", "protocol", "score", "why"]
    pd.testing.assert_frame_equal(found.scores[keys], loop[keys])
    np.testing.assert_array_equal(found.scores[SAID].to_numpy(float), loop[SAID].to_numpy(float))
    assert len(found.skipped) == 0
    written = pd.read_csv(tmp_path / "s.csv", dtype={"label": str})
    np.testing.assert_array_equal(written[SAID].to_numpy(float), loop[SAID].to_numpy(float))


@pytest.mark.slow
def test_what_brats_says_of_small_lesions_is_kept(maps):
    """Label 1 of case b: lesions of 250 and 16 mm³, of which the small one is missed."""
    found = cohort_protocols(*maps, protocols=["brats2026_met"], labels=[1])
    small = found.scores.set_index("case")["f1_small"]
    assert small["b"] == 0.0
    assert np.isnan(small["a"])
    summary = summarise_protocols(found.scores, found.detections).set_index("index")
    assert (summary.loc["f1_small", "n_scored"], summary.loc["f1_small", "value"]) == (1, 0.0)


def test_a_file_without_a_place_is_told(maps):
    tifffile = pytest.importorskip("tifffile")
    (maps[0].parent / "t").mkdir()
    voxels = (blobs([0, 1]) + 2 * blobs([2])).astype(np.uint8)
    tifffile.imwrite(maps[0].parent / "t" / "a.tif", voxels.T, photometric="minisblack")
    with pytest.warns(
        UserWarning, match=r"^lesions.cohort_protocols: in 1 of 1 cases, such as a, the file of the pred"
    ):
        cohort_protocols(maps[0].parent / "t", maps[1], protocols=["cc"], as_="labels")


@pytest.mark.slow
def test_means_are_over_all_cases_and_what_is_undefined_is_counted(maps):
    found = cohort_protocols(*maps, protocols=["brats2023_gli", "panoptic"])
    summary = summarise_protocols(found.scores, found.detections).set_index(["label", "protocol", "index", "statistic"])
    loop = looped(maps, "abcd", [1, 2], protocols=["brats2023_gli", "panoptic"])
    for (label, protocol), cases in loop.groupby(["label", "protocol"]):
        for index in ("dice", "hd95"):
            row = summary.loc[label, protocol, index, "mean"]
            values = cases[index].to_numpy()
            defined = values[~np.isnan(values)]
            assert row["value"] == pytest.approx(np.mean(defined))
            assert (row["n_scored"], row["n_undefined"]) == (len(defined), len(values) - len(defined))
            assert summary.loc[label, protocol, "hd95", "median"]["value"] == np.median(
                cases["hd95"].dropna().to_numpy()
            )
        assert row[["found", "missed", "spurious"]].tolist() == cases[["found", "missed", "spurious"]].sum().tolist()
    assert summary.loc["2", "panoptic", "pq", "mean"]["n_undefined"] == 2, "two cases have nothing of label 2"
    assert summary.loc["2", "brats2023_gli", "dice", "mean"]["n_scored"] == 4, "where BraTS says 1"


@pytest.mark.slow
@pytest.mark.parametrize("level", [0.5, 0.1, None])
def test_detections_are_scored_over_all_scans(chances, level):
    found = cohort_protocols(*chances, protocols=["picai", "froc", "cc"], level=level)
    summary = summarise_protocols(found.scores, found.detections)
    of_all = summary[summary["statistic"] == "all scans"].set_index(["protocol", "index"])["value"]
    for protocol in ("picai", "froc"):
        tables = []
        for name in "abcd":
            predicted, reference = (read_image(folder / f"{name}.nii.gz") for folder in chances)
            predicted = predicted.astype(float)
            tables.append(detect(predicted, reference == 1, protocol, level=level))
        wanted = detection_scores(tables)
        for index in ("ap", "auroc", "picai") if protocol == "picai" else ("cpm",):
            assert of_all[protocol, index] == wanted[index]
        kept = found.detections[found.detections["protocol"] == protocol]
        together = pd.concat(tables, ignore_index=True)
        assert kept["kind"].tolist() == together["kind"].tolist()
        np.testing.assert_array_equal(kept["confidence"], together["confidence"])
        assert kept["lesion"].isna().tolist() == together["lesion"].isna().tolist()
    assert 0 < of_all["picai", "auroc"] < 1, "a healthy scan has a candidate"


@pytest.mark.slow
def test_a_scan_without_the_label_is_a_scan_all_the_same(maps):
    """Label 2 is in two of four cases: its false positives are per four scans."""
    found = cohort_protocols(*maps, protocols=["froc"])
    summary = summarise_protocols(found.scores, found.detections)
    row = summary[summary["label"] == "2"].iloc[0]
    assert row["n_scored"] == 4
    tables = []
    for name in "abcd":
        predicted, reference = (read_image(folder / f"{name}.nii.gz") == 2 for folder in maps)
        tables.append(detect(predicted, reference, "froc"))
    assert row["value"] == detection_scores(tables)["cpm"]
    assert row["value"] != detection_scores(tables[:2])["cpm"]


@pytest.mark.slow
@pytest.mark.parametrize("count_missing", [False, True])
def test_what_is_missing_or_broken_is_counted(maps, tmp_path, count_missing, capsys):
    (maps[0] / "a.nii.gz").unlink()
    (maps[0] / "b.nii.gz").write_bytes(b"notes")
    found = cohort_protocols(*maps, protocols=["brats2023_gli"], labels=[1], count_missing=count_missing)
    assert found.scores["case"].tolist() == list("abcd")
    summary = summarise_protocols(found.scores, found.detections)
    assert set(summary["n_missing"]) == {1}
    assert set(summary["n_failed"]) == {1}
    dice = summary[summary["index"] == "dice"].iloc[0]
    nothing = as_image(np.zeros(SHAPE, np.uint8), (1.0, 1.0, 2.0))
    whole = looped(maps, "cd", [1], protocols=["brats2023_gli"])["dice"].tolist()
    if count_missing:
        truth = read_image(maps[1] / "a.nii.gz")
        whole += compare_protocols(nothing, truth, labels=[1], protocols=["brats2023_gli"])["dice"].tolist()
    assert dice["value"] == pytest.approx(np.mean(whole))
    assert dice["n_scored"] == len(whole)
    code = cohort_protocols_files(
        *maps,
        out=tmp_path / "s.csv",
        protocols="brats2023_gli",
        labels="1",
        count_missing=count_missing,
        outputs=_console.Outputs(),
    )
    told = " ".join(capsys.readouterr().out.split())
    assert code == 1
    assert "failed: 1 of 4 cases (b)" in told
    assert "no prediction: 1 of 4 cases (a)" in told


@pytest.mark.slow
def test_a_second_run_and_workers_change_no_byte(maps, tmp_path):
    asked = {"protocols": ["brats2023_met", "froc"], "labels": [1]}
    tables = []
    with ThreadPoolExecutor(2) as executor:
        for name, options in {"one": {}, "two": {"executor": executor}}.items():
            out = tmp_path / f"{name}.csv"
            cohort_protocols(*maps, **asked, out=out, **options)
            tables.append(out.read_bytes())
    assert tables[0] == tables[1]
    records = tmp_path / "one.csv.records"
    records.write_bytes(b"".join(records.read_bytes().splitlines(keepends=True)[:-1]))
    again = cohort_protocols(*maps, **asked, out=tmp_path / "one.csv")
    assert (tmp_path / "one.csv").read_bytes() == tables[0]
    fresh = cohort_protocols(*maps, **asked)
    pd.testing.assert_frame_equal(again.detections, fresh.detections)
    with pytest.raises(UsageError, match=r"other settings \(level 0.5, now 0.4\)"):
        cohort_protocols(*maps, **asked, level=0.4, out=tmp_path / "one.csv")
    (tmp_path / "notes.csv").write_text("case,label\n")
    with pytest.raises(UsageError, match=r"^lesions.cohort_protocols: .*notes.csv is not a table of scores"):
        cohort_protocols(*maps, out=tmp_path / "notes.csv")


@pytest.mark.slow
def test_patients_are_resampled(maps, tmp_path, capsys):
    found = cohort_protocols(*maps, protocols=["cc"], labels=[1])
    pairs = found.scores["case"].map({"a": 1, "b": 1, "c": 2, "d": 2})
    by_case = summarise_protocols(found.scores, found.detections)
    by_pair = summarise_protocols(found.scores, found.detections, groups=pairs)
    assert by_case["value"].tolist() == by_pair["value"].tolist()
    assert by_case["low"].tolist() != by_pair["low"].tolist()
    lines = [f"p/{name}.nii.gz,r/{name}.nii.gz,anna" for name in "abcd"]
    (tmp_path / "cases.csv").write_text("\n".join(["prediction,reference,group", *lines]))
    options = {"protocols": "cc", "labels": "1", "as_": "labels", "outputs": _console.Outputs(format="json")}
    cohort_protocols_files(None, None, cases=tmp_path / "cases.csv", out=tmp_path / "s.csv", **options)
    assert {row["low"] for row in json.loads(capsys.readouterr().out)["summary"]} == {None}, "one group"


def test_wrong_use():
    with pytest.raises(UsageError, match=r"protocol must be one of .*; got 'brats'"):
        cohort_protocols("p", "r", protocols=["brats"])
    with pytest.raises(UsageError, match=r"^lesions.cohort_protocols: level must be"):
        cohort_protocols("p", "r", level=50)
    with pytest.raises(TypeError, match="no option 'preset'"):
        cohort_protocols("p", "r", preset="medpy")


@pytest.mark.slow
def test_the_command_says_all_of_it(chances, tmp_path, capsys):
    files = {"out": tmp_path / "s.csv", "detections": tmp_path / "d.csv"}
    outputs = _console.Outputs(plot=tmp_path / "p.png", csv=tmp_path / "summary.csv", format="json")
    code = cohort_protocols_files(*chances, protocols="picai,cc", level=None, **files, outputs=outputs)
    assert code == 0
    report = json.loads(capsys.readouterr().out)
    assert report["rules"] == {name: PROTOCOLS[name].rule() for name in ("picai", "cc")}
    assert [row["index"] for row in report["summary"]] == ["ap", "auroc", "picai", "dice", "hd95", "hd95"]
    assert len(pd.read_csv(tmp_path / "summary.csv")) == 6
    assert pd.read_csv(tmp_path / "d.csv")["kind"].value_counts()["found"] == 3
    assert (tmp_path / "p.png").stat().st_size > 0
    outputs = _console.Outputs()
    assert cohort_protocols_files(*chances, protocols="picai,cc", level=None, **files, outputs=outputs) == 0
    shown = capsys.readouterr().out
    assert "all scans" in shown
    assert "scores: " in shown
