"""The field in one command, on a generated scene and a made-up night: what ``overlap demo`` shows of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import xarray as xr

from .. import _console
from .._tables import build_table
from . import tables
from .comparison.comparison import compare
from .pictures.plotting import plot_timelines
from .run import summarise
from .schema import as_events
from .tracks import possession
from .tracks.scenes import RATE, player_and_ball

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.table import Table
    from rich.text import Text

HOW: dict[str, Any] = {"rate": RATE, "index": "containment", "enter": 0.8, "leave": 0.3, "max_gap": 0.2}
NIGHT = 6 * 3600.0
SEIZURES = as_events([[600, 660], [5400, 5475], [9000, 9400], [14000, 14040]])
DETECTED = as_events([[585, 640], [5390, 5420], [5450, 5500], [9050, 9300], [11000, 11030], [14060, 14090]])

OF_POSSESSION = (
    "A dribbled ball half leaves its player's box every few frames: one threshold loses half of the time and every "
    "event. Two thresholds hold it; of a tracker's noise one cut remains.\n"
)
OF_A_NIGHT = (
    "The detections do not change, the protocol does: SzCORE forgives a minute around a seizure, labelled time "
    "forgives nothing. Name the protocol beside the number.\n"
)


def demo(folder: Path) -> None:
    """Find who has the ball, score a night of seizures under several protocols, and save all of it."""
    tracks, truth = player_and_ball(jitter=3.0, lost=0.05)
    truth.attrs["name"] = "truth"
    found = _possession(tracks, "two thresholds", HOW)
    single = _possession(tracks, "one threshold", HOW | {"leave": HOW["enter"], "max_gap": 0.0})
    play = {
        "two_thresholds": compare(found, truth, "time", support=20.0),
        "one_threshold": compare(single, truth, "time", support=20.0),
        "two_thresholds_events": compare(found, truth, "tiou", thresholds=(0.5,)),
        "one_threshold_events": compare(single, truth, "tiou", thresholds=(0.5,)),
    }
    night = _score_night()
    _save(folder, found, truth, play, night)
    saved = ", ".join(sorted(path.name for path in folder.iterdir()))
    _console.show(
        _summary("Who has the ball: boxes per frame, to intervals, to seconds", play),
        _console.remark("What to look at.", OF_POSSESSION),
        _summary("One night of seizures, three ways to count", night),
        _console.remark("What to look at.", OF_A_NIGHT),
        *_fault_of_collars(),
        _console.remark("\nSaved", f"in {folder}: {saved}"),
    )


def _possession(tracks: pd.DataFrame, name: str, how: dict[str, Any]) -> pd.DataFrame:
    parts = [possession(tracks, "ball", who, **how) for who in ("red", "blue")]
    events = pd.concat(parts, ignore_index=True)
    events.attrs["name"] = name
    return events


def _score_night() -> dict[str, xr.Dataset]:
    return {
        "szcore": compare(DETECTED, SEIZURES, "szcore", support=NIGHT),
        "tiou": compare(DETECTED, SEIZURES, "tiou", support=NIGHT, thresholds=(0.5,)),
        "time": compare(DETECTED, SEIZURES, "time", support=NIGHT),
    }


def _fault_of_collars() -> list[Text]:
    """Show the fault of a collar that is compared bit by bit."""
    with _console.collected_warnings() as notes:
        at_0 = compare(as_events([[0.2, 1.2]]), as_events([[0.0, 1.0]]), "sed_eval_event", explain=True)
        at_2 = compare(as_events([[2.2, 3.2]]), as_events([[2.0, 3.0]]), "sed_eval_event", explain=True)
    said = (
        "One pair, 0.2 s apart under a collar of 0.2 s, at 0 s and at 2 s: "
        f"F1 {float(at_0.f1):g} and {float(at_2.f1):g} under sed_eval's rule. The toolkit gives that and warns:"
    )
    return [_console.remark("A known fault.", said), _console.aside(notes[0])]


def _summary(title: str, reports: dict[str, xr.Dataset]) -> Table:
    cells = []
    for name, report in reports.items():
        row = summarise(report).iloc[0]
        in_both = row["intersection"]
        only_prediction = row["size_a"] - in_both
        only_reference = row["size_b"] - in_both
        index = "iou" if "iou" in row else "f1"
        cells.append(
            [
                name.replace("_", " "),
                report.attrs["units"],
                f"{in_both:g}",
                f"{only_prediction:g}",
                f"{only_reference:g}",
                f"{tables.FIGURES[index]} {row[index]:.2f}",
            ]
        )
    headings = ("in both", "only prediction", "only reference", "index")
    return build_table(("", "counts"), headings, cells, title=title)


def _save(
    folder: Path,
    found: pd.DataFrame,
    truth: pd.DataFrame,
    play: dict[str, xr.Dataset],
    night: dict[str, xr.Dataset],
) -> None:
    _console.save_table(found, folder / "possession.csv")
    _console.save_table(truth, folder / "possession_truth.csv")
    jobs = play | night
    rows = [summarise(report).assign(job=name) for name, report in jobs.items()]
    _console.save_table(pd.concat(rows, ignore_index=True), folder / "events.csv")
    _console.save_dataset(night["szcore"], folder / "seizures.nc")
    ax = plot_timelines(found, truth, threshold=0.5, thresholds=(0.5,))
    _save_picture(ax, "Who has the ball", folder / "possession.png")
    ax = plot_timelines(DETECTED, SEIZURES, "szcore", support=NIGHT)
    _save_picture(ax, "A night of seizures under SzCORE", folder / "seizures.png")


def _save_picture(ax: Axes, title: str, path: Path) -> None:
    protocol = ax.get_title(loc="left").splitlines()[-1]
    ax.set_title(f"{title}\n{protocol}", fontsize="medium", loc="left", pad=24)
    _console.save(ax.figure, path)
