"""Protocols: how a community scores events, as four plain functions and their settings.

Conventions
-----------
- A protocol is (preprocess, criterion, matcher, reducer). Its settings are the keyword arguments of the four; a setting
  that several of them name goes to each.
- A preset gives its community's number, faults included. ``corrected`` holds the settings that mend them: comparisons
  that do not hang on the last bit of a time, an order of rows that does not matter, NaN where there is nothing to
  divide by.
- To score otherwise, change a setting, or make a `Protocol` of other functions.

References
----------
Mesaros, A., Heittola, T. & Virtanen, T. (2016). Appl. Sci. 6, 162. doi:10.3390/app6060162 (sed_eval)
Caba Heilbron, F. et al. (2015). ActivityNet. CVPR, 961. doi:10.1109/CVPR.2015.7298698
Idrees, H. et al. (2017). The THUMOS challenge on action recognition. CVIU 155, 1. doi:10.1016/j.cviu.2016.10.018
Dan, J. et al. (2024). SzCORE. Epilepsia. doi:10.1111/epi.18113
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from . import agreement, criteria, matchers, preparation, reducers


@dataclass(frozen=True)
class Protocol:
    """How events are scored.

    Parameters
    ----------
    preprocess, criterion, matcher, reducer : callable
        See `preparation`, `criteria`, `matchers` and `reducers` for their forms.
    settings : mapping
        Keyword arguments that differ from the functions' own defaults.
    corrected : mapping
        Settings that mend the known faults.
    faults : tuple of str
        The known faults, in words.
    units : str
        What the sizes count.

    Examples
    --------
    >>> PROTOCOLS["thumos14"].options()["thresholds"]
    (0.3, 0.4, 0.5, 0.6, 0.7)
    """

    preprocess: Callable[..., Any]
    criterion: Callable[..., Any]
    matcher: Callable[..., Any]
    reducer: Callable[..., Any]
    settings: Mapping[str, Any] = field(default_factory=dict)
    corrected: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    units: str = "events"

    def options(self, *, corrected: bool = False, **given: Any) -> dict[str, Any]:
        """Return every setting: the functions' defaults, the preset's, the corrections, then those given.

        Raises
        ------
        ValueError
            If none of the functions knows a setting.
        """
        own = [keywords(f) for f in (self.preprocess, self.criterion, self.matcher, self.reducer)]
        known = {name: value for one in own for name, value in one.items()} | dict(self.settings)
        if unknown := [name for name in given if name not in known]:
            raise ValueError(f"this protocol has no setting {', '.join(unknown)}; it has {', '.join(known)}")
        return known | (dict(self.corrected) if corrected else {}) | given


def keywords(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the keyword-only arguments of a function and their defaults.

    Examples
    --------
    >>> keywords(criteria.tiou)
    {'points': 'same'}
    """
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def apply(function: Callable[..., Any], options: Mapping[str, Any], *arguments: Any) -> Any:
    """Call a function with those of the options that it knows.

    Examples
    --------
    >>> apply(lambda x, *, y=1: x + y, {"y": 2, "z": 3}, 40)
    42
    """
    return function(*arguments, **{name: options[name] for name in keywords(function) if name in options})


_SOUND = {
    "matcher": matchers.same_label_first,
    "settings": {"f1_needs_both": True, "eps": float(np.spacing(1.0))},
}
_ROUNDING = "comparisons with the collar or the grid hang on the last bit of a time"
_NOTHING = "without predictions F1 is undefined, though all is missed; without references the error rate is 1/eps"
_THRESHOLD = "comparisons with a threshold hang on the last bit of a temporal IoU"
_TIES = "predictions of equal confidence count in the order of rows"

PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {
        "time": Protocol(
            preparation.unite, criteria.shared_time, matchers.all_pairs, agreement.add_time, units="seconds"
        ),
        "tiou": Protocol(
            preparation.arrange,
            criteria.tiou,
            matchers.one_to_one,
            reducers.count,
            {"thresholds": (0.1, 0.3, 0.5, 0.7, 0.9), "tolerance": 1e-9},
        ),
        "szcore": Protocol(
            preparation.merge_and_split,
            criteria.near_enough,
            matchers.all_pairs,
            reducers.count_false_alarms,
            corrected={"rate": None, "slack": 1e-9, "tolerance": 1e-9, "order": "time"},
            faults=(
                "rows that are nested or out of order are merged wrongly",
                "an event that rounds to no sample at 10 Hz is a miss and a false alarm even when it is right",
            ),
        ),
        "szcore_sample": Protocol(
            preparation.unite,
            criteria.shared_time,
            matchers.all_pairs,
            agreement.add_time,
            {"rate": 1.0},
            {"rate": None},
            ("boundaries are rounded to whole seconds, and an event that rounds to none vanishes",),
            units="seconds",
        ),
        "sed_eval_event": Protocol(
            preparation.arrange,
            criteria.collar,
            reducer=reducers.count_errors,
            corrected={"tolerance": 1e-9, "order": "time", "substitutions": "most", "f1_needs_both": False, "eps": 0.0},
            faults=(_ROUNDING, "which event substitutes for which hangs on the order of rows", _NOTHING),
            **_SOUND,  # type: ignore[arg-type]
        ),
        "sed_eval_segment": Protocol(
            preparation.cut_into_segments,
            criteria.same_segment,
            reducer=reducers.count_segments,
            corrected={"tolerance": 1e-9, "f1_needs_both": False, "eps": 0.0},
            faults=(_ROUNDING, _NOTHING),
            units="segments",
            **_SOUND,  # type: ignore[arg-type]
        ),
        "activitynet": Protocol(
            preparation.arrange,
            criteria.tiou,
            matchers.by_confidence,
            reducers.average_precision,
            {"thresholds": tuple(k / 20 for k in range(10, 20)), "points": "any"},
            {"points": "same", "order": "time", "ties": "together", "tolerance": 1e-9},
            (_TIES, _THRESHOLD, "two events without duration match wherever they are"),
        ),
        "thumos14": Protocol(
            preparation.arrange,
            criteria.tiou,
            matchers.by_confidence,
            reducers.average_precision,
            {"thresholds": (0.3, 0.4, 0.5, 0.6, 0.7), "points": "never", "duplicates": 1e-3},
            {"points": "same", "order": "time", "ties": "together", "duplicates": None, "tolerance": 1e-9},
            (
                _TIES,
                _THRESHOLD,
                "references within 1 ms of each other are one",
                "no event without duration is ever found",
            ),
        ),
    }
)
"""The presets, by name."""
