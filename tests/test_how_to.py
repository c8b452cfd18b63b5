"""How-to pages, run as they stand: each cell of Python, and each command below it, on the files that the page makes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from domains.cli import app
from overlap import oriented

PAGES = Path(__file__).parents[1] / "docs" / "how-to"
OPTIONS = re.compile(r"^:tags:.*\n\n", re.MULTILINE)
pytestmark = pytest.mark.clone
IOU = re.compile(r'"iou": ([\d.]+|null)')


def cells_of(page):
    """Return the cells of Python of a page."""
    text = (PAGES / page).read_text(encoding="utf-8")
    return [OPTIONS.sub("", cell) for cell in re.findall(r"```\{code-cell\} ipython3\n(.*?)```", text, re.DOTALL)]


def commands_of(page):
    """Return the arguments of each command of a page."""
    text = (PAGES / page).read_text(encoding="utf-8")
    return [shlex.split(line) for line in re.findall(r"^\$ overlap (.*)$", text, re.MULTILINE)]


@pytest.fixture
def made(tmp_path, monkeypatch, capsys):
    """Run the cells of the page of forms in a folder of its own; return what they printed."""
    pytest.importorskip("h5netcdf")
    names: dict[str, object] = {}
    cells = cells_of("forms.md")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.mkdtemp", lambda: str(tmp_path))
    for cell in cells:
        exec(cell, names)
    return capsys.readouterr().out


@pytest.mark.slow
def test_every_form_is_read(made):
    """One map in every form: the same cells, but where a form has other nodes, a coarser scale or another cut."""
    sizes = [int(size) for size in re.findall(r"^(\d+) cells: ", made, re.MULTILINE)]
    energies = [343, 332, 332, 355, 335, 335]
    densities = [227, 227, 228, 228, 228]
    tables = [343, 343, 343, 343, 343, 343]
    assert sizes[: len(energies + densities + tables)] == energies + densities + tables
    assert len(sizes) == 25


@pytest.mark.slow
def test_every_command_of_the_page_runs(made):
    commands = commands_of("forms.md")
    assert len(commands) == 21
    for command in commands:
        done = CliRunner().invoke(app, [*command, "--json", "--quiet"])
        assert done.exit_code == 0, f"overlap {shlex.join(command)}: {done.output}"
        if "compare" in command:
            assert 0 < float(IOU.search(done.stdout)[1]) < 1


@pytest.mark.slow
def test_every_picture_of_lesions_is_drawn(tmp_path, monkeypatch):
    """The page runs as it stands, and each cell that shows something draws a figure."""
    import matplotlib.pyplot as plt

    pytest.importorskip("nibabel")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    drawn = []
    with plt.rc_context():
        for cell in cells_of("lesion-pictures.md"):
            exec(cell, names)
            drawn.append(len(plt.get_fignums()))
            plt.close("all")
    assert drawn == [0, 1, 1, 1, 2, 1, 1, 2, 1, 1, 1]


@pytest.mark.slow
def test_the_page_of_protocols_runs_as_it_stands():
    names: dict[str, object] = {}
    for cell in cells_of("lesion-protocols.md"):
        exec(cell, names)
    by_name = names["table"].set_index("protocol")["value"].round(3).to_dict()
    assert (by_name["brats2023_gli"], by_name["brats2023_met"], by_name["panoptic"]) == (1.0, 0.667, 0.8)


def test_detections_are_suppressed_as_the_page_says(capsys):
    """The page of matching and suppression, cell by cell."""
    names: dict[str, object] = {}
    for cell in cells_of("matching.md"):
        exec(cell, names)
    assert capsys.readouterr().out.splitlines() == [
        "[0 1 2] [0 0 1] [8. 7. 6.]",
        "[[0, 0], [2, 1]] [1.   0.75]",
        "F1 0.6666666666666666 precision 0.5 recall 1.0",
        "[1 2 3]",
        "[1 0 2 3]",
        "linear [1 2 3 0] [0.9   0.7   0.6   0.178]",
        "gaussian [1 2 3 0] [0.9   0.7   0.6   0.239]",
        "upright [0] rotated [0 1]",
        "[1 0]",
        "[0 2]",
        "[[0.856 0.   ]",
        " [0.    0.899]",
        " [0.    0.   ]]",
        "[[0.758 0.   ]",
        " [0.    0.187]",
        " [0.    0.   ]]",
        "bird's-eye view AP at IoU 0.5 and 0.7: [1. 1.]",
        "3-D AP at IoU 0.5 and 0.7: [0.5 0.5]",
    ]


@pytest.mark.slow
def test_ranks_are_as_the_page_says(monkeypatch):
    """The page of ranking: by class times quality, suppressed by the same; a cut that carries over."""
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(PAGES.parents[1] / "examples")
    names: dict[str, object] = {}
    for cell in cells_of("ranking.md"):
        exec(cell, names)
    mean = names["table"].mean(axis=1)
    assert mean["p"] == pytest.approx(0.381, abs=5e-4)
    assert mean["p · q"] == pytest.approx(0.537, abs=5e-4)
    both = names["both"]
    assert both.loc["p · q", "ranked by p · q"] > both.drop(index="p · q").to_numpy().max() + 0.1
    assert both.loc["p · q", "ranked by p"] < mean["p"]
    f1 = names["dice"](names["new_counts"])
    assert f1[names["last"]] > f1.max() - 0.01
    assert (names["curve"].diff().dropna() < 0).all(axis=None)


@pytest.mark.slow
def test_boxes_are_as_the_page_says(capsys):
    """The page of boxes: one row in three formats, a night over midnight, a code that is trained."""
    pytest.importorskip("torch")
    names: dict[str, object] = {}
    for cell in cells_of("boxes.md"):
        exec(cell, names)
    out = capsys.readouterr().out
    assert "xywh    [10. 20. 40. 60.]" in out
    assert "cxcywh  [-5.  0. 25. 40.]" in out
    # two hours of fourteen
    assert f"{1 / 7} beside 0.0" in out
    assert "are malformed (hi < lo, NaN or infinite)" in out
    assert (names["fitted"] > 0.98).all()
    # a pair of weight 0; one box by two names
    assert "True\nIoU [1.    0." in out
    assert (oriented.iou(names["turned"].detach(), names["wanted"]) > 0.98).all()
    # half its height up: 0.8 shared of 2.4
    assert "in space 0.333\nfrom above 1.0\n" in out


def test_average_precision_as_the_page_says(capsys):
    names: dict[str, object] = {}
    for cell in cells_of("average-precision.md"):
        exec(cell, names)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith(
        "{'AP': 0.7, 'AP50': 1.0, 'AP75': 1.0, 'AP small': 0.6, 'AP medium': 0.8, 'AP large': nan"
    )
    assert printed[1].startswith(
        "coco.read_instances: what was given: 1 of 4 annotations cannot be read and are left out"
    )
    assert [line.split() for line in printed[2:8]] == [
        ["section", "place", "id", "reason"],
        ["annotations", "3", "4", "image_id", "9", "is", "none", "of", "the", "images"],
        ["name", "references", "AP", "AP50", "AR", "100"],
        ["cat", "1", "0.8", "1.0", "0.8"],
        ["dog", "1", "0.6", "1.0", "0.6"],
        ["emu", "0", "NaN", "NaN", "NaN"],
    ]
    assert printed[8:11] == ["VOC_2007 0.8485", "VOC_2010 0.8333", "COCO 0.835"]
    # an IoU of just one half
    assert printed[11:13] == ["≥ 1.0", "> 0.0"]
    assert printed[13:15] == ["footprints 1.0", "cuboids 0.5"]
    # the second car hangs too high, and the first is found at recalls up to one half, 51 of 101
    assert printed[15].startswith("<Evaluation: AP 0.5050, AP50 0.5050, AP75 0.5050, AR 1 0.5000, ")
    assert printed[16:] == ["1.0"]


def test_who_has_the_ball(tmp_path, monkeypatch, capsys):
    """The film of 100 frames: held in frames 20 … 39 and 60 … 79, with 20 frames between that nobody saw."""
    monkeypatch.setattr("tempfile.mkdtemp", lambda: str(tmp_path))
    names: dict[str, object] = {}
    for cell in cells_of("possession.md"):
        exec(cell, names)
    out = capsys.readouterr().out
    assert "160 0 0 [" in out
    assert names["found"]["n_frames"].tolist() == [20, 20]
    assert "0.8 s without a frame" in out
    # 20 + 12 + 20 frames, and 60 frames
    assert "2.08 2.4" in out
    assert names["visits"]["label"].tolist() == ["far", "half", "half", "far"]


@pytest.mark.slow
def test_frames_and_events_are_as_the_page_says(capsys, tmp_path, monkeypatch):
    names: dict[str, object] = {}
    for cell in cells_of("frames-and-events.md"):
        exec(cell, names)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-7:-3] == [
        "nearest_even .###.#..####. whole widened whole",
        "floor        .##..#..####. whole widened whole",
        "half_up      .###.#...###. whole widened whole",
        "ceil         ..##.#...###. whole widened whole",
    ]
    monkeypatch.chdir(tmp_path)
    Path("detected.csv").write_text("onset,offset\n1,2\n2.2,3\n6,6.01\n20,21\n")
    (command,) = commands_of("frames-and-events.md")
    assert CliRunner().invoke(app, command).exit_code == 0
    assert Path("cleaned.csv").read_text().splitlines()[1:] == ["detected,0.5,4.0", "detected,19.5,22.0"]


@pytest.mark.slow
def test_anomalies_and_segments_are_as_the_page_says(capsys):
    names: dict[str, object] = {}
    for cell in cells_of("anomalies-and-segments.md"):
        exec(cell, names)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("{")[0].split() for line in lines[-6:-2]] == [
        ["0.25", "0.25"],
        ["0.25", "0.125"],
        ["0.25", "0.131"],
        ["0.25", "0.375"],
    ]
    adjusted, of_a_guess, share = map(float, lines[-2].split())
    assert adjusted > 0.85
    assert of_a_guess > 0.85
    assert share < 0.05
    # six segments of seven in all, one edit in four
    assert names["report"].f1.values.round(4).tolist() == [0.8571] * 3
    assert float(names["report"].edit) == 0.75


@pytest.mark.slow
def test_speakers_are_as_the_page_says(tmp_path, monkeypatch, capsys):
    """Missed 0.2 + 0.5 + 0.3 + 1.0, false alarm 0.5, confused 0.5, of 34.5 s.

    With collars of 0.25 s and without the overlap: 0.25 + 0.25 + 0.05 + 0.75 of 10 + 7.5 + 14.5 s.
    """
    monkeypatch.setattr("tempfile.mkdtemp", lambda: str(tmp_path))
    names: dict[str, object] = {}
    for cell in cells_of("speakers.md"):
        exec(cell, names)
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["der", f"{3 / 34.5:.4f}"],
        ["missed", "2.0000"],
        ["false_alarm", "0.5000"],
        ["confused", "0.5000"],
        ["size_b", "34.5000"],
        ["nist_der", f"{1.3 / 32:.4f}"],
        ["pyannote_der", f"{1.3 / 32:.4f}"],
    ]
    monkeypatch.chdir(tmp_path)
    (command,) = commands_of("speakers.md")
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["0.0870", "2", "0.5", "0.5", "34.5"] in [line[:5] for line in lines]
    assert ["talk", "s1", "bert", "9.5"] in lines


# ---- the page on files of events


@pytest.fixture
def event_files(tmp_path, monkeypatch, capsys):
    """Run the cells of the page on files of events; return what they printed."""
    monkeypatch.setattr("tempfile.mkdtemp", lambda: str(tmp_path))
    names: dict[str, object] = {}
    for cell in cells_of("event-files.md"):
        exec(cell, names)
    return capsys.readouterr().out


def test_the_page_on_files_of_events_says_what_is_left_out_and_why(event_files):
    assert "event 1 a character that the format does not have label 'tawny owl' has ' '" in event_files
    assert "1 of 2 events, by 4 units in the last place" in event_files
    assert "SPEAKER moth 1 2.29 9.45 <NA> <NA> tawny_owl 0.4 <NA>" in event_files


def test_the_table_of_the_page_has_every_format_that_is_written():
    from domains.events.files.writing import WRITTEN

    text = (PAGES / "event-files.md").read_text(encoding="utf-8")
    table = text[text.index("| `kind=` | usual ending") :]
    assert re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]*) \| \.", table, re.MULTILINE))) == list(WRITTEN)
