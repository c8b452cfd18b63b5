"""The field in one command, on a generated scene and a made-up night: what ``overlap demo`` shows of it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from .. import _console
from . import tables
from .comparison import compare
from .plotting import plot_timelines
from .scenes import RATE, player_and_ball
from .schema import as_events
from .tables import summarise
from .tracks import possession

HOW: dict[str, Any] = {"rate": RATE, "index": "containment", "enter": 0.8, "leave": 0.3, "max_gap": 0.2}
NIGHT = 6 * 3600.0
SEIZURES = as_events([[600, 660], [5400, 5475], [9000, 9400], [14000, 14040]])
DETECTED = as_events([[585, 640], [5390, 5420], [5450, 5500], [9050, 9300], [11000, 11030], [14060, 14090]])


def demo(folder: Path) -> None:
    """Find who has the ball, score a night of seizures under several protocols, and save all of it."""
    tracks, truth = player_and_ball(jitter=3.0, lost=0.05)
    found = pd.concat([possession(tracks, "ball", who, **HOW) for who in ("red", "blue")], ignore_index=True)
    single = pd.concat(
        [possession(tracks, "ball", who, **HOW | {"leave": 0.8, "max_gap": 0.0}) for who in ("red", "blue")]
    )
    for table, name in ((found, "two thresholds"), (single, "one threshold"), (truth, "truth")):
        table.attrs["name"] = name
    play = {
        "two_thresholds": compare(found, truth, "time", support=20.0),
        "one_threshold": compare(single, truth, "time", support=20.0),
        "two_thresholds_events": compare(found, truth, "tiou", thresholds=(0.5,)),
        "one_threshold_events": compare(single, truth, "tiou", thresholds=(0.5,)),
    }
    night = _night()
    _save(folder, found, truth, play, night)
    _console.show(
        _summary("Who has the ball: boxes per frame, to intervals, to seconds", play),
        "[b]What to look at.[/b] A dribbled ball half leaves its player's box every few frames: one threshold loses "
        "half of the time and every event. Two thresholds hold it; of a tracker's noise one cut remains.\n",
        _summary("One night of seizures, three ways to count", night),
        "[b]What to look at.[/b] The detections do not change, the protocol does: SzCORE forgives a minute around a "
        "seizure, labelled time forgives nothing. Name the protocol beside the number.\n",
        _collars(),
        f"\n[b]Saved[/b] in {folder}: " + ", ".join(sorted(p.name for p in folder.iterdir())),
    )


def _night() -> dict[str, xr.Dataset]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        settings: dict[str, dict[str, Any]] = {"szcore": {}, "tiou": {"thresholds": (0.5,)}, "time": {}}
        return {name: compare(DETECTED, SEIZURES, name, support=NIGHT, **more) for name, more in settings.items()}


def _collars() -> str:
    """Show the fault of a collar that is compared bit by bit."""
    one, shifted = (as_events([[t, t + 1]]) for t in (0.2, 2.2)), (as_events([[t, t + 1]]) for t in (0.0, 2.0))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        found = [float(compare(a, b, "sed_eval_event", explain=True).f1) for a, b in zip(one, shifted, strict=True)]
    return (
        f"[b]A known fault.[/b] One pair, 0.2 s apart under a collar of 0.2 s, at 0 s and at 2 s: F1 {found[0]:g} "
        f"and {found[1]:g} under sed_eval's rule. The toolkit gives that and warns:\n[dim]{caught[0].message}[/dim]"
    )


def _summary(title: str, reports: dict[str, xr.Dataset]) -> Any:
    from rich.table import Table

    table = Table(title=title)
    for k, heading in enumerate(("", "counts", "in both", "only prediction", "only reference", "index")):
        table.add_column(heading, justify="right" if 2 <= k <= 4 else "left")
    for name, report in reports.items():
        row = summarise(report).iloc[0]
        sizes = (row["intersection"], row["size_a"] - row["intersection"], row["size_b"] - row["intersection"])
        index = "iou" if "iou" in row else "f1"
        shown = f"{tables.FIGURES[index]} {row[index]:.2f}"
        table.add_row(name.replace("_", " "), report.attrs["units"], *(f"{x:g}" for x in sizes), shown)
    return table


def _save(
    folder: Path,
    found: pd.DataFrame,
    truth: pd.DataFrame,
    play: dict[str, xr.Dataset],
    night: dict[str, xr.Dataset],
) -> None:
    found.to_csv(folder / "possession.csv", index=False)
    truth.to_csv(folder / "possession_truth.csv", index=False)
    rows = pd.concat([summarise(r).assign(job=name) for name, r in (play | night).items()], ignore_index=True)
    rows.to_csv(folder / "events.csv", index=False)
    night["szcore"].to_netcdf(folder / "seizures.nc", engine="h5netcdf")
    ax = plot_timelines(found, truth, threshold=0.5, thresholds=(0.5,))
    ax.set_title("Who has the ball", fontsize="medium", loc="left", pad=24)
    _console.save(ax.figure, folder / "possession.png")
    ax = plot_timelines(DETECTED, SEIZURES, "szcore", support=NIGHT)
    ax.set_title("A night of seizures under SzCORE", fontsize="medium", loc="left", pad=24)
    _console.save(ax.figure, folder / "seizures.png")
