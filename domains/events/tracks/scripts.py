"""Scenes that are written down frame by frame, and who has the ball in each under every rule.

Conventions
-----------
- A scene is a line of letters for the ball and for each of two players, a letter a frame, `RATE` frames a second. The
  ball: ``#`` seen, ``?`` lost. A player: ``A`` has all of it and is near, ``a`` has all of it and stands farther off,
  ``h`` has half of it, farther still, ``n`` has half of it, nearest of all, ``.`` has none of it, ``?`` is lost. In
  frames of ``_`` there is no row at all.
- An answer is a line of letters too: ``A`` or ``B`` has it, ``2`` both do, ``.`` nobody does.

References
----------
None: the scenes and their answers are written by hand.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..schema import as_events
from .films import BOX

RATE = 10.0
PLAYERS = ("A", "B")

RULES: dict[str, dict[str, Any]] = {
    "both": {},
    "one threshold": {"leave": 0.8},
    "nearest": {"exclusive": "nearest"},
    "overlap": {"exclusive": "overlap"},
    "hold": {"missing": "hold", "max_hold": 0.2},
    "bridge": {"max_gap": 0.2},
    "long": {"min_duration": 0.3},
    "all": {"exclusive": "nearest", "missing": "hold", "max_hold": 0.2, "max_gap": 0.2, "min_duration": 0.3},
}
"""What is passed to `possession` besides `HOW`, by the name of the rule."""

HOW: dict[str, Any] = {"index": "containment", "enter": 0.8, "leave": 0.3}

BALL = [-5.0, -5.0, 5.0, 5.0]
PLAYER_BOXES = {
    "A": [-29.0, -60.0, 31.0, 60.0],
    "a": [-10.0, -60.0, 50.0, 60.0],
    "h": [0.0, -60.0, 60.0, 60.0],
    "n": [-2.5, -60.0, 2.5, 60.0],
    ".": [70.0, -60.0, 130.0, 60.0],
}
"""``x1 y1 x2 y2`` of a player, by the letter of the frame: 60 wide, or 5 where it is narrow."""

SCRIPTS: dict[str, dict[str, str]] = {
    "alone": {
        "ball": "############",
        "A": "..AAAAAA....",
        "B": "............",
        "both": "..AAAAAA....",
    },
    "dribble": {
        "ball": "############",
        "A": "..AAhhAAhh..",
        "B": "............",
        "both": "..AAAAAAAA..",
        "one threshold": "..AA..AA....",
    },
    "ball lost": {
        "ball": "####??####??",
        "A": "..AAAAAAAAAA",
        "B": "............",
        "both": "..AA..AAAA..",
        "hold": "..AAAAAAAAAA",
        "bridge": "..AAAAAAAA..",
        "long": "......AAAA..",
        "all": "..AAAAAAAAAA",
    },
    "ball lost for long": {
        "ball": "####???#####",
        "A": "..AAAAAAAA..",
        "B": "............",
        "both": "..AA...AAA..",
        "hold": "..AAAA.AAA..",
        "long": ".......AAA..",
        "all": "..AAAAAAAA..",
    },
    "long hole": {
        "ball": "####______##",
        "A": "..AA______AA",
        "B": "....______..",
        "both": "..AA......AA",
        "hold": "..AAAA....AA",
        "long": "............",
        "all": "..AAAA......",
    },
    "short hole": {
        "ball": "#####__#####",
        "A": "..AAA__AAA..",
        "B": ".....__.....",
        "both": "..AAA..AAA..",
        "hold": "..AAAAAAAA..",
        "bridge": "..AAAAAAAA..",
        "all": "..AAAAAAAA..",
    },
    "gone after a hole": {
        "ball": "#####__#####",
        "A": "..AAA__.....",
        "B": ".....__.....",
        "both": "..AAA.......",
        "hold": "..AAAAA.....",
        "all": "..AAAAA.....",
    },
    "two at once": {
        "ball": "############",
        "A": "..AAAAaaaa..",
        "B": "....aaAAAA..",
        "both": "..AA222222..",
        "nearest": "..AAAABBBB..",
        "overlap": "..AAAAAAAA..",
        "all": "..AAAABBBB..",
    },
    "nearer and larger": {
        "ball": "############",
        "A": ".AAhhhhhh...",
        "B": "...aaaa.....",
        "both": ".AA2222AA...",
        "one threshold": ".AABBBB.....",
        "nearest": ".AABBBBAA...",
        "overlap": ".AABBBBAA...",
        "all": "...BBBB.....",
    },
    "nearer and smaller": {
        "ball": "############",
        "A": ".AAnnnnnn...",
        "B": "...aaaa.....",
        "both": ".AA2222AA...",
        "one threshold": ".AABBBB.....",
        "nearest": ".AAAAAAAA...",
        "overlap": ".AABBBBAA...",
        "all": ".AAAAAAAA...",
    },
    "taken away": {
        "ball": "############",
        "A": ".AA..AAA....",
        "B": "...AA.......",
        "both": ".AABBAAA....",
        "bridge": ".AA22AAA....",
        "long": ".....AAA....",
        "all": ".....AAA....",
    },
    "player lost": {
        "ball": "############",
        "A": ".AAA????....",
        "B": ".aaaaaaaa...",
        "both": ".222BBBBB...",
        "nearest": ".AAABBBBB...",
        "overlap": ".AAABBBBB...",
        "hold": ".22222BBB...",
        "all": ".AAAAABBB...",
    },
}
"""Scenes and their answers; a rule that a scene does not name changes nothing there, its answer is that of "both"."""


class Scene(NamedTuple):
    """A scene whose answers are known.

    Parameters
    ----------
    name : str
        What happens in it.
    tracks : DataFrame
        ``frame time track x1 y1 x2 y2`` of "ball", "A" and "B".
    answers : dict of str to DataFrame
        The events under each of `RULES`: ``file onset offset label confidence``, then ``first_frame`` and ``n_frames``.
    """

    name: str
    tracks: pd.DataFrame
    answers: dict[str, pd.DataFrame]


def possession_scenes() -> list[Scene]:
    """Make twelve short scenes, and who has the ball in them under every rule of `possession`.

    Returns
    -------
    list of Scene
        10 frames a second. To be found by ``possession(tracks, "ball", {"A": "A", "B": "B"}, **HOW, **RULES[rule])``.

    See Also
    --------
    possession : Find when a thing is with another, in a fixed zone, or with one of several.
    player_and_ball : Make tracks of two players and a ball, and the true times of possession.

    Examples
    --------
    >>> scene = possession_scenes()[4]
    >>> scene.name
    'long hole'
    >>> scene.answers["hold"][["label", "first_frame", "n_frames"]].to_numpy().tolist()
    [['A', 2, 4], ['A', 10, 2]]
    """
    return [_scene(name, script) for name, script in SCRIPTS.items()]


def _scene(name: str, script: dict[str, str]) -> Scene:
    answers = {rule: _events(script.get(rule, script["both"])) for rule in RULES}
    return Scene(name, _tracks(script), answers)


def _tracks(script: dict[str, str]) -> pd.DataFrame:
    """Return the boxes of the ball, then of each player, frame by frame."""
    boxes = {
        "ball": {"#": BALL},
        "A": PLAYER_BOXES,
        "B": PLAYER_BOXES,
    }
    rows: list[list[Any]] = []
    for track, box_of_letter in boxes.items():
        for frame, letter in enumerate(script[track]):
            if letter in box_of_letter:
                time = frame / RATE
                rows.append([frame, time, track, *box_of_letter[letter]])
    return pd.DataFrame(rows, columns=["frame", "time", "track", *BOX])


def _events(answer: str) -> pd.DataFrame:
    """Return the runs of each player in an answer, in the order of their onsets."""
    rows = []
    for who in PLAYERS:
        has_it = np.array([letter in (who, "2") for letter in answer])
        changes = np.flatnonzero(np.diff(has_it, prepend=False, append=False))
        for start, stop in changes.reshape(-1, 2).tolist():
            onset = start / RATE
            offset = stop / RATE
            n_frames = stop - start
            rows.append([onset, offset, who, start, n_frames])
    table = pd.DataFrame(rows, columns=["onset", "offset", "label", "first_frame", "n_frames"])
    return as_events(table.sort_values("onset", kind="stable"))
