"""Download the (phi, psi) of 204,995 real residues, and save them as one file for the notebooks.

The reference laboratory publishes the residues behind its rotamer tables (Richardson Laboratory, Duke University; CC-BY
4.0; Hintze et al. 2016, doi:10.1002/prot.25039): chains of the Top8000, each residue with B factors of at most 40, a
good fit to its density and no clash. Eight sets of one amino acid each give 202,215 general residues, those before a
proline among them, and 2780 cis-prolines. They are 21 MB of text, and not shipped with this package.

The size of each file is checked, and then what it holds: the number of residues, and the SHA-256 of their angles, as
pairs (phi, psi) of little-endian float32 in the order of the file. What does not agree is not saved.

    python examples/top8000_points.py                # writes top8000_points.npz here, 1.4 MB

The notebooks read that file beside them, or the one that the environment variable TOP8000_POINTS names.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import typer

ADDRESS = (
    "https://raw.githubusercontent.com/rlabduke/reference_data/68f581ae12304a18e36e3efb8820a9c3d4433ebb/"
    "Top8000/Top8000_filtered_residues_rotarama/srcdata/"
)
PHI = 1
PSI = 2
"""Columns of the tables, after the name of the residue. There is no header."""


@dataclass(frozen=True)
class PointSet:
    """The residues of one amino acid: its files with their sizes in bytes, and what they must hold."""

    files: dict[str, int]
    residues: int
    sha256: str


SETS = {
    "his": PointSet(
        {"rota8000-his.csv": 3_079_508}, 29_837, "add554f8711d9560f3acc6004f8460fab3a5f7a0621408ffff2dec6bc5713240"
    ),
    "met": PointSet(
        {"rota8000-met.csv": 1_900_500}, 18_417, "0175ef62f67947d88dd680eb8e3533ccb1b39eb1182b32abc5cacd40010cbbf6"
    ),
    "trp": PointSet(
        {"rota8000-trp.csv": 1_933_100}, 18_748, "ce49af6c8afe29309420483e761da5b3d3804997068f64fec51d8491195842e4"
    ),
    "gln": PointSet(
        {"rota8000-gln.csv": 3_823_939}, 37_152, "19759c498ee100018ae1761ff537f2cdce54201d7b1bf05ded98cb7bb2ae91d8"
    ),
    "cys": PointSet(
        {"rota8000-cys.csv": 1_635_765}, 16_767, "a7de3e67ff2792c40430910471ad8891969343496931ad427b8b4b6350736411"
    ),
    "lys": PointSet(
        {"rota8000-lys.csv": 3_705_094}, 34_860, "9db9772e49911639d07005506b97ec9e17970fd8c997e938548ae5bcfd450597"
    ),
    "cispro": PointSet(
        {"rota8000-cispro.csv": 281_563}, 2_780, "bbe50d495333e1cd9bb5262e4a6963c195110587713fa2421b91d3d1ab721cd4"
    ),
    "arg": PointSet(
        {"rota8000-arg-1m.csv": 2_846_494, "rota8000-arg-1p.csv": 424_115, "rota8000-arg-1t.csv": 1_654_746},
        46_434,
        "b7b79769c433874949299ff1e3e19683991538ffd81a1285531eac4c7a7d0c0e",
    ),
}


def download(name: str, size: int, address: str = ADDRESS) -> bytes:
    """Fetch one file, and look at its size."""
    with urlopen(address + name, timeout=60) as answer:
        content: bytes = answer.read(size + 1)
    if len(content) != size:
        found = f"{len(content)} bytes" if len(content) < size else f"more than {size} bytes"
        raise ValueError(f"{name}: {found} instead of {size}; try again, or look at {address}")
    return content


def angles_of(table: bytes) -> np.ndarray:
    """Return phi and psi of each row, shape (residues, 2), in degrees."""
    pairs = np.loadtxt(io.BytesIO(table), delimiter=",", usecols=(PHI, PSI), ndmin=2)
    return pairs.astype("<f4")


def check(name: str, angles: np.ndarray, expected: PointSet) -> None:
    """Refuse angles that are not those which were published."""
    if len(angles) != expected.residues:
        raise ValueError(f"{name}: {len(angles)} residues instead of {expected.residues}; the files have changed")
    digest = hashlib.sha256(angles.tobytes()).hexdigest()
    if digest != expected.sha256:
        raise ValueError(f"{name}: the angles have the SHA-256 {digest}, not {expected.sha256}; the files have changed")


def fetch(sets: dict[str, PointSet], address: str = ADDRESS) -> dict[str, np.ndarray]:
    """Return the checked angles of each set."""
    fetched = {}
    for name, expected in sets.items():
        tables = [download(file, size, address) for file, size in expected.files.items()]
        angles = np.concatenate([angles_of(table) for table in tables])
        check(name, angles, expected)
        fetched[name] = angles
        print(f"{name}: {len(angles)} residues")
    return fetched


def main(out: Path = Path("top8000_points.npz")) -> None:
    """Download the published angles, check them, and save them."""
    np.savez_compressed(out, **fetch(SETS))
    print(f"saved {out}")


if __name__ == "__main__":
    typer.run(main)
