"""How the case is found in the name of a file, and which patterns would pair the images of two folders.

Conventions
-----------
- What the groups of a pattern capture in a whole name, joined by ``_``, is the case. A name is that of a file, or the
  path below the folder with ``/`` if the pattern has one, without the ending of the image.
- Where no names agree, the error says which patterns would pair them. Tried are the name itself, without an ending of
  BraTS or nnU-Net, without an ending that all names of a side have, and for images in subfolders the name of the
  subfolder. The best pattern leaves the fewest images without a partner.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..._checks import UsageError

ROLES = ("-seg", "_seg", "_0000")
"""What BraTS and nnU-Net add to the name of a case, for its segmentation and its first channel."""

WHOLE = "(.+)"
_LAST_PART = re.compile(r"[-_.][A-Za-z0-9]+$")


@dataclass(frozen=True)
class Names:
    r"""How the case is found in the name of a file.

    Parameters
    ----------
    pattern : str, optional
        A regular expression for the whole name without the ending of the image. What its groups capture, joined by
        ``_``, is the case. A pattern with a ``/`` is for the path below the folder, and finds images in its subfolders.
        By default the name itself is the case.

    Raises
    ------
    UsageError
        If it is no regular expression, or captures nothing.

    Examples
    --------
    >>> Names(r"(BraTS-\w+-\d+)-\d+-seg").case_of("BraTS-GLI-00001-000-seg")
    'BraTS-GLI-00001'
    >>> Names().case_of("patient.7")
    'patient.7'
    """

    pattern: str | None = None

    def __post_init__(self) -> None:
        if self.pattern is not None:
            check_pattern("names", self.pattern)

    @property
    def go_deeper(self) -> bool:
        """Whether subfolders are searched."""
        return self.pattern is not None and "/" in self.pattern

    def case_of(self, name: str) -> str | None:
        """Return the case of a name, or None if the name does not match."""
        return name if self.pattern is None else captured(self.pattern, name)


def check_pattern(name: str, pattern: str, operation: str = "lesions.cohort") -> None:
    """Refuse what is no regular expression, or captures nothing.

    Raises
    ------
    UsageError
        If it is so.

    Examples
    --------
    >>> check_pattern("group", "(.+?)_.*")
    >>> check_pattern("group", "patient")
    Traceback (most recent call last):
    domains._checks.UsageError: lesions.cohort: group 'patient' captures nothing: put what counts in parentheses, as ...
    """
    example = "as in '(.+)_.*'"
    try:
        n_groups = re.compile(pattern).groups
    except re.error as error:
        raise UsageError(
            f"{operation}: {name} {pattern!r} is no regular expression ({error}): put what counts in parentheses, "
            f"{example}"
        ) from None
    if not n_groups:
        raise UsageError(f"{operation}: {name} {pattern!r} captures nothing: put what counts in parentheses, {example}")


def captured(pattern: str, text: str) -> str | None:
    r"""Return what the groups of a pattern capture in a whole text, joined by ``_``; None if it does not match.

    Examples
    --------
    >>> captured(r"sub-(\d+)_ses-(\d+).*", "sub-01_ses-2_lesion")
    '01_2'
    """
    match = re.fullmatch(pattern, text)
    if match is None:
        return None
    return "_".join(part for part in match.groups() if part)


def pairing_patterns(predicted: Sequence[str], reference: Sequence[str]) -> tuple[str, str] | None:
    """Return the patterns of both sides under which most images are paired and fewest left over; None if none are.

    Parameters
    ----------
    predicted, reference : sequence of str
        The names of the images of each side.

    Examples
    --------
    >>> pairing_patterns(["liver_01_pred"], ["liver_01"])
    ('(.+)_pred', '(.+)')
    >>> pairing_patterns(["a/a-seg", "b/b-seg"], ["a/a-seg", "a/a-t1c", "b/b-seg", "b/b-t1c"])
    ('.+/(.+)-seg', '.+/(.+)-seg')
    """
    best = None
    most = (0, 0)
    for own in _patterns(predicted):
        cases = _cases(own, predicted)
        for other in _patterns(reference):
            others = _cases(other, reference)
            worth = (len(cases & others), -len(cases ^ others))
            if worth[0] and (best is None or worth > most):
                best = own, other
                most = worth
    return best


def _patterns(names: Sequence[str]) -> Iterator[str]:
    """Yield patterns that may find the case in names, the plainest first."""
    files = [name.rpartition("/")[2] for name in names]
    is_deep = any("/" in name for name in names)
    above = ".+/" if is_deep else ""
    for ending in ("", *ROLES, _shared_ending(files)):
        yield f"{above}{WHOLE}{_literally(ending)}"
    if is_deep:
        yield f"{WHOLE}/.+"
        for file, n in Counter(files).items():
            if n > 1:
                yield f"{WHOLE}/{_literally(file)}"


def _shared_ending(files: Sequence[str]) -> str:
    """Return the last part of names, if it is the same in all."""
    endings = {file[len(_LAST_PART.sub("", file)) :] for file in files}
    return endings.pop() if len(endings) == 1 else ""


def _literally(text: str) -> str:
    """Return a pattern for a text, without a backslash where none is needed."""
    return re.escape(text).replace(r"\-", "-").replace(r"\ ", " ")


def _cases(pattern: str, names: Sequence[str]) -> set[str]:
    """Return what a pattern captures in names; nothing if it captures the same in two of them."""
    matches = [re.fullmatch(pattern, name) for name in names]
    captured = [match.group(1) for match in matches if match]
    return set(captured) if len(set(captured)) == len(captured) else set()
