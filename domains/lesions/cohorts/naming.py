"""Patterns that would pair the images of two folders, for the error that says that no names agree.

Conventions
-----------
- A name is the path below the folder, with ``/``, without the ending of the image.
- Tried are the name itself, without an ending of BraTS or nnU-Net, without an ending that all names of a side have, and
  for images in subfolders the name of the subfolder. The best pattern leaves the fewest images without a partner.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

ROLES = ("-seg", "_seg", "_0000")
"""What BraTS and nnU-Net add to the name of a case, for its segmentation and its first channel."""

WHOLE = "(.+)"
_LAST_PART = re.compile(r"[-_.][A-Za-z0-9]+$")


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
