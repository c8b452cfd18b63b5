"""Files of keypoints, as pose estimators write them: SLEAP's analysis CSV and DeepLabCut's CSV.

Conventions
-----------
- A row is an animal in a frame: its points, each x, y and how sure the estimator is of it. `boxed_points` makes a box
  of the points that are sure enough, with a margin round them; both are declared, never assumed.
- SLEAP: ``track,frame_idx,instance.score`` and for each node ``NODE.x``, ``NODE.y``, ``NODE.score``, in any order.
- DeepLabCut: a header of three rows, ``scorer``, ``bodyparts``, ``coords``, or of four with ``individuals`` after the
  first; then a row a frame, its number first. With several individuals a row of the file is a row for each of them.
- Frames count from 0 in both.

References
----------
Pereira, T. D. et al. (2022). SLEAP. Nat. Methods 19, 486. doi:10.1038/s41592-022-01426-1
Mathis, A. et al. (2018). DeepLabCut. Nat. Neurosci. 21, 1281. doi:10.1038/s41593-018-0209-y
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..._files import ReadError, split_rows
from ..._files import Row as Line
from ..._text import one_line
from .boxed import Row, fault_of

ABSENT = ("", "nan", "NaN")
DEEPLABCUT_HEADER = ("scorer", "individuals", "bodyparts", "coords")

NO_POINT = "no point"
NONE_SURE = "no point that is sure enough"
NO_NUMBER = "a coordinate that is no number"

_Points = dict[str, dict[str, int]]
"""In which column of a table the x, y and score of each point are."""


def sleap(text: str) -> Iterator[Row]:
    r"""Yield the rows of SLEAP's analysis CSV.

    Raises
    ------
    ReadError
        If the header lacks ``track`` or ``frame_idx``, or a node has an x without y.

    Examples
    --------
    >>> row = next(sleap("track,frame_idx,instance.score,nose.x,nose.y,nose.score\nm1,0,0.95,10,20,0.9\n"))
    >>> row["track"], row["points"]
    ('m1', [('10', '20', '0.9')])
    """
    rows = split_rows(text, ",")
    names = [cell.strip() for cell in rows[0].cells] if rows else []
    missing = [name for name in ("track", "frame_idx") if name not in names]
    if missing:
        found = one_line(", ".join(names) or "nothing", 120)
        raise ReadError(f"the header lacks {', '.join(missing)} (found {found}); export it as analysis CSV from SLEAP")
    points: _Points = {}
    for place, name in enumerate(names):
        node, dot, part = name.rpartition(".")
        if dot and node != "instance":
            _add(points, node, "score" if part == "score" else part, place)
    _check_points(points)
    for row in rows[1:]:
        if not row.cells:
            continue
        cells, start = _cells(row, len(names))
        if "skip" in start:
            yield start
            continue
        frame = cells[names.index("frame_idx")]
        track = cells[names.index("track")]
        yield {**start, "frame": frame, "track": track, "points": _points(points, cells)}


def deeplabcut(text: str) -> Iterator[Row]:
    r"""Yield the rows of DeepLabCut's CSV, one for each individual in each frame.

    Raises
    ------
    ReadError
        If the header is not of three or four rows as DeepLabCut writes them, or a point has an x without y.

    Examples
    --------
    >>> header = "scorer,s,s,s\nbodyparts,nose,nose,nose\ncoords,x,y,likelihood\n"
    >>> next(deeplabcut(header + "0,10,20,0.9\n"))["points"]
    [('10', '20', '0.9')]
    """
    rows = [row for row in split_rows(text, ",") if row.cells]
    header, body = _deeplabcut_header(rows)
    width = len(header["coords"])
    individuals = header.get("individuals", [""] * width)
    points: dict[str, _Points] = {}
    for place in range(1, width):
        part = "score" if header["coords"][place] == "likelihood" else header["coords"][place]
        _add(points.setdefault(individuals[place], {}), header["bodyparts"][place], part, place)
    for of_one in points.values() or [{}]:
        _check_points(of_one)
    for row in body:
        cells, start = _cells(row, width)
        for individual, of_one in points.items():
            if "skip" in start:
                yield {**start, "track": individual}
                continue
            yield {**start, "frame": cells[0], "track": individual, "points": _points(of_one, cells)}


def boxed_points(rows: Iterator[Row], padding: float, likelihood: float) -> Iterator[Row]:
    """Give each row the box round its points that are sure enough, or the reason why it has none.

    Parameters
    ----------
    rows : iterator of mapping
        With ``points``, a list of x, y and score as text. A point without a score is sure enough for a likelihood of 0
        only.
    padding : float
        Margin on each side, pixels.
    likelihood : float
        The least score of a point that counts.

    Yields
    ------
    mapping
        With ``x1 y1 x2 y2``, ``confidence`` (the mean score of the points that count) and ``n_points``, or ``skip``.
    """
    for row in rows:
        if "skip" in row:
            yield row
            continue
        points = row.pop("points")
        row["detail"] = f"frame={row['frame']} track={row['track']} points={points}"
        yield {**row, **_box(points, padding, likelihood)}


def _box(points: list[tuple[str, str, str]], padding: float, likelihood: float) -> Row:
    written = [point for point in points if point[0] not in ABSENT and point[1] not in ABSENT]
    if not written:
        return {"skip": NO_POINT}
    try:
        place = np.array([[float(x), float(y)] for x, y, _ in written])
        score = np.array([np.nan if cell in ABSENT else float(cell) for _, _, cell in written])
    except ValueError:
        return {"skip": NO_NUMBER}
    if not np.isfinite(place).all():
        return {"skip": NO_NUMBER}
    is_sure = np.isnan(score) if likelihood == 0 else np.zeros(len(score), bool)
    is_sure |= score >= likelihood
    if not is_sure.any():
        return {"skip": NONE_SURE}
    low = place[is_sure].min(axis=0) - padding
    high = place[is_sure].max(axis=0) + padding
    scores = score[is_sure & ~np.isnan(score)]
    return {
        "x1": low[0],
        "y1": low[1],
        "x2": high[0],
        "y2": high[1],
        "confidence": scores.mean() if len(scores) else "",
        "n_points": int(is_sure.sum()),
    }


def _deeplabcut_header(rows: list[Line]) -> tuple[dict[str, list[str]], list[Line]]:
    """Return the rows of the header by their first cell, and the rows below it."""
    header: dict[str, list[str]] = {}
    for row in rows[: len(DEEPLABCUT_HEADER)]:
        cells = [cell.strip() for cell in row.cells]
        if cells[0] not in DEEPLABCUT_HEADER:
            break
        header[cells[0]] = cells
    missing = [name for name in ("scorer", "bodyparts", "coords") if name not in header]
    if missing:
        found = one_line([row.cells[0] for row in rows[:4]], 80)
        raise ReadError(
            f"the header lacks {', '.join(missing)} (its rows begin with {found}); DeepLabCut writes scorer, "
            "bodyparts, coords, and individuals if there are several"
        )
    widths = {len(cells) for cells in header.values()}
    if len(widths) > 1:
        raise ReadError(f"the rows of the header have {sorted(widths)} cells; give all the same number")
    unknown = [cell for cell in header["coords"][1:] if cell not in ("x", "y", "likelihood")]
    if unknown:
        raise ReadError(f"the row coords has {one_line(unknown[0], 40)!r}; known are x, y, likelihood")
    return header, rows[len(header) :]


def _cells(row: Line, width: int) -> tuple[list[str], Row]:
    """Return the cells of a row, and where it stands, with a reason if they do not fit the header."""
    cells = [cell.strip() for cell in row.cells]
    start: Row = {"where": f"line {row.line}"}
    reason = fault_of(cells, width)
    if reason:
        start |= {"skip": reason, "detail": ",".join(row.cells)}
    return cells, start


def _add(points: _Points, name: str, part: str, place: int) -> None:
    of_point = points.setdefault(name, {})
    if part in of_point:
        raise ReadError(f"the header has {part} of {one_line(name, 40)!r} twice; keep one")
    of_point[part] = place


def _check_points(points: _Points) -> None:
    for name, parts in points.items():
        if not {"x", "y"} <= set(parts) <= {"x", "y", "score"}:
            has = one_line(", ".join(parts), 80)
            raise ReadError(f"the point {one_line(name, 40)!r} has {has}; each has x and y, and may have a score")
    if not points:
        raise ReadError("the header has no point; each is an x and a y")


def _points(points: _Points, cells: list[str]) -> list[tuple[str, str, str]]:
    return [
        (cells[parts["x"]], cells[parts["y"]], cells[parts["score"]] if "score" in parts else "")
        for parts in points.values()
    ]
