"""Draw the pictures of the README: ``python docs/readme_figure.py``. That of regions needs torch; a minute."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from domains import events, lesions
from domains import ramachandran as rama
from domains.ramachandran.validation.plotting import credit

DOCS = Path(__file__).parent
PICTURES = DOCS / "_static"
LOOKS = 0.5
"""Seconds from one look of the simulated detector to its next."""


def draw_regions():
    """Draw three steric models on the torus, each over the empirical region."""
    models = {
        "All clashes (1963)": rama.hard_sphere("outer"),
        "Five clashes (2003)": rama.hard_sphere("outer", clashes="ho2003"),
        "Ten limits, learned": rama.learn_contacts(level="allowed").region,
    }
    figure, axes = plt.subplots(1, 3, figsize=(13, 5.9), layout="constrained", sharey=True)
    for ax, (title, predicted) in zip(axes, models.items(), strict=True):
        report = rama.compare(predicted, level="allowed")
        rama.plot_agreement(predicted, level="allowed", ax=ax, labels=("predicted", "empirical"))
        ax.set_title(f"{title}: IoU {float(report.iou):.2f}")
        ax.label_outer()
    credit(figure)
    figure.get_layout_engine().set(h_pad=0.1)
    figure.savefig(PICTURES / "readme.png", dpi=160, bbox_inches="tight")


def draw_lesions():
    """Draw four radiologists' outlines of one nodule, and two of them beside the other two."""
    raters = lesions.read_image(lesions.example("nodule_00")) == 1
    ours, theirs = (raters.isel(rater=k).mean("rater") for k in ([0, 1], [2, 3]))
    compared = lesions.assess(ours, theirs)
    report = compared.report
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.4, 4.4), layout="constrained")
    lesions.plot_raters(raters, ax=left)
    left.set_title("Four readers, the slice most in dispute")
    lesions.plot_overlay(compared, ax=right, labels=("readers 0 and 1", "readers 2 and 3"))
    right.set_title(f"Two beside two: soft Dice {report.dice.item():.2f}, HD95 {report.hd95.item():.1f} mm")
    figure.savefig(PICTURES / "readme_lesions.png", dpi=110, bbox_inches="tight")


def canary():
    """Return the phrases of a canary's song, and what two looks a second make of them."""
    peers = DOCS.parent / "tests" / "data" / "event_files_peers.json"
    files = json.loads(peers.read_text(encoding="utf-8"))["files"]
    rows = files["405_marron1_June_14_2016_69640887.audacity.txt"]
    song = pd.DataFrame(rows, columns=["onset", "offset", "label"])
    song = song[song["label"] != "SIL"].reset_index(drop=True)
    looks = np.arange(0.0, song["offset"].max(), LOOKS)
    frames = [
        {"onset": max(look - LOOKS / 2, 0.0), "offset": look + LOOKS / 2, "label": label}
        for look in looks
        for label in song.loc[(song["onset"] <= look) & (look < song["offset"]), "label"]
    ]
    found = events.merge_close(pd.DataFrame(frames), 0.0)
    found.attrs["name"] = "two looks a second"
    song.attrs["name"] = "canary"
    return found, song


def draw_events():
    """Draw a song and its detector along time, and what each protocol says of them."""
    found, song = canary()
    table = events.compare_protocols(found, song, support=30.0, labels=["*"])
    figure, (above, below) = plt.subplots(2, 1, figsize=(9, 8.4), layout="constrained", height_ratios=[1, 4])
    events.plot_timelines(found.assign(label=""), song.assign(label=""), "time", start=0, stop=14, ax=above)
    events.plot_protocols(table, ax=below)
    figure.savefig(PICTURES / "readme_events.png", dpi=110, bbox_inches="tight")


if __name__ == "__main__":
    draw_regions()
    draw_lesions()
    draw_events()
