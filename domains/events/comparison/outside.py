"""What a protocol leaves out: what lies outside of what was scored, and what has no duration; said and listed.

Conventions
-----------
- Each event lies within one scored stretch, or shares time with some, or with none. What follows is the protocol's, see
  `Protocol`: events are cut to the stretches, or those that share no time with any are left out.
- Where time is what is measured, an event without duration is nothing, and is left out.
- Nothing is left out in silence: a warning gives the count and the first, a row of `Scored.skipped` each event.

References
----------
NIST (2009). The RT-09 evaluation plan. (UEM: the stretches of a recording that are scored)
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from ... import _skipped
from ..._checks import UsageError
from ..._text import one_line
from ..protocols import Protocol
from ..protocols.preparation import where_scored

OUTSIDE = "outside what was scored"
CUT = "cut to what was scored"
NOTHING = "without duration, where time is measured"


def check_stretches(support: pd.DataFrame, protocol: Protocol, name: str, settings: Any) -> None:
    """Refuse several stretches of a file where a protocol cannot tell what they mean.

    Parameters
    ----------
    support : DataFrame
        What was scored, as `as_support` returns it.
    protocol : Protocol
        The protocol, which says what it makes of stretches.
    name : str
        Its name.
    settings : dataclass
        Its settings.

    Raises
    ------
    UsageError
        If a file has several stretches, and the protocol knows one only, or would count what lies between them.

    Examples
    --------
    >>> from ..protocols import PROTOCOLS
    >>> from ..schema import as_support
    >>> scored = as_support(pd.DataFrame({"file": ["f", "f"], "onset": [0, 50], "offset": [20, 90]}), [])
    >>> szcore = PROTOCOLS["szcore"]
    >>> check_stretches(scored, szcore, "szcore", szcore.configure(outside="dropped"))
    >>> check_stretches(scored, szcore, "szcore", szcore.settings)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    domains._checks.UsageError: events.assess: the support has 2 stretches of 'f', and szcore counts events between ...
    """
    if support.index.is_unique or protocol.stretches == "cut":
        return
    n_stretches = support.index.value_counts()
    file = n_stretches.index[0]
    several = f"events.assess: the support has {n_stretches.iloc[0]} stretches of {_shown(file)}"
    if protocol.stretches == "one":
        raise UsageError(
            f"{several}, and {name} scores one of each file; give each stretch as a file of its own, in the events and "
            "in the support"
        )
    if settings.outside == "counted":
        raise UsageError(
            f'{several}, and {name} counts events between them too; pass outside="dropped" (at the command line '
            "--param outside=dropped) to leave them out"
        )


def list_left_out(
    events: pd.DataFrame, support: pd.DataFrame, side: str, protocol: Protocol, settings: Any
) -> pd.DataFrame:
    """List the events of a side that are left out or cut, and warn of them.

    Parameters
    ----------
    events, support, side, protocol, settings
        See `list_outside`.

    Returns
    -------
    DataFrame
        ``side file where reason detail``, a row for each event that was left out or cut.

    Warns
    -----
    UserWarning
        If events have no duration and the protocol needs one; and as `list_outside`.

    Examples
    --------
    >>> from ..protocols import PROTOCOLS
    >>> from ..schema import as_events, as_support
    >>> events = as_events([[1.0, 1.0], [2.0, 3.0]])
    >>> tiou = PROTOCOLS["tiou"]
    >>> len(list_left_out(events, as_support(9.0, [""]), "prediction", tiou, tiou.settings))
    0
    """
    is_nothing = (events["onset"] == events["offset"]).to_numpy() & protocol.needs_duration(settings)
    reason = NOTHING
    said = (
        "and where time is measured they are nothing; they are left out; to count them, take a protocol of events such "
        'as "tiou", or give them a duration (events.add_margins)'
    )
    if protocol.loses is not None:
        is_nothing = protocol.loses(events, support, settings)
        reason = protocol.why_lost
        said = 'and lie on the grid, in no segment; they are left out; grid_points="next" counts the segment after'
    outside = list_outside(events[~is_nothing], support, side, protocol, settings)
    n_nothing = int(is_nothing.sum())
    if n_nothing == 0:
        return outside
    first = events[is_nothing].iloc[0]
    warnings.warn(
        f"events.assess: {n_nothing} of {len(events)} events of the {side} have no duration (the first: at "
        f"{first['onset']:g} s of {_shown(first['file'])}), {said}",
        stacklevel=4,
    )
    return _skipped.joined(_rows(events[is_nothing], side, np.full(n_nothing, reason)), outside)


def list_outside(
    events: pd.DataFrame, support: pd.DataFrame, side: str, protocol: Protocol, settings: Any
) -> pd.DataFrame:
    """List the events of a side that are left out or cut, since they lie outside of what was scored, and warn of them.

    Parameters
    ----------
    events : DataFrame
        Events.
    support : DataFrame
        What was scored, as `as_support` returns it.
    side : str
        What to call the events.
    protocol : Protocol
        The protocol, which says what it makes of stretches.
    settings : dataclass
        Its settings.

    Returns
    -------
    DataFrame
        ``side file where reason detail``, a row for each event that was left out or cut.

    Warns
    -----
    UserWarning
        If events lie outside, wholly or in part, whatever the protocol makes of it.
    """
    is_within, is_scored = where_scored(events, support)
    if is_within.all():
        return _skipped.as_skipped()
    cuts = protocol.stretches == "cut"
    drops = protocol.stretches == "whole" and settings.outside == "dropped"
    _warn(events, support, side, is_within, _consequence(protocol, int((~is_scored).sum()), drops=drops))
    is_left_out = ~is_scored & (cuts or drops)
    is_cut = ~is_within & is_scored & cuts
    reason = np.where(is_cut, CUT, OUTSIDE)
    is_listed = is_left_out | is_cut
    return _rows(events[is_listed], side, reason[is_listed])


def _consequence(protocol: Protocol, n_outside: int, *, drops: bool) -> str:
    if protocol.stretches == "cut":
        return "what lies outside is cut off"
    if drops:
        return f"{n_outside} wholly outside are left out, the others are scored whole"
    if protocol.stretches == "whole":
        return 'they count all the same; outside="dropped" leaves out what lies wholly outside'
    return "where time or segments are scored, what lies outside is cut off"


def _warn(events: pd.DataFrame, support: pd.DataFrame, side: str, is_within: np.ndarray, consequence: str) -> None:
    rows = np.flatnonzero(~is_within)
    first = events.iloc[rows[0]]
    stretches = support.loc[[first["file"]]]
    several = f"in {len(stretches)} stretches " if len(stretches) > 1 else ""
    begin = stretches["onset"].iloc[0]
    end = stretches["offset"].iloc[-1]
    warnings.warn(
        f"events.assess: {len(rows)} of {len(events)} events of the {side} lie outside the support, wholly or in part "
        f"(the first: {first['onset']:g} to {first['offset']:g} s of {_shown(first['file'])}, which is scored "
        f"{several}from {begin:g} to {end:g} s); {consequence}; if that is not meant, correct the support or the "
        "events",
        stacklevel=6,
    )


def _rows(events: pd.DataFrame, side: str, reason: np.ndarray) -> pd.DataFrame:
    times = zip(events["onset"], events["offset"], strict=True)
    where = [f"{onset:.12g} to {offset:.12g} s" for onset, offset in times]
    return pd.DataFrame(
        {"side": side, "file": events["file"], "where": where, "reason": reason, "detail": events["label"]}
    )


def _shown(file: str) -> str:
    return repr(one_line(file, 80))
