"""Small files that are whole, and a few traps: what the mutations begin from.

Conventions
-----------
- Contents are made by code or cut from the examples that come with the packages, the same in every run.
- A packed file is stored unpacked here; `inputs` packs it after the content was damaged, or damages what was packed.
- A trap is a file that promises or points to what it must not be given; nothing is said of how it is read.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Seed:
    """A file: its name, what it holds unpacked, which mutations know its form."""

    name: str
    content: bytes
    form: str = "text"
    packed: bool = False
    trap: bool = False

    def written(self) -> bytes:
        """Return what stands on the disk."""
        return gzip.compress(self.content, mtime=0) if self.packed else self.content


# structures

ATOMS = (("N", -1.2, 0.6, 0.5), ("CA", 0.0, 0.0, 0.0), ("C", 1.2, 0.9, 0.3), ("O", 1.3, 2.0, 0.6))
NAMES = ("ALA", "GLY", "PRO", "SER")
BINARY_CIF = Path(__file__).parents[2] / "data" / "1a8o_begin.bcif"
"""Written by ihm 2.12."""


@cache
def structures() -> tuple[Seed, ...]:
    pdb = _pdb().encode()
    models = _pdb_models().encode()
    cif = _cif().encode()
    real_pdb = _first_residues_of_pdb()
    real_cif = _first_residues_of_cif()
    return (
        Seed("chain.pdb", pdb),
        Seed("models.pdb", models),
        Seed("chain.cif", cif),
        Seed("example.pdb", real_pdb),
        Seed("example.cif", real_cif),
        Seed("chain.pdb.gz", pdb, packed=True),
        Seed("example.cif.gz", real_cif, packed=True),
        Seed("example.bcif", BINARY_CIF.read_bytes(), form="binary"),
        Seed("example.bcif.gz", BINARY_CIF.read_bytes(), form="binary", packed=True),
    )


def _pdb() -> str:
    lines = ["HEADER    MADE BY CODE", "CRYST1   30.000   30.000   30.000  90.00  90.00  90.00 P 1           1"]
    lines += _pdb_chain("A", 1, conformers=True)
    lines.append("TER")
    lines += _pdb_chain("B", 101)
    lines.append("HETATM  900  O   HOH A 900      20.000  20.000  20.000  1.00 20.00           O")
    lines.append("END")
    return "\n".join(lines) + "\n"


def _pdb_models() -> str:
    lines = []
    for model in (1, 2):
        lines += [f"MODEL     {model:4d}", *_pdb_chain("A", 1), "TER", "ENDMDL"]
    return "\n".join([*lines, "END"]) + "\n"


def _pdb_chain(chain: str, first: int, conformers: bool = False) -> list[str]:
    lines = []
    for k, resname in enumerate(NAMES):
        for name, x, y, z in ATOMS:
            double = conformers and k == 1 and name == "O"
            for altloc in "AB" if double else " ":
                place = f"{3.4 * k + x:8.3f}{y * (-1) ** k:8.3f}{z + (altloc == 'B'):8.3f}"
                number = len(lines) + first
                occupancy = 0.5 if double else 1.0
                atom = f"ATOM  {number:5d}  {name:<3s}{altloc}{resname} {chain}{first + k:4d}    {place}"
                lines.append(f"{atom}{occupancy:6.2f}{10:6.2f}          {name[0]:>2s}")
    return lines


def _cif() -> str:
    columns = (
        "group_PDB id type_symbol label_atom_id label_alt_id label_comp_id label_asym_id label_entity_id label_seq_id "
        "pdbx_PDB_ins_code Cartn_x Cartn_y Cartn_z occupancy B_iso_or_equiv auth_seq_id auth_asym_id pdbx_PDB_model_num"
    )
    lines = ["data_made", "#", "loop_", *(f"_atom_site.{name}" for name in columns.split())]
    number = 0
    for k, resname in enumerate(NAMES):
        for name, x, y, z in ATOMS:
            number += 1
            place = f"{3.4 * k + x:.3f} {y * (-1) ** k:.3f} {z:.3f}"
            identity = f"{number} {name[0]} {name} . {resname} A 1 {k + 1} ?"
            lines.append(f"ATOM {identity} {place} 1.00 10.00 {k + 1} A 1")
    return "\n".join([*lines, "#"]) + "\n"


def _first_residues_of_pdb() -> bytes:
    text = _example("1a28").decode()
    lines = text.splitlines()
    atoms = [line for line in lines if line.startswith(("ATOM", "HETATM"))]
    head = [line for line in lines if line.startswith(("HEADER", "CRYST1"))]
    return ("\n".join([*head, *atoms[:60], "TER", "END"]) + "\n").encode()


def _first_residues_of_cif() -> bytes:
    lines = _example("1a8o").decode().splitlines()
    columns = [number for number, line in enumerate(lines) if line.startswith("_atom_site.")]
    loop = lines[columns[0] - 1 : columns[-1] + 60]
    return ("\n".join(["data_1A8O", "#", *loop, "#"]) + "\n").encode()


def _example(name: str) -> bytes:
    from domains.ramachandran import example

    return gzip.decompress(example(name).read_bytes())


# grids


@cache
def grids() -> tuple[Seed, ...]:
    hard = _disc(12)
    soft = np.linspace(0, 1, 144, dtype="f4").reshape(12, 12)
    angles = -165.0 + 30.0 * np.arange(12)
    return (
        Seed("mask.npy", _npy(hard), "npy"),
        Seed("soft.npy", _npy(soft), "npy"),
        Seed("columns.npy", _npy(np.asfortranarray(soft.astype("f8"))), "npy"),
        Seed("mask.npz", _npz(mask=hard, psi=angles, phi=angles), "zip"),
        Seed("packed.npz", _npz(True, mask=soft, nodes=angles), "zip"),
        Seed("mask.csv", _grid_csv(hard, angles).encode()),
        Seed("long.csv", _long_csv(soft, angles).encode()),
        Seed("mask.nc", _netcdf(hard, angles), "hdf5"),
        Seed("soft.nc", _netcdf(soft, angles, packed=True), "hdf5"),
        *_hdf5_traps(),
    )


@cache
def references() -> tuple[Seed, ...]:
    angles = -165.0 + 30.0 * np.arange(12)
    return (Seed("reference.nc", _reference(angles), "hdf5"), *_hdf5_traps())


def _disc(n: int) -> np.ndarray:
    along = np.arange(n) - n / 2
    return along[:, None] ** 2 + along**2 < (n / 3) ** 2


def _npy(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def _npz(packed: bool = False, **arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    save = np.savez_compressed if packed else np.savez
    save(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def _grid_csv(values: np.ndarray, angles: np.ndarray) -> str:
    lines = ["psi/phi," + ",".join(f"{phi:g}" for phi in angles)]
    for psi, row in zip(angles, values.astype(int), strict=True):
        lines.append(f"{psi:g}," + ",".join(map(str, row)))
    return "\n".join(lines) + "\n"


def _long_csv(values: np.ndarray, angles: np.ndarray) -> str:
    lines = ["phi,psi,value"]
    for psi, row in zip(angles, values, strict=True):
        for phi, value in zip(angles, row, strict=True):
            lines.append(f"{phi:g},{psi:g},{value:.4f}")
    return "\n".join(lines) + "\n"


def _netcdf(values: np.ndarray, angles: np.ndarray, packed: bool = False) -> bytes:
    import xarray as xr

    data = xr.DataArray(values, dims=("psi", "phi"), coords={"psi": angles, "phi": angles}, name="region")
    encoding = {"region": {"zlib": True}} if packed else {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "made.nc")
        data.to_netcdf(path, engine="h5netcdf", encoding=encoding)
        return path.read_bytes()


def _reference(angles: np.ndarray) -> bytes:
    import xarray as xr

    from domains.ramachandran import region_reference

    ranks = np.linspace(0, 1, 288).reshape(2, 12, 12)
    coords = {"category": ["general", "glycine"], "psi": angles, "phi": angles}
    made = region_reference(xr.DataArray(ranks, coords, dims=tuple(coords)), "rank")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "made.nc")
        made.to_netcdf(path, engine="h5netcdf")
        return path.read_bytes()


def _hdf5_traps() -> tuple[Seed, ...]:
    """Return files that point out of themselves, promise what they lack, or hold other things than numbers."""
    traps = {
        "external_link.nc": _external_link,
        "external_storage.nc": _external_storage,
        "virtual.nc": _virtual_dataset,
        "endless.nc": _endless,
        "circle.nc": _circle,
        "texts.nc": _texts,
        "compound.nc": _compound,
        "attributes.nc": _attributes,
        "times.nc": _times,
        "scaled.nc": _scaled,
    }
    return tuple(Seed(name, _hdf5(make), "hdf5", trap=True) for name, make in traps.items())


def _hdf5(make: Callable[[Any], None]) -> bytes:
    import h5py

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "made.nc")
        with h5py.File(path, "w") as file:
            make(file)
        return path.read_bytes()


def _axes(file: Any, n: int = 12) -> None:
    for name in ("psi", "phi"):
        file[name] = -180 + (np.arange(n) + 0.5) * (360 / n)
        file[name].make_scale(name)


def _attach(file: Any, name: str) -> None:
    for axis, dim in enumerate(("psi", "phi")):
        file[name].dims[axis].attach_scale(file[dim])


def _external_link(file: Any) -> None:
    import h5py

    _axes(file)
    file["region"] = h5py.ExternalLink("/dev/zero", "/region")


def _external_storage(file: Any) -> None:
    _axes(file)
    outside = [(os.fsencode("/etc/hostname"), 0, 144)]
    file.create_dataset("region", (12, 12), dtype="u1", external=outside)
    _attach(file, "region")


def _virtual_dataset(file: Any) -> None:
    import h5py

    _axes(file)
    layout = h5py.VirtualLayout((12, 12), dtype="f8")
    layout[:] = h5py.VirtualSource("/nowhere/other.h5", "data", shape=(12, 12))
    file.create_virtual_dataset("region", layout)
    _attach(file, "region")


def _endless(file: Any) -> None:
    file.create_dataset("psi", (200_000,), dtype="f8", chunks=(1000,))
    file.create_dataset("phi", (200_000,), dtype="f8", chunks=(1000,))
    for name in ("psi", "phi"):
        file[name].make_scale(name)
    file.create_dataset("region", (200_000, 200_000), dtype="f8", chunks=(100, 100))
    _attach(file, "region")


def _circle(file: Any) -> None:
    import h5py

    _axes(file)
    file["region"] = h5py.SoftLink("/other")
    file["other"] = h5py.SoftLink("/region")
    file.create_group("group")["up"] = file["/"]


def _texts(file: Any) -> None:
    import h5py

    _axes(file)
    file.create_dataset("region", data=np.full((12, 12), b"a", object), dtype=h5py.string_dtype())
    _attach(file, "region")


def _compound(file: Any) -> None:
    _axes(file)
    file.create_dataset("region", data=np.zeros((12, 12), [("a", "f4"), ("b", "i4")]))
    _attach(file, "region")


def _attributes(file: Any) -> None:
    _axes(file)
    file["region"] = _disc(12).astype("u1")
    _attach(file, "region")
    file["region"].attrs["name"] = "\x1b[31m[/b]$x\n" * 3
    file["region"].attrs["_FillValue"] = np.float64("nan")
    file["region"].attrs["coordinates"] = "nothing here"
    file.attrs["title"] = np.zeros(3)


def _times(file: Any) -> None:
    _axes(file)
    file["region"] = _disc(12).astype("i4")
    file["region"].attrs["units"] = "days since the beginning"
    file["psi"].attrs["units"] = "seconds since 1970-01-01"
    _attach(file, "region")


def _scaled(file: Any) -> None:
    _axes(file)
    file["region"] = _disc(12).astype("i2")
    file["region"].attrs["scale_factor"] = "twice"
    file["region"].attrs["add_offset"] = np.array([1.0, 2.0])
    _attach(file, "region")


# images


@cache
def images() -> tuple[Seed, ...]:
    labels = _ball((6, 5, 4)).astype("u1") * 2
    soft = np.linspace(0, 1, 120, dtype="f4").reshape(6, 5, 4)
    raters = np.stack([labels, labels[::-1]], axis=-1)
    return (
        Seed("labels.nii", _nifti(labels), "nifti"),
        Seed("soft.nii", _nifti(soft), "nifti"),
        Seed("scaled.nii", _nifti((soft * 1000).astype("i2"), slope=0.001), "nifti"),
        Seed("raters.nii", _nifti(raters), "nifti"),
        Seed("slice.nii", _nifti(labels[:, :, 1:2]), "nifti"),
        Seed("bare.nii", _without_codes(_nifti(labels)), "nifti"),
        Seed("second.nii", _nifti(labels, second=True), "nifti"),
        Seed("labels.nii.gz", _nifti(labels), "nifti", packed=True),
        Seed("soft.nii.gz", _nifti(soft), "nifti", packed=True),
        Seed("second.nii.gz", _nifti(soft, second=True), "nifti", packed=True),
        *_nifti_traps(labels),
    )


SEGMENTATION = Path(__file__).parents[2] / "data" / "segmentation.dcm"
"""Written by highdicom 0.28.2."""


@cache
def other_images() -> tuple[Seed, ...]:
    """Return images of the formats besides NIfTI, on one grid of 6 × 5 × 4 voxels."""
    labels = _ball((6, 5, 4)).astype("u1") * 2
    shares = np.linspace(0, 1, 240, dtype="f4").reshape(2, 4, 5, 6)
    return (
        Seed("labels.nrrd", _nrrd(labels), "header"),
        Seed("packed.nrrd", _nrrd(labels, packed=True), "header"),
        Seed("labels.mha", _meta_image(labels), "header"),
        Seed("packed.mha", _meta_image(labels, packed=True), "header"),
        Seed("bare.nrrd", _without(_nrrd(labels), b"space"), "header"),
        Seed("bare.mha", _without(_meta_image(labels), b"TransformMatrix", b"Offset"), "header"),
        Seed("labels.tif", _tiff(labels), "binary"),
        Seed("imagej.tif", _imagej(labels), "binary"),
        Seed("labels.ome.tif", _ome(labels), "binary"),
        Seed("labels.npy", _npy(labels.T), "npy"),
        Seed("shares.npz", _npz(probabilities=shares), "zip"),
        Seed("segmentation.dcm", SEGMENTATION.read_bytes(), "binary"),
    )


@cache
def outlines() -> tuple[Seed, ...]:
    return (Seed("outlines.dcm", _outlines(), "binary"),)


def _nrrd(values: np.ndarray, packed: bool = False) -> bytes:
    header = (
        "NRRD0004\ntype: uint8\ndimension: 3\nspace: left-posterior-superior\nsizes: 6 5 4\n"
        "space directions: (0.5,0,0) (0,0.5,0) (0,0,2)\nspace origin: (1,2,3)\nkinds: domain domain domain\n"
        f"encoding: {'gzip' if packed else 'raw'}\n\n"
    )
    voxels = values.tobytes(order="F")
    return header.encode() + (gzip.compress(voxels, mtime=0) if packed else voxels)


def _meta_image(values: np.ndarray, packed: bool = False) -> bytes:
    voxels = values.tobytes(order="F")
    if packed:
        voxels = zlib.compress(voxels)
    size = f"CompressedDataSize = {len(voxels)}\n" if packed else ""
    header = (
        f"ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = {packed}\n"
        f"{size}TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 1 2 3\nElementSpacing = 0.5 0.5 2\nDimSize = 6 5 4\n"
        "ElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    )
    return header.encode() + voxels


def _tiff(values: np.ndarray) -> bytes:
    import tifffile

    file = io.BytesIO()
    tifffile.imwrite(file, values.T, photometric="minisblack", metadata=None)
    return file.getvalue()


def _imagej(values: np.ndarray) -> bytes:
    import tifffile

    file = io.BytesIO()
    metadata = {"spacing": 2.0, "unit": "mm", "axes": "ZYX"}
    tifffile.imwrite(file, values.T, imagej=True, resolution=(2.0, 2.0), metadata=metadata)
    return file.getvalue()


def _ome(values: np.ndarray) -> bytes:
    import tifffile

    file = io.BytesIO()
    sizes = {"PhysicalSizeX": 500.0, "PhysicalSizeY": 500.0, "PhysicalSizeZ": 2000.0}
    # its identifier is drawn at random
    tifffile.imwrite(file, values.T, ome=True, metadata={"axes": "ZYX", "UUID": "urn:uuid:0", **sizes})
    return file.getvalue()


def _without(content: bytes, *entries: bytes) -> bytes:
    """Return a header in lines, and its voxels, without what it says of its place; its spacing stays."""
    header, mark, voxels = content.partition(b"LOCAL\n" if b"LOCAL\n" in content else b"\n\n")
    lines = [line for line in header.split(b"\n") if not line.startswith(entries)]
    if mark == b"\n\n":
        lines.append(b"spacings: 0.5 0.5 2")
    return b"\n".join(lines) + mark + voxels


def _without_codes(content: bytes) -> bytes:
    """Return a NIfTI file of which sform_code and qform_code are 0."""
    return content[:252] + bytes(4) + content[256:]


def _outlines() -> bytes:
    import pydicom

    contour = pydicom.Dataset()
    contour.ContourGeometricType = "CLOSED_PLANAR"
    contour.ContourData = [0.0, 0.0, 2.0, 2.0, 0.0, 2.0, 2.0, 1.5, 2.0]
    structure = pydicom.Dataset()
    structure.ReferencedROINumber = 1
    structure.ContourSequence = [contour]
    roi = pydicom.Dataset()
    roi.ROINumber = 1
    roi.ROIName = "GTV"
    file = pydicom.Dataset()
    file.file_meta = pydicom.dataset.FileMetaDataset()
    file.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    file.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.3"
    file.SOPInstanceUID = "1.2.3"
    file.Modality = "RTSTRUCT"
    file.StructureSetROISequence = [roi]
    file.ROIContourSequence = [structure]
    written = io.BytesIO()
    file.save_as(written, enforce_file_format=True)
    return written.getvalue()


def _ball(shape: tuple[int, int, int]) -> np.ndarray:
    x, y, z = np.ogrid[tuple(slice(0, n) for n in shape)]
    return (x - 2.5) ** 2 + (y - 2) ** 2 + (z - 1.5) ** 2 < 4


def _nifti(values: np.ndarray, slope: float | None = None, second: bool = False) -> bytes:
    import nibabel

    affine = np.diag([0.5, 0.5, 2.0, 1.0])
    kind = nibabel.Nifti2Image if second else nibabel.Nifti1Image
    image = kind(values, affine)
    if slope is None:
        return image.to_bytes()
    # nibabel would choose a slope of its own
    written = bytearray(image.to_bytes())
    struct.pack_into("<ff", written, 112, slope, 0.0)
    return bytes(written)


def _nifti_traps(labels: np.ndarray) -> tuple[Seed, ...]:
    whole = _nifti(labels)
    turned = bytearray(_nifti(labels))
    struct.pack_into("<f", turned, 284, 0.4)
    big = bytearray(whole)
    struct.pack_into("<4h", big, 40, 3, 1024, 1024, 1000)
    zeros = bytes(big[:352]) + b"\0" * (1 << 20)
    return (
        Seed("sheared.nii", bytes(turned), "nifti", trap=True),
        Seed("promises.nii.gz", zeros, "nifti", packed=True, trap=True),
        Seed("colour.nii", _colour(), "nifti", trap=True),
    )


def _colour() -> bytes:
    return _nifti(np.zeros((6, 5, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")]))


# tables


@cache
def events() -> tuple[Seed, ...]:
    return (
        Seed("plain.csv", b"onset,offset,label,confidence\n0.5,1.5,dog,0.9\n3,4.25,cat,0.5\n5,6,owl,\n"),
        Seed("quoted.csv", b'file,onset,offset,label\na,0,1,"dog, big"\na,2,3,"he said ""no"""\nb,1,2,"two\nlines"\n'),
        Seed("duration.csv", b"recording,start,duration,note\r\na,1,2,x\r\nb,n/a,2,y\r\nc,3,1,\r\n"),
        Seed("night_events.tsv", _bids().encode()),
        Seed(
            "sounds.tsv", b"filename\tonset\toffset\tevent_label\na.wav\t0.5\t1.5\tdog\nb.wav\t2\t3\tcat\nc.wav\t\t\t"
        ),
        Seed("sounds.txt", b"0.5\t1.5\tdog\n2.0\t3.0\tcat\n4\t5\tdog\n"),
        Seed("scenes.txt", b"a.wav,home,0.5,1.5,dog\na.wav,home,2,3,cat\nb.wav\n"),
        Seed("talk.rttm", _rttm().encode()),
        Seed("labels.txt", b"0.5\t1.5\tdog\n\\\t1000\t2000\n2.0\t3.0\tdog\n\\\t-1\t-1\n"),
        Seed("calls.Table.1.selections.txt", _raven().encode()),
        Seed("cage.tsv", _boris().encode()),
        Seed("night.csv_bi", _tusz().encode()),
        Seed("blinks.txt", b"# MNE-Annotations\n# onset, duration, description\n1.5, 0.5, blink\n3.0, 0.0, BAD\n"),
        Seed("owls.csv", b"Start (s),End (s),Scientific name,Common name,Confidence\n0,3,Strix,Owl,0.9\n3,6,,Fox,1\n"),
        Seed(
            "hands.txt",
            b"Tier\tBegin Time - msec\tEnd Time - msec\tAnnotation\nh\t1500\t2250\twave\nh\t3000\t3500\tx\n",
        ),
        Seed(
            "01_MODA_GS.txt", b"startSec\tdurationSec\teventName\t\n82\t115\tsegmentViewed\t\n83.5\t0.94\tspindle\t\n"
        ),
        Seed("scored.uem", b";; scored\nf1 1 0.5 60\nf2 1 0 30\n"),
        Seed("truth.json", json.dumps(_database()).encode(), "json"),
        Seed("results.json", json.dumps(_results(), indent=1).encode(), "json"),
    )


def _bids() -> str:
    lines = ["onset\tduration\teventType\tconfidence\tchannels\tdateTime\trecordingDuration"]
    lines.append("0\t60\tbckg\tn/a\tn/a\t2016-11-06 13:43:04\t600")
    lines.append("100\t12.5\tsz_foc\t0.8\tn/a\t2016-11-06 13:43:04\t600")
    lines.append('200\t10\tsz_gen "x\tn/a\tn/a\t2016-11-06 13:43:04\t600')
    return "\n".join(lines) + "\n"


def _tusz() -> str:
    lines = ["# version = csv_v1.0.0", "# bname = s1", "# duration = 301.00 secs", "#"]
    lines += ["channel,start_time,stop_time,label,confidence", "TERM,0.0,36.9,bckg,1.0", "TERM,36.9,183.3,seiz,1.0"]
    return "\n".join(lines) + "\n"


def _raven() -> str:
    lines = ["Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tAnnotation"]
    for view in ("Waveform 1", "Spectrogram 1"):
        lines.append(f"1\t{view}\t1\t12.5\t13.25\t2500.0\t4100.0\ttrill")
    return "\n".join(lines) + "\n"


def _boris() -> str:
    lines = ["Observation id\tMedia file\tTotal length\tFPS\tSubject\tBehavior\tTime\tStatus"]
    for behaviour, time, status in (("groom", "10.0", "START"), ("rear", "12.0", "POINT"), ("groom", "14.0", "STOP")):
        lines.append(f"obs7\tcage3.mp4\t300.0\t25.0\tA\t{behaviour}\t{time}\t{status}")
    return "\n".join(lines) + "\n"


def _rttm() -> str:
    lines = [";; made by code", "SPKR-INFO f1 1 <NA> <NA> <NA> unknown anna <NA>"]
    lines.append("SPEAKER f1 1 0.50 1.25 <NA> <NA> anna 0.9 <NA>")
    lines.append("SPEAKER f1 1 2.00 1.00 <NA> <NA> bert <NA> <NA>")
    lines.append("SPEAKER f2 1 0.00 3.00 <NA> <NA> anna <NA> <NA>")
    return "\n".join(lines) + "\n"


def _database() -> dict[str, Any]:
    first = {"segment": [1.0, 2.5], "label": "jump"}
    second = {"segment": [4, 6], "label": "run"}
    video = {"duration": 30.0, "subset": "validation", "annotations": [first, second]}
    return {"version": "1.3", "database": {"v1": video, "v2": {"duration": 10, "subset": "test", "annotations": []}}}


def _results() -> dict[str, Any]:
    found = {"label": "jump", "score": 0.75, "segment": [1.1, 2.4]}
    return {"results": {"v1": [found, {**found, "score": 0.5}], "v2": [{**found, "label": "run"}]}, "external_data": {}}


@cache
def annotations() -> tuple[Seed, ...]:
    """Return files that are no tables, which other programs than a text editor make."""
    import edfio
    from pympi import Elan

    document = Elan.Eaf()
    document.add_annotation("default", 1500, 2250, "wave")
    document.add_annotation("default", 3000, 3500, "point")
    signal = edfio.EdfSignal(np.zeros(8), 2)
    recording = edfio.Edf(
        [signal], annotations=[edfio.EdfAnnotation(1.5, 0.5, "blink"), edfio.EdfAnnotation(3, None, "x")]
    )
    with tempfile.TemporaryDirectory() as folder:
        document.to_file(f"{folder}/hands.eaf")
        recording.write(f"{folder}/night.edf")
        eaf, edf = (Path(folder, name).read_bytes() for name in ("hands.eaf", "night.edf"))
    return (
        Seed("words.TextGrid", _textgrid().encode()),
        Seed("hands.eaf", eaf),
        Seed("night.edf", edf, "nifti"),
    )


def _textgrid() -> str:
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "0", "3", "<exists>", "2"]
    lines += ['"IntervalTier"', '"words"', "0", "3", "2", "0", "1.5", '""', "1.5", "3", '"no"']
    lines += ['"TextTier"', '"clicks"', "0", "3", "1", "0.25", '"tap"']
    return "\n".join(lines) + "\n"


@cache
def tracks() -> tuple[Seed, ...]:
    return (
        Seed("boxes.csv", b"frame,track,x1,y1,x2,y2,time\n0,ball,0,0,2,2,0\n0,p,0,0,9,9,0\n1,ball,0,0,2,2,0.04\n"),
        Seed("named.csv", b'track,x1,y1,x2,y2,frame\n"a, b",0,0,2,2,0\n"the ""c""",1.5,1.5,2,2,0\n7,0,0,2,2,1\n'),
        Seed("mot.txt", b"1,3,794.2,47.5,71.2,174.8,-1,-1,-1,-1\n1,6,0,0,5,6,1,7,0.86\n2,-1,0,0,5,6,0.5,-1,-1,-1\n"),
        Seed("pose.sleap.csv", b"track,frame_idx,instance.score,n.x,n.y,n.score\nm1,0,0.9,1,2,0.9\n,1,0.9,1,2,\n"),
        Seed(
            "pose.dlc.csv",
            b"scorer,s,s,s\nindividuals,m1,m1,m1\nbodyparts,n,n,n\ncoords,x,y,likelihood\n0,1,2,0.9\n1,1,2,0.1\n",
        ),
    )


@cache
def durations() -> tuple[Seed, ...]:
    return (
        Seed("support.csv", b"file,duration\nplain,10\nother,20\n"),
        Seed("support.tsv", b"file\tonset\toffset\nplain\t0\t60.5\nother\t1\t2\n"),
    )
