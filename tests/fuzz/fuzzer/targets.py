"""The registry: every public reader and every command, the files it is given, and how its rows are counted.

Conventions
-----------
- A target reads a path and returns what it got; its check looks at that, and says in sentences what is wrong.
- A check counts rows without the reader (`counts`). What contradicts itself (a wrong checksum, a doubled key, fewer
  voxels than promised) must have been refused.
- Whole jobs get the damaged file together with one that is whole, whose rows must be there.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from . import counts, formats, maps, seeds
from .seeds import Seed

FAMILIES = ("structures", "grids", "maps", "images", "formats", "tables", "annotations")
LONGEST = 720
"""Characters that a message, or a line of a command, may have: the geometry of two images takes 400."""


@dataclass(frozen=True)
class Target:
    """What is fuzzed: a public function, or a command with its arguments."""

    name: str
    family: str
    seeds: Callable[[], tuple[Seed, ...]]
    read: Callable[[Path, Path], Any]
    """Takes the damaged file and the folder of whole ones."""
    check: Callable[[Path, Any, Sequence[str]], list[str]]
    """Takes the file, what was read and the warnings."""
    weight: float = 1.0
    endings: tuple[str, ...] = field(default=())
    """Of the seeds' names; all by default."""

    def files(self) -> list[Seed]:
        """Return the seeds."""
        chosen = self.seeds()
        return [seed for seed in chosen if not self.endings or seed.name.endswith(self.endings)]


@dataclass(frozen=True)
class Printed:
    """What a command did."""

    code: object
    out: str
    err: str


def whole_files(folder: Path) -> None:
    """Write the files that stand beside a damaged one; those of a child before are there already."""
    if any(folder.iterdir()):
        return
    for made in (seeds.structures(), seeds.grids(), seeds.images(), seeds.events()):
        for seed in made:
            if not seed.trap:
                (folder / seed.name).write_bytes(seed.written())


# structures


def _backbone_angles(path: Path, folder: Path) -> Any:
    from domains.ramachandran import backbone_angles

    return backbone_angles(path)


def _check_residues(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    content = counts.unpacked(path).removeprefix(b"\xef\xbb\xbf")
    if b"dataBlocks" in content[:400]:
        # BinaryCIF has no checksum: what a flipped bit makes of it is not known here
        return []
    if b"\0" in content:
        return ["a file with NUL bytes was read"]
    if any("after END" in warning for warning in warned):
        return []
    is_cif = b"_atom_site." in content
    expected = counts.cif_residues(content) if is_cif else counts.pdb_residues(content)
    if expected is None:
        return []
    got = set()
    for table in found:
        for chain, number, icode, resname in table[["chain", "resseq", "icode", "resname"]].itertuples(index=False):
            got.add((chain, f"{number}{icode}", resname))
    lost = expected - got
    return [f"{len(lost)} residues lost: {min(lost)}"] if lost else []


def _validate(path: Path, folder: Path) -> Any:
    from domains.ramachandran import validate

    return validate([path, folder / "example.pdb"])


def _check_validated(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    residues, skipped = found
    problems = _rows_of_both(path, folder_file="example.pdb", tables=found)
    unread = skipped[skipped["reason"] == "unreadable file"]
    problems += _lines(unread["detail"])
    if len(unread) or not len(residues):
        return problems
    own = [table[table["file"] == str(path)] for table in found]
    return problems + _check_residues(path, own, warned)


def _rows_of_both(path: Path, folder_file: str, tables: Any) -> list[str]:
    files = {file for table in tables for file in table["file"]}
    named = {Path(file).name for file in files}
    problems = []
    if folder_file not in named:
        problems.append("the whole file beside it has no row")
    if str(path) not in files:
        problems.append("the damaged file has no row")
    return problems


# grids


def _read_region(path: Path, folder: Path) -> Any:
    from domains.ramachandran import read_region

    # which holds for a hard mask too
    return read_region(path, as_="membership")


def _read_reference(path: Path, folder: Path) -> Any:
    from domains.ramachandran import read_reference

    return read_reference(path)


def _check_reference(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    import numpy as np

    problems = []
    if found.score.dims != ("category", "psi", "phi"):
        problems.append(f"dimensions {found.score.dims}")
    if not np.isfinite(found.score.values).all():
        problems.append("scores that are no numbers")
    if not (found.allowed.values <= found.favored.values).all():
        problems.append("allowed is above favored")
    return problems


def _read_map(path: Path, folder: Path) -> Any:
    from domains.ramachandran import read_map

    return read_map(path, axes="t1 t2" if b"FIELDS t1" in path.read_bytes()[:40] else None)


def _check_map(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    problems = []
    # the others have a header of their own, absent rows or several values a row
    is_plain = path.suffix in (".dat", ".xvg", ".ramaProb")
    rows = counts.map_rows(counts.text_of(path)) if is_plain else found.size
    if rows != found.size:
        problems.append(f"{found.size} cells read of {rows}")
    if found.dims != ("psi", "phi"):
        problems.append(f"dimensions {found.dims}")
    return problems


def _read_angles(path: Path, folder: Path) -> Any:
    from domains.ramachandran import read_angles

    return read_angles(path)


def _check_angles(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    text = counts.text_of(path)
    rows = counts.map_rows(text)
    if path.suffix == ".csv":
        rows = len([line for line in re.split(r"\r\n|\r|\n", text) if re.search(r"[^\s,]", line)]) - 1
    if rows != len(found) and '"' not in text and not set(text) & {";", "\t"}:
        return [f"{len(found)} rows read of {rows}"]
    return []


def _check_grid_map(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    cells = _cells(path)
    if cells is not None and cells != found.size:
        return [f"{found.size} cells read of {cells}"]
    return []


def _check_region(path: Path, region: Any, warned: Sequence[str]) -> list[str]:
    cells = _cells(path)
    values = region.to_numpy()
    problems = []
    if cells is not None and cells != values.size:
        problems.append(f"{values.size} cells read of {cells}")
    if set(region.dims) != {"psi", "phi"}:
        problems.append(f"dimensions {region.dims}")
    if values.dtype != bool and not ((values >= 0) & (values <= 1)).all():
        problems.append("values outside [0, 1]")
    return problems


def _cells(path: Path) -> int | None:
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return counts.csv_cells(counts.text_of(path))
    if suffix == ".npz":
        counts.npz_members(path)
    if suffix == ".npy":
        return counts.npy_cells(path.read_bytes())
    return None


# images


def _read_image(path: Path, folder: Path) -> Any:
    from domains.lesions import read_image

    return read_image(path)


def _read_grey(path: Path, folder: Path) -> Any:
    from domains.lesions import read_grey

    return read_grey(path)


def _read_other_image(path: Path, folder: Path) -> Any:
    import numpy as np

    from domains.lesions import as_image, read_image

    like = as_image(np.zeros((6, 5, 4), bool), (0.5, 0.5, 2.0))
    return read_image(path, like=like, axes="zyx")


def _bring_into_place(path: Path, folder: Path) -> Any:
    import numpy as np

    from domains.lesions import as_image, read_image, resample_onto

    like = as_image(np.zeros((6, 5, 4), np.uint8), (0.5, 0.5, 2.0), origin=(1.0, 2.0, 3.0))
    frames = like.isel(z=[1, 2]).assign_attrs(sparse=True)
    image = read_image(path, like=frames if path.suffix == ".dcm" else None, axes="zyx", spacing=(0.5, 0.5, 2.0))
    return resample_onto(image, like)


def _check_place(path: Path, image: Any, warned: Sequence[str]) -> list[str]:
    sizes = {axis: image.sizes.get(axis) for axis in "xyz"}
    return [] if sizes == {"x": 6, "y": 5, "z": 4} else [f"brought onto {sizes}"]


def _read_outlines(path: Path, folder: Path) -> Any:
    from domains.lesions import read_outlines

    return read_outlines(path)


def _check_outlines(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    areas = [polygon.area for polygon in found["polygon"]]
    return [] if all(0 < area < math.inf for area in areas) else [f"an outline without an area: {areas}"]


def _check_image(path: Path, image: Any, warned: Sequence[str]) -> list[str]:
    content = counts.unpacked(path)
    voxels = counts.nifti_voxels(content)
    problems = []
    if voxels is not None and voxels != image.size:
        problems.append(f"{image.size} voxels read of {voxels}")
    for axis in set(image.dims) & {"x", "y", "z"}:
        if not all(map(math.isfinite, image[axis].values.tolist())):
            problems.append(f"no finite coordinates along {axis}")
    return problems


def _cohort_of_images(path: Path, folder: Path) -> Any:
    from domains.lesions import cohort

    _make_cohort(path, folder)
    return cohort(folder / "predictions", folder / "references")


def _cohort_command(command: str, *flags: str) -> Callable[[Path, Path], Printed]:
    def run(path: Path, folder: Path) -> Printed:
        _make_cohort(path, folder)
        out = folder / "cohort.csv"
        out.unlink(missing_ok=True)
        sides = [f"{folder}/predictions", f"{folder}/references"]
        files = ["--out", str(out), "--records", f"{folder}/{command}.records"]
        return _run_command(["lesions", command, *sides, *files, *flags])

    return run


def _cohort_of_protocols(path: Path, folder: Path) -> Any:
    from domains.lesions import cohort_protocols

    _make_cohort(path, folder)
    found = cohort_protocols(folder / "predictions", folder / "references", protocols=["cc", "picai"])
    return found.scores, found.skipped


def _cohort_of_chances(path: Path, folder: Path) -> Any:
    from domains.lesions import cohort_calibration

    _make_cohort(path, folder)
    sides = (folder / "predictions", folder / "references")
    found = cohort_calibration(*sides, as_="soft", scale=300, reference_as="labels")
    return found.scores, found.skipped


def _cohort_of_references(path: Path, folder: Path) -> Any:
    from domains.lesions import cohort

    _make_cohort(path, folder, "references")
    return cohort(folder / "predictions", folder / "references", as_="labels")


def _undeclared_cohort(path: Path, folder: Path) -> Any:
    """Let the references decide what they are, of which the damaged one may be another kind: that is an error."""
    from domains._checks import UsageError
    from domains.lesions import cohort

    _make_cohort(path, folder, "references")
    try:
        return cohort(folder / "predictions", folder / "references")
    except UsageError as error:
        if "is a soft mask and" not in str(error):
            raise
        return cohort(folder / "predictions", folder / "references", as_="labels")


def _make_cohort(path: Path, folder: Path, damaged: str = "predictions") -> None:
    """Make two folders: a damaged image on one side beside a whole one, and their partners."""
    ending = ".nii.gz" if path.name.lower().endswith(".gz") else ".nii"
    for name in ("predictions", "references"):
        side = folder / name
        shutil.rmtree(side, ignore_errors=True)
        side.mkdir()
        shutil.copy(folder / "labels.nii", side / "whole.nii")
        if name == damaged:
            shutil.copy(path, side / f"damaged{ending}")
        else:
            shutil.copy(folder / "labels.nii", side / "damaged.nii")


def _check_cohort(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    scores, _ = found
    problems = _lines(scores["error"])
    cases = scores.groupby("case")["error"].first().to_dict()
    if cases.get("whole") != "":
        problems.append(f"the whole case beside it was not scored: {cases}")
    if "damaged" not in cases:
        problems.append("the damaged case has no row")
    return problems


# tables


def _read_events(path: Path, folder: Path) -> Any:
    from domains.events import read_events

    return read_events(path)


def _check_annotations(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    times = found.events[["onset", "offset"]].to_numpy(float)
    is_ordered = (times[:, 0] <= times[:, 1]).all() and all(map(math.isfinite, times.ravel().tolist()))
    return [] if is_ordered else ["an event without finite, ordered times"]


def _check_events(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    text = counts.text_of(path)
    expected = _rows_of_events(path, text)
    n = len(found.events) + len(found.skipped)
    problems = []
    if expected is not None and not expected[0] <= n <= expected[1]:
        problems.append(f"{len(found.events)} events and {len(found.skipped)} skipped rows of {_between(expected)}")
    times = found.events[["onset", "offset"]].to_numpy(float)
    if not (times[:, 0] <= times[:, 1]).all() or not all(map(math.isfinite, times.ravel().tolist())):
        problems.append("an event without finite, ordered times")
    narrow = _narrow_rows(path, text)
    if narrow is not None and len(found.events) > narrow:
        problems.append("a row with more filled cells than the header is an event")
    return problems


def _between(expected: tuple[int, int]) -> str:
    low, high = expected
    return str(low) if low == high else f"{low} to {high}"


def _format(path: Path, text: str) -> str:
    """Return what a text that was read must have been, told anew from its first line."""
    suffix = path.suffix.lower()
    if suffix in (".rttm", ".json"):
        return suffix
    first = _first_line(text)
    header = {cell.strip(' "') for cell in re.split("[\t,;]", first)}
    if {"Begin Time (s)", "End Time (s)", "Selection"} <= header:
        return "raven"
    if suffix in (".uem", ".csv_bi") or "#" in text:
        return "commented"
    if {"Behavior", "Start (s)", "Stop (s)"} <= header or {"Start (s)", "End (s)"} <= header:
        return "table"
    if "Begin Time - msec" in header:
        return "bids"
    if "Behavior" in text and "Subject" in text:
        return "boris"
    if re.search(r"(^|[\n\r])\\\t", text):
        return "audacity"
    if {"onset", "duration"} <= {cell.strip() for cell in first.split("\t")} and not header & {"offset", "end", "stop"}:
        return "bids"
    if header & ONSETS and header & ENDS:
        return "table"
    return ".json" if text.lstrip().startswith("{") else ".rttm" if first.startswith("SP") else "dcase"


ONSETS = {"onset", "start", "t-start", "start_time", "start_seconds", "startSec", "onset_s", "Start"}
ENDS = {"offset", "end", "stop", "t-end", "end_time", "stop_seconds", "offset_s", "End", "duration", "durationSec"}
ENDS |= {"Duration"}


def _first_line(text: str) -> str:
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip(" \t")]
    return lines[0] if lines else ""


def _rows_of_events(path: Path, text: str) -> tuple[int, int] | None:
    kind = _format(path, text)
    if kind == ".json":
        return counts.json_rows(text)
    if kind == ".rttm":
        return counts.lines_of(text, comment=";")
    least, most = counts.lines_of(text)
    if kind == "table":
        least, most = counts.csv_records(text, ",;\t")
    if kind in ("boris", "audacity", "commented"):
        # two rows may be one, and comments or a block may stand before the header
        return 0, most
    header = 0 if kind == "dcase" else 1
    return max(least - header, 0), max(most - header, 0)


def _narrow_rows(path: Path, text: str) -> int | None:
    """Return how many rows have no filled cell that the header does not name; None where quotations hide that."""
    kind = _format(path, text)
    if kind not in ("table", "bids") or '"' in text:
        return None
    first = _first_line(text)
    separator = next(mark for mark in "\t;," if mark in first)
    rows = [line.split(separator) for line in re.split(r"\r\n|\r|\n", text) if line.strip()]
    if not rows:
        return 0
    width = len(rows[0])
    return sum(not "".join(row[width:]).strip() for row in rows[1:])


def _read_tracks(path: Path, folder: Path) -> Any:
    from domains.events import read_tracks

    if path.suffix == ".txt":
        return read_tracks(path, "mot")
    content = path.read_bytes()
    has_points = b"frame_idx" in content or b"scorer" in content
    return read_tracks(path, padding=1.0, likelihood=0.5) if has_points else read_tracks(path)


def _check_tracks(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    least, most = counts.csv_records(counts.text_of(path), ",")
    n = len(found.tracks) + len(found.skipped)
    # a header has up to four rows, and of several individuals each row is several
    is_pose = "n_points" in found.tracks
    problems = []
    if not is_pose and not least - 1 <= n <= most:
        problems.append(f"{len(found.tracks)} boxes and {len(found.skipped)} skipped rows of {least} to {most}")
    if is_pose and n < least - 4:
        problems.append(f"{n} rows of {least - 4} at least")
    corners = found.tracks[["x1", "y1", "x2", "y2"]].to_numpy(float)
    if not all(map(math.isfinite, corners.ravel().tolist())) or (corners[:, :2] > corners[:, 2:]).any():
        problems.append("a box without finite, ordered corners")
    if (found.tracks["frame"] < 0).any():
        problems.append("a frame before the first")
    return problems


def _convert(path: Path, folder: Path) -> Any:
    from domains.events import convert, read_events

    target = folder / "converted.csv"
    converted = convert(path, target)
    return converted, read_events(path), read_events(target, "csv", file=path.stem)


def _check_converted(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    converted, before, after = found
    n_left_out = converted.skipped["where"].str.startswith("event ").sum()
    if len(before.events) != len(after.events) + n_left_out:
        return [f"{len(after.events)} events written of {len(before.events)}, and {n_left_out} are told"]
    return []


def _score(path: Path, folder: Path) -> Any:
    from domains.events import score

    return score(path, folder / "plain.csv")


def _score_folders(path: Path, folder: Path) -> Any:
    from domains.events import score

    for side in ("predicted", "annotated"):
        shutil.rmtree(folder / side, ignore_errors=True)
        (folder / side).mkdir()
        shutil.copy(folder / "plain.csv", folder / side / "whole.csv")
        shutil.copy(folder / "plain.csv", folder / side / f"{path.stem}.csv")
    (folder / "predicted" / f"{path.stem}.csv").unlink()
    shutil.copy(path, folder / "predicted" / path.name)
    return score(folder / "predicted", folder / "annotated")


def _check_score(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    report, skipped, _ = found
    counts.text_of(path)
    for name in ("intersection", "size_a", "size_b"):
        if not math.isfinite(float(report[name])):
            return [f"{name} is {float(report[name])}"]
    return _lines(skipped["detail"][skipped["reason"] == "unreadable file"])


def _check_score_folders(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    _, skipped, scored = found
    problems = _lines(skipped["detail"][skipped["reason"] == "unreadable file"])
    if "whole" not in set(scored.reference["file"]):
        problems.append("the whole file beside it was not scored")
    return problems


def _resumed_cohort(path: Path, folder: Path) -> Any:
    from domains.lesions import cohort

    _make_again(folder)
    return cohort(folder / "again_predictions", folder / "again_references", out=path)


def _make_again(folder: Path) -> None:
    """Make two folders of whole images, once."""
    for side in ("again_predictions", "again_references"):
        if not (folder / side).is_dir():
            (folder / side).mkdir()
            for name in ("labels.nii", "second.nii"):
                shutil.copy(folder / name, folder / side / name)


def _check_resumed(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    scores, skipped = found
    cases = [
        (case, str(label), dice) for case, label, dice in scores[["case", "label", "dice"]].itertuples(index=False)
    ]
    right = [("labels", "2", 1.0), ("second", "2", 1.0)]
    return [] if cases == right and not len(skipped) else [f"the table of a second run holds {cases}"]


def _cohort_with_records(path: Path, folder: Path) -> Any:
    from domains.lesions import cohort

    _make_again(folder)
    return cohort(folder / "again_predictions", folder / "again_references", records=path)


def _read_scores(path: Path, folder: Path) -> Any:
    from domains.lesions import read_scores

    return read_scores(path)


def _check_scores(path: Path, scores: Any, warned: Sequence[str]) -> list[str]:
    rows = [row for row in csv.reader(io.StringIO(counts.text_of(path), newline=None)) if row]
    return [] if len(scores) == len(rows) - 1 else [f"{len(scores)} rows read of {len(rows) - 1}"]


def _compare_models(path: Path, folder: Path) -> Any:
    from domains.lesions import compare_models

    return compare_models(path, path)


def _check_models(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    counts.text_of(path)
    unequal = found.cases[~found.cases["better"].isin(["tie", ""])]
    return [] if unequal.empty else [f"a table differs from itself in {len(unequal)} rows"]


@cache
def scores_table() -> tuple[Seed, ...]:
    """Return the table of a cohort, as a first run leaves it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole_files(folder)
        _resumed_cohort(folder / "scores.csv", folder)
        return (Seed("scores.csv", (folder / "scores.csv").read_bytes()),)


@cache
def cohort_records() -> tuple[Seed, ...]:
    """Return the records of a cohort; the places and times of its files, which differ from run to run, are made up."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole_files(folder)
        _cohort_with_records(folder / "cohort.records", folder)
        lines = (folder / "cohort.records").read_text().splitlines()
    written = [formats.signed(_elsewhere(line)) + b"\n" for line in lines]
    return (Seed("cohort.records", b"".join(written)),)


@cache
def list_of_cases() -> tuple[Seed, ...]:
    """Return a table of cases whose images are the whole ones."""
    rows = ["prediction,reference,name,group", "labels.nii,labels.nii,first,anna", "second.nii,second.nii,,bert"]
    return (Seed("cases.csv", "\n".join(rows).encode() + b"\n"),)


def _cohort_of_table(path: Path, folder: Path) -> Any:
    from domains.lesions import cohort

    table = folder / "cases.csv"
    shutil.copy(path, table)
    return cohort(cases=table, as_="labels")


def _check_table(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    scores, _ = found
    problems = _lines(scores["error"])
    rows = [line for line in counts.text_of(path).splitlines()[1:] if line.strip(", \r\t")]
    n_cases = scores["case"].nunique()
    # a quoted cell may hold a line break
    if not 0 < n_cases <= len(rows):
        problems.append(f"{n_cases} cases of {len(rows)} lines")
    return problems


def _merged(path: Path, folder: Path) -> Any:
    from domains.lesions import merge

    return merge([path])


def _check_merged(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    scores, _ = found
    right = {"labels": 1.0, "second": 1.0}
    odd = [case for case, dice in scores[["case", "dice"]].itertuples(index=False) if dice != right.get(case)]
    failed = scores[scores["error"] != ""]["case"].tolist()
    return [f"a case {case} with another score" for case in odd if case not in failed]


def _elsewhere(line: str) -> bytes:
    """Return a record without its checksum, of files that lay elsewhere and are known by their content."""
    record = json.loads(line)
    del record["crc32"]
    for file in record.get("inputs", []):
        file.update(path="/elsewhere", mtime=0, ctime=0)
    return json.dumps(record)[:-1].encode()


def _lines(messages: Any) -> list[str]:
    return [f"an error of {len(message)} characters or several lines" for message in messages if _is_long(message)]


def _is_long(message: str) -> bool:
    return len(message) > LONGEST or "\n" in message


# commands


def _command(*arguments: str) -> Callable[[Path, Path], Printed]:
    """Return what runs a command: PATH stands for the damaged file, FOLDER/ for the folder of whole ones."""

    def run(path: Path, folder: Path) -> Printed:
        words = [word.replace("FOLDER", str(folder)) for word in arguments]
        return _run_command([str(path) if word == "PATH" else word for word in words])

    return run


def _run_command(words: list[str]) -> Printed:
    from domains import cli

    out = io.StringIO()
    err = io.StringIO()
    before = sys.argv
    sys.argv = ["overlap", *words]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            cli.main()
        code: object = "no exit"
    except SystemExit as end:
        code = end.code
    finally:
        sys.argv = before
    return Printed(code, out.getvalue(), err.getvalue())


def _check_command(path: Path, printed: Printed, warned: Sequence[str]) -> list[str]:
    problems = []
    if printed.code not in (0, 1, 2, None):
        problems.append(f"exit code {printed.code}")
    if printed.code in (1, 2) and not re.search("^error: ", printed.err, re.MULTILINE):
        problems.append(f"exit code {printed.code} without a line that begins with error: {printed.err[:200]!r}")
    if "Traceback" in printed.out + printed.err:
        problems.append("a traceback")
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028]", printed.out + printed.err):
        problems.append("control characters are printed")
    if "no picture was saved" in printed.err:
        problems.append(f"no picture: {printed.err[-300:]!r}")
    # a name of 200 characters may stand in it twice
    most = LONGEST + 2 * len(path.name)
    long_lines = [line for line in printed.err.splitlines() if len(line) > most]
    if long_lines:
        problems.append(f"a line of {len(long_lines[0])} characters on standard error")
    return problems


def _check_cohort_command(path: Path, printed: Printed, warned: Sequence[str]) -> list[str]:
    problems = _check_command(path, printed, warned)
    if "whole" not in (path.parents[2] / "whole" / "cohort.csv").read_text():
        problems.append("the whole case beside it has no row")
    return problems


TARGETS: tuple[Target, ...] = (
    Target("ramachandran.backbone_angles", "structures", seeds.structures, _backbone_angles, _check_residues, 20),
    Target("ramachandran.validate", "structures", seeds.structures, _validate, _check_validated, 1),
    Target(
        "overlap ramachandran validate",
        "structures",
        seeds.structures,
        _command("ramachandran", "validate", "PATH", "FOLDER/chain.pdb"),
        _check_command,
        0.3,
    ),
    Target(
        "overlap ramachandran changes",
        "structures",
        seeds.structures,
        _command("ramachandran", "changes", "FOLDER/chain.pdb", "PATH"),
        _check_command,
        0.3,
    ),
    Target("ramachandran.read_region", "grids", seeds.grids, _read_region, _check_region, 30),
    Target("ramachandran.read_reference", "grids", seeds.references, _read_reference, _check_reference, 5),
    Target(
        "overlap ramachandran compare",
        "grids",
        seeds.grids,
        _command("ramachandran", "compare", "PATH", "--json", "--as", "membership"),
        _check_command,
        0.5,
    ),
    Target(
        "overlap ramachandran region",
        "grids",
        seeds.grids,
        _command("ramachandran", "region", "PATH", "--as", "membership"),
        _check_command,
        0.5,
    ),
    Target("ramachandran.read_map, grids", "grids", seeds.grids, _read_map, _check_grid_map, 10),
    Target("ramachandran.read_map", "maps", maps.maps, _read_map, _check_map, 30),
    Target("ramachandran.read_angles", "maps", maps.angles, _read_angles, _check_angles, 10),
    Target(
        "overlap ramachandran validate, angles",
        "maps",
        maps.angles,
        _command("ramachandran", "validate", "PATH", "FOLDER/chain.pdb"),
        _check_command,
        0.3,
    ),
    Target(
        "overlap ramachandran compare --cutoff",
        "maps",
        maps.maps,
        _command("ramachandran", "compare", "PATH", "--json", "--cutoff", "15", "--unit", "kJ/mol", "--as", "energy"),
        _check_command,
        0.5,
    ),
    Target(
        "overlap ramachandran compare --reference",
        "grids",
        seeds.grids,
        _command("ramachandran", "compare", "FOLDER/mask.npy", "--reference", "PATH"),
        _check_command,
        0.5,
    ),
    Target("lesions.read_image", "images", seeds.images, _read_image, _check_image, 40),
    Target("lesions.read_grey", "images", seeds.images, _read_grey, _check_image, 10),
    Target("lesions.read_image, other formats", "formats", seeds.other_images, _read_other_image, _check_image, 10),
    Target("lesions.resample_onto, other formats", "formats", seeds.other_images, _bring_into_place, _check_place, 5),
    Target("lesions.resample_onto, outlines", "formats", seeds.outlines, _bring_into_place, _check_place, 1),
    Target("lesions.resample_onto", "images", seeds.images, _bring_into_place, _check_place, 5),
    Target("lesions.read_outlines", "formats", seeds.outlines, _read_outlines, _check_outlines, 2),
    Target("lesions.cohort", "images", seeds.images, _cohort_of_images, _check_cohort, 0.5),
    Target("lesions.cohort_calibration", "images", seeds.images, _cohort_of_chances, _check_cohort, 0.2),
    Target("lesions.cohort_protocols", "images", seeds.images, _cohort_of_protocols, _check_cohort, 0.2),
    Target("lesions.cohort, references", "images", seeds.images, _cohort_of_references, _check_cohort, 0.5),
    Target("lesions.cohort, undeclared", "images", seeds.images, _undeclared_cohort, _check_cohort, 0.5),
    Target(
        "overlap lesions compare",
        "images",
        seeds.images,
        _command("lesions", "compare", "PATH", "FOLDER/labels.nii"),
        _check_command,
        0.5,
    ),
    Target(
        "overlap lesions protocols",
        "images",
        seeds.images,
        _command("lesions", "protocols", "PATH", "FOLDER/labels.nii"),
        _check_command,
        0.3,
    ),
    Target(
        "overlap lesions decide",
        "images",
        seeds.images,
        _command("lesions", "decide", "PATH", "--out", "FOLDER/mask.nii"),
        _check_command,
        0.3,
    ),
    Target("overlap lesions cohort", "images", seeds.images, _cohort_command("cohort"), _check_cohort_command, 0.1),
    Target(
        "overlap lesions cohort-calibration",
        "images",
        seeds.images,
        _cohort_command("cohort-calibration", "--as", "soft", "--scale", "300", "--reference-as", "labels"),
        _check_cohort_command,
        0.1,
    ),
    Target(
        "overlap lesions cohort-protocols",
        "images",
        seeds.images,
        _cohort_command("cohort-protocols", "--protocols", "cc,picai"),
        _check_cohort_command,
        0.1,
    ),
    Target("events.read_events", "tables", seeds.events, _read_events, _check_events, 40),
    Target("events.read_events, annotations", "annotations", seeds.annotations, _read_events, _check_annotations, 6),
    Target("events.score", "tables", seeds.events, _score, _check_score, 0.6),
    Target("events.score, folders", "tables", seeds.events, _score_folders, _check_score_folders, 0.3),
    Target("lesions.read_scores", "tables", scores_table, _read_scores, _check_scores, 20),
    Target("lesions.compare_models", "tables", scores_table, _compare_models, _check_models, 0.4),
    Target(
        "overlap lesions compare-models",
        "tables",
        scores_table,
        _command("lesions", "compare-models", "PATH", "PATH"),
        _check_command,
        0.3,
    ),
    Target("lesions.cohort, resumed", "tables", scores_table, _resumed_cohort, _check_resumed, 0.3),
    Target("lesions.cohort, cases", "tables", list_of_cases, _cohort_of_table, _check_table, 0.3),
    Target("lesions.merge", "tables", cohort_records, _merged, _check_merged, 0.3),
    Target(
        "overlap lesions merge",
        "tables",
        cohort_records,
        _command("lesions", "merge", "PATH", "--out", "FOLDER/merged.csv"),
        _check_command,
        0.05,
    ),
    Target("lesions.cohort, records", "tables", cohort_records, _cohort_with_records, _check_resumed, 0.05),
    Target(
        "overlap events score",
        "tables",
        seeds.events,
        _command("events", "score", "PATH", "FOLDER/plain.csv", "--by", "label"),
        _check_command,
        0.4,
    ),
    Target(
        "overlap events agree",
        "tables",
        seeds.events,
        _command("events", "agree", "PATH", "FOLDER/plain.csv", "FOLDER/duration.csv", "--support", "60"),
        _check_command,
        0.1,
    ),
    Target(
        "overlap events protocols",
        "tables",
        seeds.events,
        _command("events", "protocols", "PATH", "FOLDER/plain.csv", "--protocols", "tiou,szcore,thumos14,jer"),
        _check_command,
        0.1,
    ),
    Target(
        "overlap events score --plot",
        "tables",
        seeds.events,
        _command("events", "score", "PATH", "FOLDER/plain.csv", "--plot", "FOLDER/plot.png", "--quiet"),
        _check_command,
        0.01,
    ),
    Target(
        "overlap events score --support",
        "tables",
        seeds.durations,
        _command("events", "score", "FOLDER/plain.csv", "FOLDER/plain.csv", "--support", "PATH"),
        _check_command,
        0.4,
    ),
    Target(
        "overlap events clean",
        "tables",
        seeds.events,
        _command("events", "clean", "PATH", "FOLDER/cleaned.csv", "--merge", "1", "--drop", "0.1", "--after", "2"),
        _check_command,
        0.3,
    ),
    Target("events.convert", "tables", seeds.events, _convert, _check_converted, 2),
    Target(
        "overlap events convert",
        "tables",
        seeds.events,
        _command("events", "convert", "PATH", "FOLDER/converted.json"),
        _check_command,
        0.4,
    ),
    Target("events.read_tracks", "tables", seeds.tracks, _read_tracks, _check_tracks, 10),
    Target(
        "overlap events possession",
        "tables",
        seeds.tracks,
        _command("events", "possession", "PATH", "ball", "p", "--zone", "all=0,0,9,9", "--rate", "25"),
        _check_command,
        0.3,
    ),
)

WRITERS = ("lesions.write_image", "events.write_events")
"""Public functions with a path that they write to: nothing is read from it."""


def of_family(family: str) -> list[Target]:
    return [target for target in TARGETS if target.family == family]


def by_name(name: str) -> Target:
    return next(target for target in TARGETS if target.name == name)
