"""What comes out of an evaluation: `Evaluation`, its summary and its table of categories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._checks import shown
from .protocols import Protocol
from .tables import Floats, Labels

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Evaluation:
    """Average precision by threshold (T), category (K), range of size (A) and limit of detections (M).

    NaN stands where a category has no reference that counts, which pycocotools writes as -1.

    Parameters
    ----------
    protocol : Protocol
        The settings.
    categories : ndarray (K,)
        Labels.
    average_precision : ndarray (T, K, A, M)
    recall : ndarray (T, K, A, M)
        The greatest that is reached.
    precision : ndarray (T, R, K, A, M)
        At each recall point of the protocol; no points (R = 0) where every step of recall is read.
    confidence : ndarray (T, R, K, A, M)
        The confidence from which on that recall is reached; 0 where it never is.
    n_references : ndarray (K, A)
        How many references count.
    """

    protocol: Protocol
    categories: Labels
    average_precision: Floats
    recall: Floats
    precision: Floats
    confidence: Floats
    n_references: Any

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name} {value:.4f}" for name, value in self.summary().items())
        return f"<Evaluation: {numbers}; categories: {len(self.categories)}>"

    def summary(self) -> dict[str, float]:
        """Return means over categories, those of COCO's protocol in the order and with the values of pycocotools.

        Returns
        -------
        dict
            ``AP``, over all thresholds; ``AP50`` and ``AP75`` where the protocol has these thresholds; ``AP small``
            and so on for each range of size after the first. All with the greatest limit of detections. ``AR 1`` and so
            on, the mean recall with each limit (``AR`` without one); ``AR small`` and so on. NaN where no category has
            a reference.

        Examples
        --------
        >>> from .evaluation import evaluate
        >>> from .tables import Detections, References
        >>> found = Detections(image=[1], category=["cat"], confidence=[0.9], boxes=[[0, 0, 40, 40]])
        >>> there = References(image=[1], category=["cat"], boxes=[[0, 0, 40, 41]])
        >>> {name: round(value, 3) for name, value in evaluate(found, there).summary().items()}["AR medium"]
        1.0
        """
        return {column.name: _mean(column.of(self)) for column in _columns(self.protocol)}

    def by_category(self, categories: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return the numbers of `summary` for each category.

        Parameters
        ----------
        categories : DataFrame, optional
            ``id`` and ``name`` of each category, such as `Instances.categories`.

        Returns
        -------
        DataFrame
            ``category``, ``name`` where categories are given, ``references`` (in the first range of size), and a column
            for each number.

        Raises
        ------
        TypeError, ValueError
            If categories is no table of ``id`` and ``name``, or does not have each category once.

        Examples
        --------
        >>> from .evaluation import evaluate
        >>> from .tables import Detections, References
        >>> found = Detections(image=[1], category=["cat"], confidence=[0.9], boxes=[[0, 0, 40, 40]])
        >>> there = References(image=[1, 1], category=["cat", "dog"], boxes=[[0, 0, 40, 41], [9, 9, 5, 5]])
        >>> evaluate(found, there).by_category()[["category", "references", "AP50"]]
          category  references  AP50
        0      cat           1   1.0
        1      dog           1   0.0

        The names of a file's categories stand in it:

        >>> import pandas as pd
        >>> from dataclasses import replace
        >>> evaluation = evaluate(replace(found, category=[3]), replace(there, category=[3, 8]))
        >>> names = pd.DataFrame({"id": [3, 8], "name": ["cat", "dog"]})
        >>> evaluation.by_category(names)[["category", "name", "AP50"]]
           category name  AP50
        0         3  cat   1.0
        1         8  dog   0.0
        """
        import pandas as pd

        table: dict[str, Any] = {"category": self.categories}
        if categories is not None:
            table["name"] = _names(self.categories, categories)
        table["references"] = self.n_references[:, 0]
        for column in _columns(self.protocol):
            values = np.moveaxis(column.of(self), 1, 0)
            table[column.name] = [_mean(of_category) for of_category in values]
        return pd.DataFrame(table)


class _Column(NamedTuple):
    """A number of the summary: which values it is the mean of."""

    name: str
    is_recall: bool
    threshold: int | None
    size: int
    limit: int

    def of(self, evaluation: Evaluation) -> Floats:
        """Return the values (T, K) that it is the mean of."""
        values = evaluation.recall if self.is_recall else evaluation.average_precision
        of_one = values[:, :, self.size, self.limit]
        return of_one if self.threshold is None else of_one[[self.threshold]]


def _names(labels: Labels, categories: Any) -> list[Any]:
    """Return the name of each label."""
    operation = "coco.Evaluation.by_category"
    if not {"id", "name"} <= set(getattr(categories, "columns", ())):
        raise TypeError(
            f"{operation}: categories is {shown(categories)}; pass a table of id and name, such as the categories that "
            "coco.read_instances returns"
        )
    names = []
    for label in labels.tolist():
        of_label = categories.loc[categories["id"] == label, "name"].tolist()
        if len(of_label) != 1:
            raise ValueError(
                f"{operation}: categories has {len(of_label)} rows of id {label!r}; pass one row for each of "
                f"{shown(labels.tolist())}, or leave categories out"
            )
        names.append(of_label[0])
    return names


def _columns(protocol: Protocol) -> Iterator[_Column]:
    limits = np.array(protocol.max_detections)
    widest = int(np.argmax(limits))
    by_limit = np.argsort(limits, kind="stable").tolist()
    others = list(enumerate(protocol.size_ranges))[1:]
    yield _Column("AP", False, None, 0, widest)
    if len(protocol.thresholds) > 1:
        for percent in (50, 75):
            at = np.flatnonzero(np.isclose(protocol.thresholds, percent / 100, rtol=1e-12))
            if len(at):
                yield _Column(f"AP{percent}", False, int(at[0]), 0, widest)
    for size, (name, _, _) in others:
        yield _Column(f"AP {name}", False, None, size, widest)
    for limit in by_limit:
        name = "AR" if np.isinf(limits[limit]) else f"AR {limits[limit]:g}"
        yield _Column(name, True, None, 0, limit)
    for size, (name, _, _) in others:
        yield _Column(f"AR {name}", True, None, size, widest)


def _mean(values: Floats) -> float:
    """Return the mean of what is defined, NaN of nothing."""
    is_defined = ~np.isnan(values)
    return float(np.mean(values[is_defined])) if is_defined.any() else nan
