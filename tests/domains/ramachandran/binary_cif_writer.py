"""BinaryCIF written by tests, one encoding a function: values in, the bytes and the settings out.

Written from the specification, value by value, and not from the reader.
"""

from __future__ import annotations

import struct
from itertools import pairwise

import msgpack
from copies_of_chains import MMCIF

TYPES = {1: "b", 2: "h", 3: "i", 4: "B", 5: "H", 6: "I", 32: "f", 33: "d"}
NUMBERS = {"Cartn_x", "Cartn_y", "Cartn_z", "occupancy", "B_iso_or_equiv"}
INTEGERS = {"id", "label_seq_id", "auth_seq_id", "pdbx_PDB_model_num"}


def as_bytes(values, kind=3):
    data = struct.pack(f"<{len(values)}{TYPES[kind]}", *values)
    return data, [{"kind": "ByteArray", "type": kind}]


def delta(values):
    steps = [b - a for a, b in pairwise(values)]
    return [0, *steps], [{"kind": "Delta", "origin": values[0], "srcType": 3}]


def run_length(values):
    runs = []
    for value in values:
        if runs and runs[-2] == value:
            runs[-1] += 1
        else:
            runs += [value, 1]
    return runs, [{"kind": "RunLength", "srcSize": len(values), "srcType": 3}]


def packed(values, n_bytes, unsigned):
    """Write each as many largest values as it takes, and the rest."""
    high = 2 ** (8 * n_bytes) - 1 if unsigned else 2 ** (8 * n_bytes - 1) - 1
    low = 0 if unsigned else -high - 1
    out = []
    for value in values:
        left = value
        while left >= high:
            out.append(high)
            left -= high
        while left <= low and not unsigned:
            out.append(low)
            left -= low
        out.append(left)
    settings = {"kind": "IntegerPacking", "byteCount": n_bytes, "isUnsigned": unsigned, "srcSize": len(values)}
    return out, [settings], {(1, True): 4, (2, True): 5, (1, False): 1, (2, False): 2}[n_bytes, unsigned]


def fixed_point(values, factor=1000):
    return [round(value * factor) for value in values], [{"kind": "FixedPoint", "factor": factor, "srcType": 32}]


def interval(values, n_steps):
    low, high = min(values), max(values) + 1
    step = (high - low) / (n_steps - 1)
    settings = {"kind": "IntervalQuantization", "min": low, "max": high, "numSteps": n_steps, "srcType": 32}
    return [round((value - low) / step) for value in values], [settings]


def strings(values):
    each = list(dict.fromkeys(values))
    offsets = [0]
    for text in each:
        offsets.append(offsets[-1] + len(text))
    data, encoding = as_bytes([each.index(value) for value in values])
    where, how = as_bytes(offsets)
    settings = {"kind": "StringArray", "dataEncoding": encoding, "stringData": "".join(each)}
    return data, [{**settings, "offsets": where, "offsetEncoding": how}]


def small(values):
    """Write coordinates as the archive does: fixed point, differences, packed integers."""
    values, first = fixed_point(values)
    values, second = delta(values)
    values, third, kind = packed(values, 2, unsigned=False)
    data, last = as_bytes(values, kind)
    return data, [*first, *second, *third, *last]


def counted(values):
    values, first = delta(values)
    values, second = run_length(values)
    data, last = as_bytes(values)
    return data, [*first, *second, *last]


def column(name, values):
    """Return a column of texts as mmCIF has them; "." and "?" are masked."""
    mask = [{".": 1, "?": 2}.get(value, 0) for value in values]
    if name in NUMBERS:
        data, encoding = small([0.0 if hidden else float(value) for value, hidden in zip(values, mask, strict=True)])
    elif name in INTEGERS:
        data, encoding = counted([0 if hidden else int(value) for value, hidden in zip(values, mask, strict=True)])
    else:
        data, encoding = strings(["" if hidden else value for value, hidden in zip(values, mask, strict=True)])
    stored = {"name": name, "data": {"data": data, "encoding": encoding}, "mask": None}
    if any(mask):
        masked, how = as_bytes(mask, kind=4)
        stored["mask"] = {"data": masked, "encoding": how}
    return stored


def document(atoms, without=(), more=None):
    """Return a BinaryCIF file of atoms, and of `more` categories, as a plain document, to be changed or packed."""
    columns = []
    for tag, value in MMCIF.items():
        if tag not in without:
            values = [value(atom) for atom in atoms]
            columns.append(column(tag, [str(i) for i in range(1, len(atoms) + 1)] if tag == "id" else values))
    category = {"name": "_atom_site", "rowCount": len(atoms), "columns": columns}
    others = [table(name, columns) for name, columns in (more or {}).items()]
    block = {"header": "MADE", "categories": [*others, category]}
    return {"encoder": "tests", "version": "0.3.0", "dataBlocks": [block]}


def table(name, columns):
    """Return a category of texts, and of numbers in ``num``."""
    stored = []
    for tag, values in columns.items():
        data, encoding = counted([int(value) for value in values]) if tag == "num" else strings(values)
        stored.append({"name": tag, "data": {"data": data, "encoding": encoding}, "mask": None})
    n_rows = len(next(iter(columns.values())))
    return {"name": name, "rowCount": n_rows, "columns": stored}


def written(made):
    return msgpack.packb(made, use_bin_type=True)
