"""The encodings of BinaryCIF: bytes to numbers and texts, each step checked before it is believed.

Conventions
-----------
- A column's encodings are undone from the last to the first.
- Integers are taken as 64 bits, so that no sum of differences wraps.
- A step says how many values it makes (``srcSize``); no more are made than the column may have.
- Whatever does not fit is a `ReadError` without the names of file and column.

References
----------
BinaryCIF specification 0.3 (github.com/molstar/BinaryCIF).
Sehnal et al. (2020), PLoS Comput. Biol. 16, e1008247.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..._files import ReadError
from .atoms import Floats, Ints

Values = npt.NDArray[Any]
Encoding = Mapping[str, Any]

TYPES = {1: "i1", 2: "<i2", 3: "<i4", 4: "u1", 5: "<u2", 6: "<u4", 32: "<f4", 33: "<f8"}
"""The types of a ByteArray."""


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """A column of texts.

    Attributes
    ----------
    code : ndarray of int, shape (n,)
        Index into `each`.
    each : list of str
        The texts; "" is last, for values that are not known.
    """

    code: Ints
    each: list[str]


def decode(data: Any, encodings: Sequence[Encoding], most: int) -> Values | Texts:
    """Undo the encodings of a column.

    Parameters
    ----------
    data : bytes
    encodings : sequence of mapping
    most : int
        How many values there may be.

    Returns
    -------
    ndarray or Texts

    Raises
    ------
    ReadError
        If an encoding is unknown or lacks a setting, or the data do not fit it.

    Examples
    --------
    >>> encodings = [{"kind": "Delta", "origin": 5}, {"kind": "ByteArray", "type": 1}]
    >>> decode(bytes([0, 1, 1]), encodings, most=3)
    array([5, 6, 7])
    """
    values = data
    for encoding in reversed(encodings):
        kind = encoding["kind"]
        if kind not in _STEPS:
            raise ReadError(f"the encoding {kind!r} is not known; write the file with those of BinaryCIF 0.3")
        # what a damaged setting makes of numbers is found by whoever reads them
        with np.errstate(all="ignore"):
            values = _STEPS[kind](values, encoding, most)
    if isinstance(values, bytes):
        raise ReadError("bytes without an encoding; fetch or write it again")
    decoded: Values | Texts = values
    return decoded


def _bytes(data: Any, encoding: Encoding, most: int) -> Values:
    dtype = np.dtype(TYPES[encoding["type"]])
    values: Values = np.frombuffer(data, dtype=dtype)
    return values.astype(np.int64 if dtype.kind in "iu" else np.float64)


def _fixed_point(values: Values, encoding: Encoding, most: int) -> Floats:
    factor = float(encoding["factor"])
    if not np.isfinite(factor) or factor == 0:
        raise ReadError(_damaged(f"a factor of {factor}"))
    return values / factor


def _interval(values: Values, encoding: Encoding, most: int) -> Floats:
    low = float(encoding["min"])
    high = float(encoding["max"])
    n_steps = int(encoding["numSteps"])
    if n_steps < 2:
        raise ReadError(_damaged(f"an interval of {n_steps} steps"))
    return low + values * ((high - low) / (n_steps - 1))


def _run_length(values: Values, encoding: Encoding, most: int) -> Ints:
    size = _size(encoding, most)
    value = _integers(values[0::2])
    n_times = _integers(values[1::2])
    if len(values) % 2 or (n_times < 0).any() or (n_times > size).any() or n_times.sum() != size:
        raise ReadError(_damaged(f"runs that are not {size} values"))
    return np.repeat(value, n_times)


def _delta(values: Values, encoding: Encoding, most: int) -> Ints:
    return int(encoding["origin"]) + np.cumsum(_integers(values))


def _packed_integers(values: Values, encoding: Encoding, most: int) -> Ints:
    """Add up the values that stand for more than a byte or two hold: these go on in the next one."""
    size = _size(encoding, most)
    values = _integers(values)
    bits = 8 * int(encoding["byteCount"])
    if bits not in (8, 16):
        raise ReadError(_damaged(f"integers of {bits} bits"))
    if encoding["isUnsigned"]:
        goes_on = values == 2**bits - 1
    else:
        goes_on = (values == 2 ** (bits - 1) - 1) | (values == -(2 ** (bits - 1)))
    last = np.flatnonzero(~goes_on)
    if len(last) != size or (len(values) and goes_on[-1]):
        raise ReadError(_damaged(f"{len(last)} packed integers in place of {size}"))
    sums = np.cumsum(values)[last]
    return np.diff(sums, prepend=0)


def _string_array(data: Any, encoding: Encoding, most: int) -> Texts:
    text = encoding["stringData"]
    offsets = _integers(decode(encoding["offsets"], encoding["offsetEncoding"], len(text) + most + 1))
    code = _integers(decode(data, encoding["dataEncoding"], most))
    ordered = len(offsets) > 0 and offsets[0] >= 0 and offsets[-1] <= len(text) and (np.diff(offsets) >= 0).all()
    if not ordered:
        raise ReadError(_damaged("offsets that are not those of its texts"))
    each = [text[begin:end] for begin, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)]
    if (code < -1).any() or (code >= len(each)).any():
        raise ReadError(_damaged(f"an index of none of its {len(each)} texts"))
    return Texts(np.where(code < 0, len(each), code), [*each, ""])


_STEPS: dict[str, Callable[[Any, Encoding, int], Any]] = {
    "ByteArray": _bytes,
    "FixedPoint": _fixed_point,
    "IntervalQuantization": _interval,
    "RunLength": _run_length,
    "Delta": _delta,
    "IntegerPacking": _packed_integers,
    "StringArray": _string_array,
}


def _size(encoding: Encoding, most: int) -> int:
    """Return how many values a step says that it makes."""
    size = int(encoding["srcSize"])
    # what is encoded by runs has two for each, at most
    if not 0 <= size <= 2 * most:
        raise ReadError(_damaged(f"{size} values where {most} are promised"))
    return size


def _integers(values: Any) -> Ints:
    if not isinstance(values, np.ndarray) or values.dtype.kind != "i":
        raise ReadError(_damaged("no integers where an encoding needs them"))
    return values


def _damaged(found: str) -> str:
    return f"damaged ({found}); fetch or write it again"
