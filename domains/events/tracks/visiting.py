"""What possession adds up to: how often, when first, how long, and who comes after whom."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..schema import as_events, durations_of


def dwell(events: pd.DataFrame) -> pd.DataFrame:
    """Add up the visits to each zone, or the possessions of each holder.

    Parameters
    ----------
    events : DataFrame
        As `possession` returns them: a row is a visit, its label says where or with whom.

    Returns
    -------
    DataFrame
        By ``file`` and ``label``: ``entries``, ``first_entry`` (seconds, NaN if there is none), ``dwell`` (their total
        time), ``mean`` and ``longest`` (NaN if there is none), seconds. Whoever `possession` was asked about has a row,
        visited or not. Visits that overlap are added up each.

    Raises
    ------
    ValueError
        As `as_events`.

    See Also
    --------
    possession : Find when a thing is with another, in a fixed zone, or with one of several.
    transitions : Count how often each zone or holder is followed by each.

    Examples
    --------
    >>> from domains.events import player_and_ball, possession
    >>> tracks, _ = player_and_ball()
    >>> how = {"rate": 25, "index": "containment", "enter": 0.8, "leave": 0.3}
    >>> dwell(possession(tracks, "ball", {"red": "red", "blue": "blue"}, **how)).drop(columns="file")
      label  entries  first_entry  dwell  mean  longest
    0   red        2          2.0    7.8   3.9      5.0
    1  blue        1          8.8    5.6   5.6      5.6
    """
    visits = as_events(events)
    visits["duration"] = durations_of(visits)
    visits_of_each = visits.groupby(["file", "label"])
    onset = visits_of_each["onset"]
    duration = visits_of_each["duration"]
    figures = {
        "entries": visits_of_each.size(),
        "first_entry": onset.min(),
        "dwell": duration.sum(),
        "mean": duration.mean(),
        "longest": duration.max(),
    }
    files = list(dict.fromkeys(visits["file"])) or [""]
    holders = _holders_of(events, visits)
    everybody = pd.MultiIndex.from_product([files, holders], names=["file", "label"])
    table = pd.DataFrame(figures).reindex(everybody)
    table["entries"] = table["entries"].fillna(0).astype(np.int64)
    table["dwell"] = table["dwell"].fillna(0.0)
    return table.reset_index()


def transitions(events: pd.DataFrame) -> pd.DataFrame:
    """Count how often each zone or holder is followed by each.

    Parameters
    ----------
    events : DataFrame
        As `possession` returns them, of one recording or several. Those of a recording must not overlap.

    Returns
    -------
    DataFrame
        A square table: the rows come before, the columns after. The diagonal are returns to the same. Its sum is the
        number of visits less one for each recording that has any.

    Raises
    ------
    ValueError
        If two visits of one recording overlap: who comes after whom is then not told.

    See Also
    --------
    dwell : Add up the visits to each zone, or the possessions of each holder.
    possession : Find when a thing is with another, in a fixed zone, or with one of several.

    Examples
    --------
    >>> from domains.events import player_and_ball, possession
    >>> tracks, _ = player_and_ball()
    >>> how = {"rate": 25, "index": "containment", "enter": 0.8, "leave": 0.3, "exclusive": "nearest"}
    >>> transitions(possession(tracks, "ball", {"red": "red", "blue": "blue"}, **how))
          red  blue
    red     0     1
    blue    1     0
    """
    visits = as_events(events).sort_values(["file", "onset"], kind="stable", ignore_index=True)
    before = visits.iloc[:-1].reset_index(drop=True)
    after = visits.iloc[1:].reset_index(drop=True)
    follows = before["file"] == after["file"]
    _refuse_overlaps(before[follows], after[follows])
    holders = _holders_of(events, visits)
    counts = pd.DataFrame(0, index=holders, columns=holders, dtype=np.int64)
    for one, other in zip(before["label"][follows], after["label"][follows], strict=True):
        counts.loc[one, other] += 1
    return counts


def _holders_of(events: pd.DataFrame, visits: pd.DataFrame) -> list[str]:
    """Return whom `possession` was asked about, and whoever has a visit, each once."""
    asked = events.attrs.get("holders", [])
    return list(dict.fromkeys([*asked, *visits["label"]]))


def _refuse_overlaps(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """Refuse visits of which one begins before the visit before it ends, beyond rounding."""
    tolerance = 1e-9 * after["onset"].abs().clip(lower=1.0)
    overlaps = after["onset"] < before["offset"] - tolerance
    if not overlaps.any():
        return
    one = before[overlaps].iloc[0]
    other = after[overlaps].iloc[0]
    raise ValueError(
        f"events.transitions: {one['label']!r} until {one['offset']:g} s and {other['label']!r} from "
        f'{other["onset"]:g} s overlap; let possession choose one, with exclusive="nearest" or "overlap"'
    )
