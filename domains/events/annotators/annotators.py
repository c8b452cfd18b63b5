"""How well several annotators of the same recordings agree: kappa of pairs and of all, Dice and IoU of what they label.

Conventions
-----------
- Symmetric: no annotator is the reference. A rater is one of the tables, a label a set of time.
- Time is swept from one boundary to the next, so that every figure is exact, however finely events are cut. Events of
  one label that overlap count once.
- Kappa is over what was scored (`support`), where time without a label is a label like any other; it rises with the
  time that nobody labels. Without a support it is NaN. Of a single label it is that of present and absent; of all
  labels, "(all)", it is defined only while no rater has two labels at once.
- Fleiss' kappa takes the mean agreement of pairs, and chance from the shares of all raters together. Over continuous
  time Krippendorff's nominal alpha is the same number: it differs by the number of ratings, which is endless there.
- Kappa and alpha have an interval where there are several recordings: percentile bootstrap, recordings resampled with
  all that was scored of them. Where they are undefined in a resample, it is left out.
- With ``epoch=`` the scored time is cut into epochs first; each has the label that a rater has longest in it.

References
----------
Cohen, J. (1960). A coefficient of agreement for nominal scales. Educ. Psychol. Meas. 20, 37.
Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters. Psychol. Bull. 76, 378.
Efron, B. & Tibshirani, R. (1993). An introduction to the bootstrap. doi:10.1201/9780429246593
Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability. https://repository.upenn.edu/asc_papers/43
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from scipy import sparse

import overlap as ov
from overlap import intervals

from ... import _report
from ..._checks import UsageError, check_choice, check_number, check_whole
from ..protocols.preparation import united
from ..schema import Support, as_events, as_support, places_in, times_of, warn_of_names

ALL = "(all)"
NONE = "(none)"
OF_PAIRS = ("observed", "chance", "cohen")
ENDS = ("low", "high")
AT_ONCE = 4_000_000
"""Numbers of resamples that are held at a time."""


class Ratings(NamedTuple):
    """Which labels each rater gives, stretch by stretch.

    Parameters
    ----------
    weight : array (k,)
        Seconds of each stretch, or 1 of each epoch.
    file : array of int (k,)
        Its recording.
    has : array of bool (k, raters, labels + 1)
        Which labels hold; the last is none of them.
    total : array (files,)
        What was scored of each recording, in seconds or epochs; NaN if it is not known.
    """

    weight: np.ndarray
    file: np.ndarray
    has: np.ndarray
    total: np.ndarray


class Sums(NamedTuple):
    """What kappa is made of, in seconds or epochs; each may have further axes before, such as one of recordings.

    Parameters
    ----------
    both : array (..., labels + 1, raters, raters)
        How long two raters both have a label; the last is none.
    differ : array (..., raters, raters)
        How long two raters have different labels, each pair of labels counted.
    total : array (...)
        What was scored.
    """

    both: np.ndarray
    differ: np.ndarray
    total: np.ndarray


class Agreement(NamedTuple):
    """Agreement of each label and of all, the last: of pairs (..., labels + 1, raters, raters), and chance of all."""

    observed: np.ndarray
    chance: np.ndarray
    chance_of_all: np.ndarray


class Kappas(NamedTuple):
    """Cohen's kappa (..., labels + 1, raters, raters), Fleiss' and Krippendorff's alpha (..., labels + 1)."""

    cohen: np.ndarray
    fleiss: np.ndarray
    alpha: np.ndarray


def agree(
    *tables: Any,
    names: Sequence[str] | None = None,
    support: Support = None,
    by: Literal["file"] | None = None,
    epoch: float | None = None,
    level: float = 0.95,
    n_resamples: int = 2000,
    rng: int = 0,
) -> xr.Dataset:
    """Say how well annotators agree, label by label and pair by pair.

    Parameters
    ----------
    *tables : DataFrame or array, shape (n, 2)
        The events of each annotator, two or more; see `as_events`.
    names : sequence of str, optional
        What the annotators are called; by default as the tables are (``attrs["name"]``), else "1", "2", ...
    support : float, mapping or DataFrame, optional
        What was scored, see `compare`. Without it what needs the time that nobody labels, kappa above all, is NaN.
    by : {"file"}, optional
        Keep recordings apart; by default all are pooled.
    epoch : float, optional
        Cut what was scored into epochs of so many seconds, such as 30, and compare the label of each.
    level, n_resamples, rng
        Confidence level, number of resamples and seed of the intervals; no resamples, no intervals.

    Returns
    -------
    Dataset
        By ``label`` (the last, "(all)", is all of them), ``rater`` and ``other``: ``intersection size_a size_b`` in
        seconds or epochs, ``iou dice``, ``observed chance cohen``. By label: ``mean_cohen`` over the pairs,
        ``n_defined_pairs``, how many it is a mean of, ``fleiss`` and ``alpha`` of all raters. ``cohen_low cohen_high``
        and so on are their intervals, NaN with one recording, and not there where recordings are kept apart.
        ``confusion``: how long one rater has ``own`` while the other has ``others``, "(none)" included.

    Raises
    ------
    ValueError
        If there are fewer than two tables, two names are the same, a table is malformed, there are epochs and it is
        not known what was scored, or a number of the intervals is out of range.

    Warns
    -----
    UserWarning
        If the support lacks files that have events.

    See Also
    --------
    fleiss_kappa : Return Fleiss' kappa of several annotators, of each label and of all.
    compare : Score predicted events against annotated ones.

    Examples
    --------
    >>> a = pd.DataFrame({"onset": [0, 50], "offset": [40, 60], "label": "spindle"})
    >>> b = pd.DataFrame({"onset": [0, 50], "offset": [30, 70], "label": "spindle"})
    >>> report = agree(a, b, names=["anna", "bert"], support=100)
    >>> pair = report.sel(label="spindle", rater="anna", other="bert")
    >>> float(pair.dice), float(pair.observed), float(pair.chance), round(float(pair.cohen), 12)
    (0.8, 0.8, 0.5, 0.6)
    """
    operation = "events.agree"
    check_choice(operation, "by", by, ("file", None))
    check_number(operation, "level", level, above=0, below=1)
    check_whole(operation, "n_resamples", n_resamples, at_least=0)
    check_whole(operation, "rng", rng, at_least=0)
    raters = _rater_names(operation, tables, names)
    events = [as_events(table, name) for table, name in zip(tables, raters, strict=True)]
    files = sorted({file for side in events for file in side["file"]})
    scored = as_support(support, files)
    warn_of_names(operation, support, files, "its length is not known, nor what needs it, kappa above all", 2)
    if scored.empty:
        scored = as_support(support, [""])
    labels = sorted({label for side in events for label in side["label"]})
    ratings = _rate(events, scored, labels)
    units = "seconds"
    if epoch is not None:
        check_number(operation, "epoch", epoch, above=0)
        ratings = _by_epoch(operation, ratings, scored, epoch, events, labels)
        units = "epochs"
    every_file = [str(file) for file in scored.index.unique()]
    is_small = epoch is not None
    if by == "file":
        parts = [_figures(_of_file(ratings, k), labels, raters, is_small) for k in range(len(every_file))]
        data = xr.concat(parts, pd.Index(every_file, name="file"))
    else:
        data = _figures(ratings, labels, raters, is_small)
        data = data.assign(_intervals(ratings, is_small, level, n_resamples, rng))
    report = _report.completed(
        data,
        ("iou", "dice", *OF_PAIRS),
        prediction=raters[0],
        reference=raters[1],
        units=units,
        empty=nan,
        raters=", ".join(f"{name} ({len(side)})" for name, side in zip(raters, events, strict=True)),
        epoch="none" if epoch is None else f"{epoch:g} s",
        interval=f"{100 * level:g} %",
        support=_describe(ratings.total, units),
    )
    # none of them is either
    for side in ("prediction", "reference"):
        del report.attrs[side]
    return report


def fleiss_kappa(
    *tables: Any,
    support: Support = None,
    by: Literal["file"] | None = None,
    epoch: float | None = None,
) -> xr.Dataset:
    """Return Fleiss' kappa of several annotators, of each label and of all, exactly over time or by epochs.

    Parameters
    ----------
    *tables, support, by, epoch
        See `agree`. What was scored must be known for kappa to be defined.

    Returns
    -------
    Dataset
        By label, the last "(all)": ``fleiss``; ``alpha``, Krippendorff's for nominal labels; ``mean_observed`` and
        ``chance_of_all``, what they are made of.

    Raises
    ------
    ValueError
        As `agree`.

    See Also
    --------
    agree : Say how well annotators agree, label by label and pair by pair.

    Examples
    --------
    >>> three = [[[0, 50]], [[0, 50]], [[0, 100]]]
    >>> round(float(fleiss_kappa(*three, support=100).fleiss.sel(label="(all)")), 4)
    0.25
    """
    names = [str(k + 1) for k in range(len(tables))]
    report = agree(*tables, names=names, support=support, by=by, epoch=epoch, n_resamples=0)
    return report[["fleiss", "alpha", "mean_observed", "chance_of_all"]]


def pairs_of(report: xr.Dataset) -> pd.DataFrame:
    """Return a report of `agree` as a table: a row for each label and pair, and one for all raters of each label.

    Parameters
    ----------
    report : Dataset
        As `agree` returns it.

    Returns
    -------
    DataFrame
        ``[file] label rater other intersection size_a size_b iou dice observed chance kappa [kappa_low kappa_high]``;
        where both raters are "(all)", kappa is Fleiss', observed the mean over the pairs, and chance that of all.

    Examples
    --------
    >>> report = agree([[0, 40], [50, 60]], [[0, 30], [50, 70]], names=["anna", "bert"], support=100)
    >>> pairs_of(report)[["label", "rater", "other", "kappa"]].round(3).iloc[:2]
      label  rater  other  kappa
    0         anna   bert    0.6
    1        (all)  (all)    0.6
    """
    names = report["rater"].values.tolist()
    kappas = ["cohen", *(f"cohen_{end}" for end in ENDS if f"cohen_{end}" in report)]
    values = ["intersection", "size_a", "size_b", "iou", "dice", "observed", "chance", *kappas]
    keys = ["file", "label"] if "file" in report.dims else ["label"]
    tables = []
    for i, rater in enumerate(names):
        for other in names[i + 1 :]:
            pair = report[values].sel(rater=rater, other=other, drop=True)
            tables.append(pair.to_dataframe(dim_order=keys).reset_index().assign(rater=rater, other=other))
    called = {"mean_observed": "observed", "chance_of_all": "chance"}
    called |= {name.replace("cohen", "fleiss"): name for name in kappas}
    of_all = report[list(called)].to_dataframe(dim_order=keys).reset_index().rename(columns=called)
    rows = pd.concat([*tables, of_all.assign(rater=ALL, other=ALL)], ignore_index=True)
    place = {key: {value: k for k, value in enumerate(report[key].values.tolist())} for key in keys}
    order = rows[keys].apply(lambda column: column.map(place[column.name]))
    sorted_rows = rows.loc[order.sort_values(keys, kind="stable").index]
    columns = [*keys, "rater", "other", *values]
    listed = pd.DataFrame(sorted_rows, columns=columns).reset_index(drop=True)
    return listed.rename(columns={name: name.replace("cohen", "kappa") for name in kappas})


def _rater_names(operation: str, tables: Sequence[Any], names: Sequence[str] | None) -> list[str]:
    if len(tables) < 2:
        raise UsageError(
            f"{operation}: agreement takes two annotators or more, got {len(tables)}; pass a table of each"
        )
    if names is None:
        found = [_report.name_of(table, str(k)) for k, table in enumerate(tables, 1)]
    else:
        found = [str(name) for name in names]
    if len(found) != len(tables):
        raise UsageError(f"{operation}: there are {len(tables)} annotators and {len(found)} names; name each once")
    twice = sorted({name for name in found if found.count(name) > 1 or name == ALL})
    if twice:
        raise UsageError(f"{operation}: two annotators are called {twice[0]!r}; give each a name of its own: names=")
    return found


def _rate(events: Sequence[pd.DataFrame], scored: pd.DataFrame, labels: list[str]) -> Ratings:
    """Cut time wherever a label begins or ends, and say who has which."""
    every_file = scored.index.unique()
    sets = []
    groups = []
    for side in events:
        for label in labels:
            rows = side[side["label"] == label]
            sets.append(times_of(rows))
            groups.append(places_in(every_file, rows["file"]))
    of_file = every_file.get_indexer(scored.index)
    # where the end is not known, only what is labelled is looked at
    is_known = scored["offset"].notna().to_numpy()
    known = np.bincount(of_file, ~is_known, len(every_file)) == 0
    sets.append(times_of(scored[is_known]))
    groups.append(of_file[is_known])
    swept = intervals.sweep(*sets, by=groups)
    file = np.asarray(swept.group, int)
    is_scored = (swept.counts[:, -1] > 0) | ~known[file]
    holds = swept.counts[is_scored, :-1] > 0
    holds = holds.reshape(len(holds), len(events), len(labels))
    is_none = ~holds.any(axis=2, keepdims=True)
    length = (scored["offset"] - scored["onset"]).to_numpy(float)
    total = np.where(known, np.bincount(of_file, np.nan_to_num(length), len(every_file)), nan)
    return Ratings(swept.length[is_scored], file[is_scored], np.concatenate([holds, is_none], axis=2), total)


def _by_epoch(
    operation: str,
    ratings: Ratings,
    scored: pd.DataFrame,
    epoch: float,
    events: Sequence[pd.DataFrame],
    labels: list[str],
) -> Ratings:
    """Give each epoch the label that each rater has longest in it; of equals the first, and any before none."""
    if np.isnan(ratings.total).any():
        raise UsageError(
            f"{operation}: epochs need to know what was scored: pass support=, such as the seconds of a recording "
            "(--support at the command line)"
        )
    begin = scored["onset"].to_numpy(float)
    # a rest that is rounding is no epoch
    n_epochs = np.ceil((scored["offset"].to_numpy(float) - begin) / epoch - 1e-9).astype(int)
    row = np.repeat(np.arange(len(scored)), n_epochs)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(n_epochs) - n_epochs, n_epochs)
    onset = begin[row] + nth * epoch
    cut = pd.DataFrame({"onset": onset, "offset": np.minimum(onset + epoch, scored["offset"].to_numpy(float)[row])})
    cut["file"] = scored.index[row]
    every_file = scored.index.unique()
    of_epoch = places_in(every_file, cut["file"])
    shape = (len(cut), len(events), len(labels) + 1)
    seconds = np.zeros(shape)
    for k, side in enumerate(events):
        for m, label in enumerate(labels):
            rows = side[side["label"] == label]
            file = places_in(every_file, rows["file"])
            times, row_of_time = united(times_of(rows), file)
            both = intervals.overlap_pairs(times_of(cut), times, by=(of_epoch, file[row_of_time]))
            seconds[:, k, m] = np.bincount(both[0], both[2], len(cut))
    length = (cut["offset"] - cut["onset"]).to_numpy(float)
    seconds[:, :, -1] = length[:, None] - seconds[:, :, :-1].sum(axis=2)
    longest = seconds.argmax(axis=2)
    has = longest[:, :, None] == np.arange(shape[2])
    total = np.bincount(of_epoch, minlength=len(every_file)).astype(float)
    return Ratings(np.ones(len(cut)), of_epoch, has, total)


def _of_file(ratings: Ratings, k: int) -> Ratings:
    is_here = ratings.file == k
    return Ratings(ratings.weight[is_here], ratings.file[is_here], ratings.has[is_here], ratings.total[k : k + 1])


def _figures(ratings: Ratings, labels: list[str], raters: list[str], is_small: bool) -> xr.Dataset:
    """Return what `agree` reports of these stretches."""
    total = float(ratings.total.sum())
    confusion = _confusion(ratings)
    sums = _sums_of(confusion, total)
    if np.isnan(total):
        confusion[:, :, -1, -1] = nan
    is_single = _is_single(ratings)
    agreement = _agreement(sums, is_single=is_single)
    n = len(raters)
    kappas = _kappas(agreement, sums.total * n if is_small else np.asarray(inf))
    first, second = np.triu_indices(n, k=1)
    of_pairs = kappas.cohen[:, first, second]
    alike = sums.both[:-1]
    both = np.concatenate([alike, alike.sum(axis=0, keepdims=True)])
    size = both.diagonal(axis1=1, axis2=2)
    coords = {"label": [*labels, ALL], "rater": raters, "other": raters}
    size_a = np.broadcast_to(size[:, :, None], both.shape)
    size_b = np.broadcast_to(size[:, None, :], both.shape)
    data = _report.measured(ov.Overlap(both, size_a, size_b), coords, ("iou", "dice"))
    dims = tuple(coords)
    mean_cohen = xr.DataArray(of_pairs, dims=("label", "pair")).mean("pair")
    own = [*labels, NONE]
    return data.assign_coords(own=own, others=own).assign(
        observed=(dims, agreement.observed),
        chance=(dims, agreement.chance),
        cohen=(dims, kappas.cohen),
        mean_cohen=mean_cohen,
        n_defined_pairs=("label", np.isfinite(of_pairs).sum(axis=1)),
        fleiss=("label", kappas.fleiss),
        alpha=("label", kappas.alpha),
        mean_observed=("label", _mean_of_pairs(agreement.observed)),
        chance_of_all=("label", agreement.chance_of_all),
        confusion=(("rater", "other", "own", "others"), confusion),
    )


def _intervals(
    ratings: Ratings, is_small: bool, level: float, n_resamples: int, rng: int
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Return the ends of the intervals of kappa and alpha, recordings resampled."""
    if n_resamples == 0:
        return {}
    of_files = _sums_of_files(ratings)
    n_files, n_labels, n_raters = of_files.both.shape[:3]
    dims = {"cohen": ("label", "rater", "other"), "fleiss": ("label",), "alpha": ("label",)}
    ends = np.array([(1 - level) / 2, (1 + level) / 2])
    if n_files < 2 or np.isnan(of_files.total).any():
        n_of = {"label": n_labels, "rater": n_raters, "other": n_raters}
        empty = {name: np.full([n_of[dim] for dim in names], nan) for name, names in dims.items()}
        return {f"{name}_{end}": (dims[name], values) for name, values in empty.items() for end in ENDS}
    is_single = _is_single(ratings)
    generator = np.random.default_rng(rng)
    resampled: list[Kappas] = []
    at_once = max(1, AT_ONCE // of_files.both[0].size)
    for first in range(0, n_resamples, at_once):
        n_now = min(at_once, n_resamples - first)
        times_drawn = generator.multinomial(n_files, np.full(n_files, 1 / n_files), n_now)
        sums = Sums(*(np.tensordot(times_drawn, part, axes=1) for part in of_files))
        n_ratings = sums.total * n_raters if is_small else np.full(n_now, inf)
        resampled.append(_kappas(_agreement(sums, is_single=is_single), n_ratings))
    found = {}
    for name in dims:
        drawn = np.concatenate([getattr(kappas, name) for kappas in resampled])
        for end, values in zip(ENDS, _quantiles(drawn, ends), strict=True):
            found[f"{name}_{end}"] = (dims[name], values)
    return found


def _quantiles(drawn: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return quantiles over the first axis; what is undefined is left out, and NaN where all is."""
    is_any = ~np.isnan(drawn).all(axis=0)
    quantiles = np.full((len(ends), *drawn.shape[1:]), nan)
    quantiles[:, is_any] = np.nanquantile(drawn[:, is_any], ends, axis=0, method="inverted_cdf")
    return quantiles


def _is_single(ratings: Ratings) -> bool:
    """Return whether no rater ever has two labels at once."""
    return bool((ratings.has.sum(axis=2) == 1).all())


def _sums_of(confusion: np.ndarray, total: float) -> Sums:
    both = np.einsum("ijmm->mij", confusion)
    return Sums(both, confusion.sum(axis=(2, 3)) - both.sum(axis=0), np.asarray(total))


def _sums_of_files(ratings: Ratings) -> Sums:
    """Return the sums of each recording."""
    n_files = len(ratings.total)
    n, n_raters, n_labels = ratings.has.shape
    in_file = sparse.csr_array((ratings.weight, (ratings.file, np.arange(n))), shape=(n_files, n))
    pair = (n_raters, n_raters)
    both = np.zeros((n_files, n_labels, *pair))
    for m in range(n_labels):
        has = ratings.has[:, :, m]
        together = has[:, :, None] & has[:, None, :]
        both[:, m] = (in_file @ together.reshape(n, -1).astype(float)).reshape(n_files, *pair)
    n_held = ratings.has.sum(axis=2)
    pairs_of_labels = (n_held[:, :, None] * n_held[:, None, :]).reshape(n, -1).astype(float)
    differ = (in_file @ pairs_of_labels).reshape(n_files, *pair) - both.sum(axis=1)
    return Sums(both, differ, ratings.total)


def _confusion(ratings: Ratings) -> np.ndarray:
    """Return how long each rater has each label while each other has each, (raters, raters, labels, labels)."""
    n, n_raters, n_labels = ratings.has.shape
    flat = ratings.has.reshape(n, n_raters * n_labels).astype(float)
    together = (flat * ratings.weight[:, None]).T @ flat
    return np.ascontiguousarray(together.reshape(n_raters, n_labels, n_raters, n_labels).transpose(0, 2, 1, 3))


def _agreement(sums: Sums, *, is_single: bool) -> Agreement:
    """Return the agreement that is seen and that by chance: of each label, present or absent, and of all labels."""
    total = sums.total[..., None, None]
    alike = sums.both[..., :-1, :, :]
    size = alike.diagonal(axis1=-2, axis2=-1)
    share = _over(size, total)
    one = share[..., :, None]
    other = share[..., None, :]
    apart = size[..., :, None] + size[..., None, :] - 2 * alike
    observed = 1 - _over(apart, total[..., None])
    chance = one * other + (1 - one) * (1 - other)
    mean = share.mean(axis=-1)
    of_all = mean**2 + (1 - mean) ** 2

    shares = _over(sums.both.diagonal(axis1=-2, axis2=-1), total)
    if not is_single:
        # a rater with two labels at once has no label of the moment
        shares = shares * nan
    observed_labels = 1 - _over(sums.differ, total) + (0.0 if is_single else nan)
    chance_labels = np.einsum("...mi,...mj->...ij", shares, shares)
    of_all_labels = np.sum(shares.mean(axis=-1) ** 2, axis=-1)
    return Agreement(
        np.concatenate([observed, observed_labels[..., None, :, :]], axis=-3),
        np.concatenate([chance, chance_labels[..., None, :, :]], axis=-3),
        np.concatenate([of_all, of_all_labels[..., None]], axis=-1),
    )


def _kappas(agreement: Agreement, n_ratings: np.ndarray) -> Kappas:
    mean_observed = _mean_of_pairs(agreement.observed)
    return Kappas(
        _kappa(agreement.observed, agreement.chance),
        _kappa(mean_observed, agreement.chance_of_all),
        # of time there are endless many ratings
        _alpha(mean_observed, agreement.chance_of_all, n_ratings[..., None]),
    )


def _mean_of_pairs(values: np.ndarray) -> np.ndarray:
    first, second = np.triu_indices(values.shape[-1], k=1)
    return np.asarray(values[..., first, second].mean(axis=-1))


def _over(seconds: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Return shares of what was scored; NaN where nothing was, or it is not known."""
    is_known = total > 0
    return np.where(is_known, seconds / np.where(is_known, total, 1.0), nan)


def _kappa(observed: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Return (p_o - p_e) / (1 - p_e); NaN where chance alone makes all agree."""
    left = 1 - chance
    is_open = left > 0
    return np.where(is_open, (observed - chance) / np.where(is_open, left, 1.0), nan)


def _alpha(observed: np.ndarray, chance: np.ndarray, n_ratings: np.ndarray) -> np.ndarray:
    """Return 1 - D_o / D_e: what differs, over what would differ if ratings were drawn without putting them back."""
    correction = 1 - 1 / np.where(n_ratings > 0, n_ratings, nan)
    return 1 - (1 - _kappa(observed, chance)) * correction


def _describe(total: np.ndarray, units: str) -> str:
    if np.isnan(total).any():
        return "not known for all files"
    n = len(total)
    return f"{total.sum():g} {units} in {n} {'file' if n == 1 else 'files'}"
