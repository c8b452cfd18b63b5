"""A cohort before its first case: which pairs of images it has, and the rules that hold for all of them.

Conventions
-----------
- Whatever is scored of a cohort, its cases are found, read and named in one way.
- What the images are is decided once, before the first case; see `domains.lesions.cohorts.reading`. So is the label
  that soft masks stand for beside label maps: the only one of all the maps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ... import _batch
from ..._running import Running
from ..._text import printable
from ..comparison.labels import Labels, check_labels
from ..images.nnunet import described
from .cohorts import Pair, Rules, ignored_rows
from .folders import Listed, images_by_case
from .listing import Choice, choose_cases, hash_of_names, part_of
from .reading import Side, check_said, decide_kinds, labels_of_all, warn_of_axes
from .sources import Reading


@dataclass(frozen=True, eq=False)
class Cohort:
    """The cases of a cohort.

    Parameters
    ----------
    pairs : mapping of str to Pair
        The two images of each case, and how they are scored, by its name.
    rules : Rules
        The same for all of them.
    name : str
        What messages call its files.
    aside : list of dict
        What in the folders is no case, for the table of what was skipped.
    hash_of_all : str
        Of the names of all cases, of which these may be a part.
    """

    pairs: Mapping[str, Pair]
    rules: Rules
    name: str
    aside: list[dict[str, str]] = field(default_factory=list)
    hash_of_all: str = ""

    @property
    def cases(self) -> list[_batch.Case]:
        """The cases of a job."""
        return [pair.as_case() for pair in self.pairs.values()]

    @property
    def not_counted(self) -> list[dict[str, str]]:
        """The label whose voxels do not count, for the table of what was skipped."""
        return ignored_rows(self.rules.ignored, self.name)


def gather(
    predictions: str | Path | None,
    references: str | Path | None,
    choice: Choice,
    reading: Reading,
    labels: Labels | None,
    settings: Any,
    running: Running,
    *,
    count_missing: bool = False,
    part: tuple[int, int] | None = None,
) -> Cohort:
    """Find the cases of a cohort, and decide how they are scored.

    Parameters
    ----------
    predictions, references : path or None
        Folders of images.
    choice : Choice
        Which cases.
    reading : Reading
        What is said of the images.
    labels : sequence of int or mapping, optional
        See `compare`; by default the regions that nnU-Net's description names.
    settings : dataclass
        What else decides the scores.
    running : Running
        Where files are read, to decide what they are.
    count_missing : bool
        Whether a case without a prediction counts as missed.
    part : (int, int), optional
        Which part of the cases is done, and of how many.

    Raises
    ------
    UsageError, FileNotFoundError, ValueError
        If the labels are none, there are no cases, or what they are is not said and cannot be decided.
    """
    said = described() if choice.cases is not None else described(predictions, references)
    labels = said.regions if labels is None else labels
    if labels is not None:
        check_labels("lesions.cohort", labels)
    all_cases, aside = choose_cases(predictions, references, choice, reading.as_ == "soft")
    listed = part_of(all_cases, part)
    decided = _decided(listed, reading, running, may_be_a_part=choice.cases is not None or part is not None)
    numbers = () if labels is not None else _labels_of_maps(all_cases, decided, running)
    counted = tuple(number for number in numbers if number != said.ignored)
    rules = Rules(settings, labels, decided, count_missing, said.ignored, counted)
    places = {} if decided.like is None else images_by_case(decided.like)
    pairs = {case.name: Pair(case, rules, places.get(case.name)) for case in listed}
    where = f"{predictions}, {references}" if choice.cases is None else str(choice.cases)
    return Cohort(pairs, rules, printable(where), aside, hash_of_names(all_cases))


def _decided(listed: Sequence[Listed], reading: Reading, running: Running, *, may_be_a_part: bool) -> Reading:
    """Return what all images are: no part of a cohort may decide it for the others."""
    paths = tuple(case.predicted for case in listed if case.predicted is not None)
    predictions = Side(paths, reading.as_, reading.scale)
    paths = tuple(case.reference for case in listed)
    references = Side(paths, reading.reference_as or reading.as_, reading.reference_scale)
    warn_of_axes("lesions.cohort", reading.axes, [*predictions.paths, *references.paths])
    if may_be_a_part:
        check_said(predictions, references)
    as_, reference_as = decide_kinds(predictions, references, running)
    return replace(reading, as_=as_, reference_as=reference_as)


def _labels_of_maps(all_cases: Sequence[Listed], decided: Reading, running: Running) -> tuple[int, ...]:
    """Return the labels of all label maps whose other side is soft masks: no case may decide what these stand for."""
    kinds = (decided.as_, decided.reference_as)
    if kinds == ("soft", "labels"):
        maps = [decided.of_reference(case.reference) for case in all_cases]
    elif kinds == ("labels", "soft"):
        maps = [decided.of_prediction(case.predicted) for case in all_cases if case.predicted is not None]
    else:
        return ()
    return labels_of_all(maps, running)
