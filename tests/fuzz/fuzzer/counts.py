"""How many rows a file has, counted without its reader.

Conventions
-----------
- A count is a pair: at least so many, at most so many. What a format leaves open (a lone carriage return, a line of
  separators) is the difference of the two.
- None: the file is so damaged that this module does not say how many rows it has.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

GZIP = b"\x1f\x8b"
STANDARD = frozenset(
    "ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL".split()  # noqa: SIM905
)
_BITS = {2: 8, 4: 16, 8: 32, 16: 32, 64: 64, 256: 8, 512: 16, 768: 32, 1024: 64, 1280: 64}


class Damaged(Exception):
    """A file that no reader may take: it contradicts itself."""


def unpacked(path: Path) -> bytes:
    """Return the content; a gzip file whose checksum or length is wrong is `Damaged`."""
    content = path.read_bytes()
    if not content.startswith(GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error, struct.error) as error:
        raise Damaged(f"gzip -t refuses it ({error})") from error


def text_of(path: Path) -> str:
    """Return the text; what is no UTF-8, or holds a NUL, is `Damaged`."""
    content = unpacked(path)
    if b"\0" in content:
        raise Damaged("it holds NUL bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Damaged(f"it is no UTF-8 ({error.reason})") from error


def lines_of(text: str, comment: str | None = None) -> tuple[int, int]:
    """Count the lines that hold anything: by line feeds, and by carriage returns too; comments are none."""
    some = [line for line in re.split(r"\r?\n", text) if re.search(r"[^\s,;\"]", line)]
    every = [line for line in re.split(r"\r\n|\r|\n", text) if line != ""]
    if comment is None:
        return len(some), len(every)
    # a carriage return ends the line before
    least = sum(not line.lstrip(" \t\r").startswith(comment) for line in some)
    return least, sum(not line.lstrip(" \t").startswith(comment) for line in every)


def csv_records(text: str, separators: str) -> tuple[int, int]:
    """Count the records of a quoted table: a break within a closed quotation is none."""
    least, most = lines_of(text)
    within = 0
    for cell in re.finditer(rf'(?:^|(?<=[{separators}\n\r]))"((?:[^"]|"")*)"(?=[{separators}\n\r]|\s*$)', text):
        within += cell.group(1).count("\n") + cell.group(1).count("\r")
    return max(least - within, 0), most


def json_rows(text: str) -> tuple[int, int] | None:
    """Count the annotations of an ActivityNet file."""
    try:
        data = json.loads(text, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError):
        raise Damaged("it is no JSON") from None
    if not isinstance(data, dict):
        return None
    videos = data.get("database", data.get("results"))
    if not isinstance(videos, dict):
        return None
    n = 0
    for entry in videos.values():
        annotations = entry.get("annotations") if isinstance(entry, dict) else entry
        if not annotations:
            n += 1
        elif isinstance(annotations, list):
            n += len(annotations)
        else:
            return None
    return n, n


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise Damaged("a key stands twice")
    return dict(pairs)


Residue = tuple[str, str, str]


def pdb_residues(text: bytes) -> set[Residue] | None:
    """Return (chain, number, name) of the residues of standard names, as the columns of the lines have them."""
    residues = set()
    for line in re.split(rb"\r?\n", text):
        if line[:6] not in (b"ATOM  ", b"HETATM"):
            continue
        record = line.decode("latin-1")
        number = record[22:26].strip()
        if re.fullmatch(r"-?\d+", number) is None:
            return None
        if record[17:20] in STANDARD and record[20] == " ":
            # a control character is a name, unless it is white space
            residues.add((record[21].strip(" \t\r\v\f"), str(int(number)) + record[26:27].strip(), record[17:20]))
    return residues


def cif_residues(text: bytes) -> set[Residue] | None:
    """Return the same of a plain loop of ``_atom_site``, whose rows are lines; None of anything else."""
    lines = text.decode("utf-8", "replace").splitlines()
    names = [line.strip().removeprefix("_atom_site.") for line in lines if line.startswith("_atom_site.")]
    wanted = ("auth_asym_id", "auth_seq_id", "label_comp_id", "pdbx_PDB_ins_code", "group_PDB")
    if not all(names.count(name) == 1 for name in wanted) or len(set(names)) < len(names):
        return None
    chain, number, resname, icode, _ = (names.index(name) for name in wanted)
    if "auth_comp_id" in names:
        resname = names.index("auth_comp_id")
    if names[0] != "group_PDB":
        return None
    residues = set()
    for line in lines:
        if not line.startswith(("ATOM ", "HETATM ")):
            continue
        cells = line.split()
        if len(cells) != len(names) or set(line) & set("\"';#"):
            return None
        if re.fullmatch(r"-?\d{1,9}", cells[number]) is None or cells[chain] in (".", "?"):
            return None
        if cells[resname] in STANDARD:
            code = cells[icode] if cells[icode] not in "?." else ""
            residues.add((cells[chain], str(int(cells[number])) + code, cells[resname]))
    return residues


def nifti_voxels(content: bytes) -> int | None:
    """Return how many voxels the header promises; None if it has no sensible size, `Damaged` if there are fewer."""
    for order in "<>":
        if content[:4] == struct.pack(order + "i", 348) and len(content) >= 352:
            dim = struct.unpack(order + "8h", content[40:56])
            datatype = struct.unpack(order + "h", content[70:72])[0]
            begin = struct.unpack(order + "f", content[108:112])[0]
            break
        if content[:4] == struct.pack(order + "i", 540) and len(content) >= 540:
            dim = struct.unpack(order + "8q", content[16:80])
            datatype = struct.unpack(order + "h", content[12:14])[0]
            begin = struct.unpack(order + "q", content[168:176])[0]
            break
    else:
        return None
    if not 1 <= dim[0] <= 7 or any(n < 1 for n in dim[1 : dim[0] + 1]):
        return None
    voxels = 1
    for n in dim[1 : dim[0] + 1]:
        voxels *= n
    bits = _BITS.get(datatype)
    if bits is not None and begin == begin and len(content) < max(begin, 0) + voxels * bits / 8:
        raise Damaged("it holds fewer voxels than its header promises")
    return voxels


def csv_cells(text: str) -> int | None:
    """Return how many cells a table of a region has: of a grid, or of columns phi, psi, value."""
    rows = [line.split(",") for line in re.split(r"\r\n|\r|\n", text) if re.search(r"[^\s,]", line)]
    if not rows or '"' in text or set(text) & {";", "\t"}:
        return None
    width = len(rows[0])
    filled = [len("".join(row[width:]).strip()) for row in rows]
    if any(filled):
        raise Damaged("a row has more filled cells than the header")
    names = {cell.strip().lower() for cell in rows[0]}
    if {"phi", "psi"} <= names:
        return len(rows) - 1
    return (len(rows) - 1) * (width - 1)


def map_rows(text: str) -> int:
    """Return how many lines of a map hold numbers: neither empty nor a comment."""
    lines = [line.split() for line in re.split(r"\r\n|\r|\n", text)]
    return sum(bool(words) and words[0][0] not in "#@!" for words in lines)


def npz_members(path: Path) -> None:
    """Read every member to its end; one whose checksum is wrong is `Damaged`."""
    try:
        with zipfile.ZipFile(path) as file:
            bad = file.testzip()
    except Exception as error:
        raise Damaged(f"no whole zip file ({type(error).__name__})") from None
    if bad is not None:
        raise Damaged(f"the checksum of {bad} is wrong")


def npy_cells(content: bytes) -> int | None:
    """Return how many cells an array has; one whose header promises more than there is, is `Damaged`."""
    import numpy as np

    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    except Exception:
        return None
    cells = 1
    for n in shape:
        cells *= n
    if len(content) - file.tell() < cells * dtype.itemsize:
        raise Damaged("it holds fewer cells than its header promises")
    return cells
