"""Oracle: a paired bootstrap of patients, written out in plain numpy."""

from __future__ import annotations

import json
from io import StringIO
from math import inf, nan

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from domains._checks import UsageError
from domains._files import ReadError
from domains.lesions import compare_models, summarise
from domains.lesions.cli import app
from domains.lesions.cohorts.saving import save_scores


def run(*arguments, code=0):
    done = CliRunner().invoke(app, ["compare-models", *map(str, arguments)], env={"COLUMNS": "200"})
    assert done.exit_code == code, done.output
    return done


def scores_of(model, skill):
    """Return scores of 21 scans of 9 patients, two labels each, whose references are the same for every model."""
    cases = [f"{patient:02}_{scan}" for patient in range(9) for scan in range(patient % 4 + 1)]
    random = np.random.default_rng(model)
    rows = []
    for label in ("1", "edema"):
        size_b = np.random.default_rng(3).integers(30, 300, len(cases)).astype(float)
        size_a = np.round(size_b * random.uniform(0.7, 1.3, len(cases)))
        intersection = np.floor(np.minimum(size_a, size_b) * random.beta(*skill, len(cases)))
        hd95 = random.gamma(2, 3, len(cases))
        size_a[model::7] = intersection[model::7] = 0
        hd95[model::7] = inf
        sizes = {"intersection": intersection, "size_a": size_a, "size_b": size_b}
        dice = 2 * intersection / (size_a + size_b)
        table = {"case": cases, "label": label, **sizes, "dice": dice, "hd95": hd95, "missed": np.isinf(hd95) * 1.0}
        rows.append(pd.DataFrame(table))
    return scored(pd.concat(rows, ignore_index=True).assign(error="", patient=lambda table: table["case"].str[:2]))


def scored(table, **settings):
    """Let a table say with which settings it was scored."""
    table.attrs["settings"] = {"preset": "monai", **settings}
    return table


A = scores_of(1, (8, 2))
B = scores_of(2, (6, 2))


@pytest.mark.slow
@pytest.mark.parametrize("label", ["1", "edema"])
def test_differences_are_those_of_a_plain_bootstrap_by_patient(label):
    found = compare_models(A, B, group="patient", n_resamples=700, rng=4, level=0.8)
    a = A[A["label"] == label]
    b = B[B["label"] == label]
    patients = a["patient"].to_numpy()
    names = list(dict.fromkeys(patients))
    random = np.random.default_rng(4)
    drawn = random.integers(0, len(names), (700, len(names)))
    dice = a["dice"].to_numpy() - b["dice"].to_numpy()
    both = np.isinf(a["hd95"]) & np.isinf(b["hd95"])
    hd95 = np.where(both, 0, a["hd95"].replace(inf, 1e99).to_numpy() - b["hd95"].replace(inf, 1e99).to_numpy())
    means, medians = [], []
    for resample in drawn:
        scans = np.concatenate([np.flatnonzero(patients == names[k]) for k in resample])
        means.append(dice[scans].mean())
        medians.append(np.median(hd95[scans]))
    summary = found.summary[found.summary["label"] == label].set_index(["index", "statistic"])
    mean = summary.loc[("dice", "mean")]
    assert mean["difference"] == pytest.approx(dice.mean(), abs=1e-15)
    expected = np.quantile(means, [0.1, 0.9], method="inverted_cdf")
    assert mean[["low", "high"]].tolist() == pytest.approx(expected, abs=1e-14)
    median = summary.loc[("hd95", "median")]
    assert median["difference"] == np.median(hd95)
    assert median[["low", "high"]].tolist() == np.quantile(medians, [0.1, 0.9], method="inverted_cdf").tolist()
    gains = {"dice": dice, "hd95": -hd95}
    for index, statistic in summary.index:
        counts = summary.loc[(index, statistic), ["wins", "ties", "losses"]].tolist()
        assert counts == [(gains[index] > 0).sum(), (gains[index] == 0).sum(), (gains[index] < 0).sum()]


def test_a_model_against_itself_ties_everywhere():
    summary = compare_models(A, A).summary
    assert (summary[["difference", "low", "high", "wins", "losses"]] == 0).all(axis=None)
    assert (summary["better"] == "").all()


def test_the_models_change_sides():
    one = compare_models(A, B, group="patient").summary
    other = compare_models(B, A, group="patient").summary
    assert one["difference"].tolist() == (-other["difference"]).tolist()
    assert one["wins"].tolist() == other["losses"].tolist()
    assert one["missed_a"].tolist() == other["missed_b"].tolist()
    assert one["better"].map({"a": "b", "b": "a", "": ""}).tolist() == other["better"].tolist()


def test_values_are_those_of_the_summaries_where_all_is_paired():
    found = compare_models(A, B).summary.set_index(["label", "index", "statistic"])
    for column, scores in {"a": A, "b": B}.items():
        summary = summarise(scores).set_index(["label", "index", "statistic"]).loc[found.index]
        assert found[column].to_dict() == pytest.approx(summary["value"].to_dict())
        assert found[f"missed_{column}"].to_dict() == summary["n_missed"].to_dict()


def test_rows_say_who_wins_where():
    cases = compare_models(A, B, indices=["hd95"], group="patient").cases
    assert cases.columns.tolist() == ["case", "label", "group", "index", "a", "b", "difference", "better"]
    assert len(cases) == len(A)
    one = cases[(cases["case"] == A["case"][1]) & (cases["label"] == "1")].iloc[0]
    assert (one["group"], one["a"], one["better"]) == (A["patient"][1], inf, "b")


def test_cases_that_only_one_has_are_told():
    found = compare_models(A[A["case"] != "01_0"], B[B["case"] != "02_1"])
    assert found.skipped["detail"].tolist() == ["only a has this case", "only b has this case"]
    assert found.summary["n_compared"].max() == A["case"].nunique() - 2


@pytest.mark.parametrize("has_row", [True, False])
def test_no_file_is_not_rightly_nothing(has_row):
    """The first model has no file of a healthy case, in which the second marks something."""
    sizes = {"intersection": [4.0, 0.0], "size_a": [5.0, 0.0], "size_b": [5.0, 0.0]}
    cases = {"case": ["p", "q"], "label": "1", "error": ""}
    a = scored(pd.DataFrame({**cases, **sizes, "dice": [0.8, nan], "missing": [0, 1]}))
    b = a.assign(size_a=[5.0, 3.0], dice=[0.8, 0.0], missing=0)
    if not has_row:
        a.loc[1, "label"] = "2"
    with pytest.warns(UserWarning, match="a has no prediction of 1 of 2 cases, such as q: where the reference has"):
        found = compare_models(a, b).summary
    dice = found[(found["label"] == "1") & (found["statistic"] == "mean")].iloc[0]
    assert (dice["difference"], dice["wins"], dice["n_undefined"]) == (0, 0, 1)
    assert (dice["missing_a"], dice["missing_b"]) == (1, 0)
    rightly = compare_models(a.assign(missing=0), b).summary.iloc[0]
    assert (rightly["difference"], rightly["wins"]) == (0.5, 1)


def test_tables_without_sizes_are_compared_too():
    cases = {"case": ["p", "q"], "label": "1", "error": ""}
    a = scored(pd.DataFrame({**cases, "nsd": [0.5, 0.9]}))
    found = compare_models(a, a.assign(nsd=[0.4, 0.9]))
    assert found.summary[["index", "wins", "ties", "missed_a"]].values.tolist() == [["nsd", 1, 1, 0]]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"indices": ["dices"]}, "indices must be one of 'iou'|indices must be one of 'dice', 'hd95'; got 'dices'"),
        ({"indices": []}, "indices is empty; name some of dice, hd95, or leave it out"),
        ({"infinite": nan}, "infinite must be a number >= 0"),
        ({"absent": "zero"}, "absent must be one of 'perfect', 'skip'"),
        ({"group": "site"}, "group: no table has a column 'site' .the first has patient.; add one"),
    ],
)
def test_options_that_are_refused(options, said):
    with pytest.raises(UsageError, match=f"^lesions.compare_models: ({said})"):
        compare_models(A, B, **options)


def test_tables_without_a_common_index_are_refused():
    with pytest.raises(UsageError, match="^lesions.compare_models: the tables have no index in common; pass tables"):
        compare_models(A[["case", "label", "error", "dice"]], B[["case", "label", "error", "hd95"]])


@pytest.fixture
def saved(tmp_path):
    paths = [tmp_path / "a.csv", tmp_path / "b[red].csv"]
    for path, table in zip(paths, (A, B), strict=True):
        save_scores(table, path)
    return paths


@pytest.mark.slow
def test_files_give_what_tables_give(saved):
    from_files = compare_models(*saved, group="patient")
    from_tables = compare_models(A, B, group="patient")
    for one, other in zip(from_files, from_tables, strict=True):
        pd.testing.assert_frame_equal(one, other)


@pytest.mark.slow
def test_the_command(saved, tmp_path):
    flags = ("--group", "patient", "--csv", tmp_path / "s.csv", "--differences", tmp_path / "d.csv")
    text = run(*saved, *flags, "--plot", tmp_path / "p.png").stdout
    found = compare_models(*saved, group="patient")
    assert f"A: {saved[0]}\nB: {saved[1]}\n21 cases of both" in text
    assert f"label edema: A misses it in {found.summary['missed_a'].iloc[-1]} cases, B in" in text
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "s.csv", keep_default_na=False), found.summary, check_dtype=False
    )
    assert pd.read_csv(tmp_path / "d.csv")["better"].tolist() == found.cases["better"].tolist()
    assert (tmp_path / "p.png").stat().st_size > 5000


@pytest.mark.slow
def test_every_output_tells_whose_predictions_are_missing(tmp_path):
    """The second model has no files of two scans, which were counted as missed."""
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    lacks = B["case"].isin(["03_0", "05_1"])
    save_scores(A.assign(missing=0), paths[0])
    save_scores(B.assign(missing=lacks.astype(int)), paths[1])
    page = tmp_path / "m.html"
    shown = run(*paths, "--html", page)
    told = "label edema: A has no prediction of no cases, B of 2 cases"
    assert told in shown.stdout
    assert told in page.read_text()
    assert f"{paths[1]} has no prediction of 2 of 21 cases, such as 03_0" in shown.stderr
    report = json.loads(run(*paths, "--json").stdout)
    assert {(row["missing_a"], row["missing_b"]) for row in report["summary"]} == {(0, 2)}
    rows = pd.read_csv(StringIO(run(*paths, "--format", "csv").stdout))
    assert rows[["missing_a", "missing_b"]].drop_duplicates().values.tolist() == [[0, 2]]


@pytest.mark.slow
def test_json_keeps_infinite_ends(saved):
    report = json.loads(run(*saved, "--json").stdout)
    assert (report["a"], report["b"], report["cases"]) == (*map(str, saved), 21)
    far = [row for row in report["summary"] if row["index"] == "hd95"]
    assert {row["n_infinite"] for row in far} == {6}
    penalised = json.loads(run(*saved, "--json", "--infinite", "373").stdout)["summary"]
    assert {row["n_infinite"] for row in penalised} == {0}
    assert all(abs(row[end]) < 400 for row in penalised for end in ("low", "high"))


def test_a_case_of_one_table_is_exit_code_1(saved):
    save_scores(B[B["case"] != "02_1"], saved[1])
    done = run(*saved, "--json", code=1)
    (told,) = json.loads(done.stdout)["skipped"]
    assert told["file"] == "02_1"
    assert told["detail"] == f"only {saved[0]} has this case"
    assert "not scored: 02_1: only" in done.stderr


@pytest.mark.parametrize("text", ["far", "", "inf mm"])
def test_a_penalty_that_cannot_be_read(saved, text):
    with pytest.raises(UsageError, match="--infinite .*: write keep, or a penalty in mm such as 373"):
        CliRunner().invoke(app, ["compare-models", *map(str, saved), "--infinite", text], catch_exceptions=False)


def test_a_file_that_is_no_table(saved):
    saved[1].write_text("onset,offset\n1,2\n")
    with pytest.raises(ReadError, match="lesions.read_scores: .*has no column 'case'; pass a table of scores, as"):
        compare_models(*saved)


def test_a_replaced_number_is_one_line_that_names_the_row(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("case,label,intersection,size_a,size_b,dice,error\np,1,18,20,20,0.9,\nq,1,18,20,1e-20,0.9,\n")
    with pytest.raises(ReadError, match=r"scores.csv: line 3 .case q, label 1.: intersection 18 exceeds size_b 1e-20"):
        compare_models(path, path)
