"""The command, run as a user runs it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from functools import partial

import pandas as pd
import pytest
from typer.testing import CliRunner

from domains.cli import app
from domains.events import read_events

SCRIPT = "from domains.cli import main; main()"


@pytest.fixture
def run(run_command):
    return partial(run_command, "events")


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a.csv").write_text("onset,offset,label\n0,10,x\n30,31,x\n")
    (tmp_path / "b.csv").write_text("onset,offset,label\n1,10,x\n")
    (tmp_path / "length.csv").write_text("file,duration\nb,60\n")
    return tmp_path


def test_help_brings_no_science(run):
    heavy = ("numpy", "pandas", "xarray", "scipy", "matplotlib", "torch")
    code = f"import sys, domains.events.cli; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == "[]"
    assert "score" in run("--help").stdout


def test_score(run, files):
    done = run("score", files / "a.csv", files / "b.csv", "--support", 60)
    assert "prediction: a.csv (2)" in done.stdout
    assert "0.8182" in done.stdout


@pytest.mark.parametrize("support", ["60", "length.csv"])
def test_json_and_support(run, files, support):
    given = support if support == "60" else files / support
    found = json.loads(run("score", files / "a.csv", files / "b.csv", "--support", given, "--json").stdout)
    assert found["intersection"] == 9
    assert found["support"] == "60 s in 1 file"
    assert found["kappa"] is not None


@pytest.mark.slow
def test_the_figures_of_each_subject_are_saved(run, files):
    pair = files / "a.csv", files / "b.csv"
    run("score", *pair, "--group", "file", "--subjects", files / "subjects.csv")
    assert (files / "subjects.csv").read_text().startswith("subject,n_files,dice,iou,precision,recall")
    done = run("score", *pair, "--subjects", files / "none.csv", code=2)
    assert "--subjects: whose each recording is must be said; add --group" in done.stderr


@pytest.mark.slow
def test_settings(run, files):
    arguments = ["score", files / "a.csv", files / "b.csv", "--protocol", "tiou", "--json"]
    found = json.loads(run(*arguments, "--param", "thresholds=[0.25, 0.95]").stdout)
    assert found["recall"] == {"0.25": 1.0, "0.95": 0.0}
    found = json.loads(run(*arguments, "--param", "points=never", "--by", "label", "--corrected").stdout)
    assert found["parameters"]["points"] == "never"
    assert found["parameters"]["empty"] is found["parameters"]["duplicates"] is None
    found = json.loads(run(*arguments[:3], "--by", "label", "--by", "file", "--json").stdout)
    assert found["intersection"] == [[9.0]]


@pytest.mark.parametrize(("text", "value"), [("nan", None), ("NaN", None), ("-inf", "-inf"), ("Infinity", "inf")])
def test_settings_that_json_has_no_number_for(run, files, text, value):
    done = run("score", files / "a.csv", files / "b.csv", "--param", f"empty={text}", "--json")
    assert json.loads(done.stdout)["parameters"]["empty"] == value


def test_a_wrong_setting(run, files):
    done = run("score", files / "a.csv", files / "b.csv", "--param", "thresholds", code=2)
    assert "--param thresholds: a setting is written name=value" in done.stderr
    done = run("score", files / "a.csv", files / "b.csv", "--protocol", "best", code=2)
    assert "szcore" in done.stderr


@pytest.mark.slow
def test_saving(run, files):
    out = files / "rows.csv", files / "plot.png"
    run("score", files / "a.csv", files / "b.csv", "--csv", out[0], "--plot", out[1])
    assert out[0].read_text().startswith("protocol,prediction,reference,intersection")
    assert out[1].stat().st_size > 5_000


def test_a_folder_with_a_file_that_cannot_be_read(run, files):
    for side in ("p", "r"):
        (files / side).mkdir()
        for name in ("one", "two"):
            (files / side / f"{name}.csv").write_text("onset,offset\n0,1\n")
    (files / "p" / "two.csv").write_text("notes")
    done = run("score", files / "p", files / "r", "--json", code=1)
    assert json.loads(done.stdout)["size_b"] == 1
    assert "two.csv" in done.stderr


def test_a_parameter_that_is_an_option(run, files):
    done = run("score", files / "a.csv", files / "b.csv", "--param", "protocol=tiou", code=2)
    assert "this protocol has no setting protocol; it has" in done.stderr


@pytest.mark.slow
def test_a_setting_that_is_called_like_an_option(run, files):
    szcore = ("score", files / "a.csv", files / "b.csv", "--protocol", "szcore_sample", "--support", "60", "--json")
    szcore = (*szcore, "--param", 'labels=["x"]')
    coarse = json.loads(run(*szcore, "--param", "rate=0.1").stdout)
    assert coarse["parameters"]["rate"] == 0.1
    assert "rate" in run(*szcore, "--param", "rate=abc", code=2).stderr
    assert json.loads(run(*szcore, "--rate", "10").stdout)["parameters"]["rate"] == 1.0


# ---- nothing in common: a warning and exit code 1


def two_sides(folder, prediction, reference, names=("a", "a")):
    """Two folders of a table each."""
    for side, name, text in zip("pr", names, (prediction, reference), strict=True):
        (folder / side).mkdir()
        (folder / side / f"{name}.csv").write_text(f"onset,offset,label\n{text}")
    return folder / "p", folder / "r"


@pytest.mark.parametrize("protocol", ["time", "tiou"])
def test_no_label_in_common(run, tmp_path, protocol):
    sides = two_sides(tmp_path, "0,10,dog\n", "0,10,Dog\n")
    done = run("score", *sides, "--protocol", protocol, "--json", code=1)
    assert json.loads(done.stdout)["warnings"] == [
        "events.assess: the two sides have no label in common (the prediction has 'dog', the reference 'Dog'), so "
        "nothing can match; name them alike"
    ]
    assert "warning: events.assess: the two sides have no label in common" in done.stderr
    assert "error: not scored: the two sides have no label in common" in done.stderr
    # the remedy
    (tmp_path / "r" / "a.csv").write_text("onset,offset,label\n0,10,dog\n")
    assert "no label" not in run("score", *sides, "--protocol", protocol).stderr


@pytest.mark.slow
def test_no_file_in_common(run, tmp_path):
    sides = two_sides(tmp_path, "0,10,dog\n", "0,10,dog\n", names=("a", "b"))
    done = run("score", *sides, code=1)
    assert "warning: events.assess: the two sides have no file in common ('a' and 'b' …)" in done.stderr
    assert "0 on both sides, 1 predicted only, 1 annotated only, 2 in all" in done.stdout
    (tmp_path / "r" / "b.csv").rename(tmp_path / "r" / "a.csv")
    assert "no file" not in run("score", *sides).stderr


def test_labels_that_a_protocol_does_not_tell_apart_are_in_common(run, tmp_path):
    sides = two_sides(tmp_path, "0,10,sz\n", "0,10,sz_foc\n")
    assert "in common" not in run("score", *sides, "--protocol", "szcore").stderr


@pytest.mark.slow
def test_all_rows_skipped_on_both_sides(run, tmp_path):
    sides = two_sides(tmp_path, "10,0,dog\n", "x,10,dog\n")
    done = run("score", *sides, code=1)
    assert "none of its 1 rows is an event (the first: ends before it begins); correct them" in done.stderr
    for side in sides:
        (side / "b.csv").write_text("onset,offset,label\n10,0,dog\n")
    done = run("score", *sides, code=1)
    assert done.stderr.count("none of its 1 rows is an event") == 4
    run("score", *sides, "--support", 60, code=1)


def test_a_side_without_events_is_no_fault(run, tmp_path):
    sides = two_sides(tmp_path, "", "0,10,dog\n")
    assert "in common" not in run("score", *sides).stderr


def from_input(text, *arguments):
    return CliRunner().invoke(app, ["events", *map(str, arguments)], input=text)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["score", "protocols", "agree"])
def test_standard_input_is_what_its_file_is(files, command):
    pair = files / "a.csv", files / "b.csv"
    own = ["--protocols", "tiou,time"] if command == "protocols" else []
    of_files = from_input("", command, *pair, *own, "--json", "--support", 60)
    for side in (0, 1):
        named = [*pair[:side], "-", *pair[side + 1 :]]
        done = from_input(pair[side].read_text(), command, *named, *own, "--json", "--support", 60)
        assert done.exit_code == 0, done.output
        expected, found = json.loads(of_files.stdout), json.loads(done.stdout)
        for key in ("intersection", "iou", "kappa", "protocols"):
            assert found.get(key) == expected.get(key)


@pytest.mark.slow
def test_a_pipe_of_other_formats(files):
    rttm = from_input((files / "a.csv").read_text(), "convert", "-", "-", "--to", "rttm").stdout
    done = from_input(rttm, "score", "-", files / "a.csv", "--kind", "rttm", "--json")
    assert json.loads(done.stdout)["iou"] == 1.0
    from_input((files / "a.csv").read_text(), "convert", "-", files / "night.tsv")
    assert read_events(files / "night.tsv").events["file"].unique().tolist() == ["night"]


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("onset,offset\n1,2\n", ("score", "-", "-"), "standard input (-) is named twice and can be read once"),
        ("", ("score", "-", "a.csv"), "-: the file is empty"),
        ("1 2\n", ("convert", "-", "-", "--to", "csv"), "-: its first line (1 2) is of numbers without a header"),
        ("onset,offset\n1,2\n", ("convert", "-", "-"), "the ending '' does not say the format; name it: kind= (--to)"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_standard_input_that_is_refused(files, monkeypatch, text, arguments, message):
    monkeypatch.chdir(files)
    assert message in str(from_input(text, *arguments).exception)


@pytest.mark.parametrize("command", ["score", "protocols", "agree", "convert"])
def test_the_rows_of_a_refused_file_are_listed_not_those_of_an_earlier_run(files, command):
    broken, skipped = files / "broken.csv", files / "skipped.csv"
    broken.write_text("onset,offset\n3\n9,8\n")
    skipped.write_text("of an earlier run")
    other = files / ("out.csv" if command == "convert" else "b.csv")
    assert from_input("", command, broken, other, "--skipped", skipped).exception
    rows = pd.read_csv(skipped)
    assert rows["where"].fillna("").tolist() == ["", "line 2", "line 3"]
    assert rows["reason"].tolist()[1:] == ["fewer cells than the header has names", "ends before it begins"]


@pytest.mark.slow
def test_the_level_of_protocols(files):
    events = "file,onset,offset\n" + "".join(f"n{k},0,{10 + k}\n" for k in range(4))
    (files / "p.csv").write_text(events.replace(",0,", ",4,"))
    (files / "r.csv").write_text(events)
    widths = []
    for level in (0.5, 0.95):
        options = ("--protocols", "time", "--level", level, "--json")
        row = json.loads(from_input("", "protocols", files / "p.csv", files / "r.csv", *options).stdout)["protocols"][0]
        widths.append(row["high"] - row["low"])
    assert widths[0] < widths[1]
    assert "level must be" in str(
        from_input("", "protocols", files / "p.csv", files / "r.csv", "--level", 95).exception
    )


def two_folders(root, **texts):
    """Write two folders of files: a keyword for each folder, of names and texts."""
    for folder, files in texts.items():
        (root / folder).mkdir()
        for name, text in files.items():
            (root / folder / name).write_text(text)
    return [root / folder for folder in texts]


@pytest.mark.slow
def test_agree_tells_quiet_recordings_that_the_support_does_not_name(tmp_path):
    files = {"night.csv": "onset,offset,label\n1,2,x\n", "quiet.csv": "onset,offset,label\n"}
    pair = two_folders(tmp_path, anna=files, bert=files)
    support = tmp_path / "support.csv"
    support.write_text("file,duration\nnight,10\n")
    done = from_input("", "agree", *pair, "--support", support)
    assert "the support says nothing of 'quiet', whose files hold no events: their time is not scored" in done.stderr
    support.write_text("file,duration\nnight,10\nquiet,10\n")
    assert "says nothing" not in from_input("", "agree", *pair, "--support", support).stderr


def turn(recording):
    return f"SPEAKER {recording} 1 0 5 <NA> <NA> a <NA> <NA>\n"


@pytest.mark.slow
def test_files_that_name_another_recording_are_paired_by_it(tmp_path):
    pair = two_folders(
        tmp_path,
        one={"x.rttm": turn("talk_1"), "y.rttm": turn("talk_2")},
        two={"p.rttm": turn("talk_1"), "q.rttm": turn("talk_3")},
    )
    for command in (["score", "--protocol", "jer"], ["agree", "--support", "10"]):
        done = from_input("", command[0], *pair, *command[1:])
        assert done.exit_code == 1
        for name in ("y.rttm", "q.rttm"):
            assert f"{name}: " in done.stderr
        assert "x.rttm" not in done.stderr
    (tmp_path / "two" / "q.rttm").write_text(turn("talk_2"))
    assert from_input("", "score", *pair, "--protocol", "jer").exit_code == 0


def test_the_protocols_are_listed_with_their_settings_as_objects(run):
    (spindles,) = json.loads(run("protocols", "--list", "--protocols", "spindles", "--json").stdout)
    assert spindles["settings"]["empty"] == {"both_empty": 1.0, "prediction_empty": 0.0, "reference_empty": 0.0}
    assert spindles["settings"]["thresholds"][:2] == [0.05, 0.1]
    assert spindles["corrections"]["order"] == "time"
    table = run("protocols", "--list", "--protocols", "spindles").stdout
    assert "spindles: F1 at IoU > 0.2, as SUMO\n" in table
    assert '--corrected sets order="time"' in table


def test_what_is_listed_can_be_given(run, files):
    """What 0/0 is worth is an object, in a list as in a setting."""
    sides = files / "a.csv", files / "b.csv"
    listed = pd.read_csv(io.StringIO(run("protocols", "--list", "--format", "csv").stdout))
    settings = dict(zip(listed["protocol"], listed["settings"], strict=True))
    empty = next(part for part in settings["spindles"].split() if part.startswith("empty="))
    given = json.loads(run("score", *sides, "--protocol", "spindles", "--param", empty, "--json").stdout)
    assert given["parameters"]["empty"] == given["empty"] == json.loads(empty.removeprefix("empty="))
    done = run("score", *sides, "--protocol", "spindles", "--param", 'empty={"both_empty":1}', code=2)
    assert "an object with numbers for both_empty, prediction_empty, reference_empty, or one number" in done.stderr


@pytest.mark.parametrize(
    ("side", "onset", "offset"), [("--before", [-1, 29], [10, 31]), ("--after", [0, 30], [11, 32])]
)
def test_events_are_widened_on_one_side_alone(run, files, side, onset, offset):
    run("clean", files / "a.csv", files / "out.csv", side, "1")
    widened = read_events(files / "out.csv").events
    assert (widened["onset"].tolist(), widened["offset"].tolist()) == (onset, offset)
