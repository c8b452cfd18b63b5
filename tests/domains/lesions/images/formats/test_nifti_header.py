"""Headers that contradict the standard, the file or themselves: one line each, and its remedy gives the right image."""

from __future__ import annotations

import gzip
import random
import re

import nibabel as nib
import numpy as np
import pytest

from domains._files import ReadError
from domains.lesions import read_image
from domains.lesions.images.formats import nifti_header as headers

SHAPE = (5, 4, 3)
LABELS = (np.arange(60).reshape(SHAPE, order="F") % 5).astype(np.int16)
KINDS = {1: nib.Nifti1Image, 2: nib.Nifti2Image}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.nii"


def stored(path, kind=1, order="<", values=LABELS, **entries):
    """Write an image with these entries in its header, whatever they say."""
    image = KINDS[kind](values, np.diag([0.5, 0.75, 3.0, 1.0]))
    header = image.header.as_byteswapped(order)
    header["vox_offset"] = header.single_vox_offset
    header["scl_slope"] = 1
    header["scl_inter"] = 0
    for name, entry in entries.items():
        header[name] = entry
    raw = values.astype(values.dtype.newbyteorder(order)).tobytes(order="F")
    path.write_bytes(header.binaryblock + bytes(4) + raw)
    return path


def refusal(path):
    with pytest.raises(ReadError) as caught:
        read_image(path)
    line = str(caught.value)
    begin = f"lesions.read_image: {path}: "
    assert line.startswith(begin)
    assert "\n" not in line
    return line.removeprefix(begin)


def entry(path, name, position, content):
    """Overwrite one number of an entry, such as dim[2]."""
    header = nib.Nifti1Header(path.read_bytes()[:348], check=False)
    header[name][position] = content
    path.write_bytes(header.binaryblock + path.read_bytes()[348:])
    return path


@pytest.mark.parametrize("kind", [1, 2])
@pytest.mark.parametrize("order", "<>")
def test_both_versions_and_both_orders_of_bytes(path, kind, order):
    image = read_image(stored(path, kind, order))
    np.testing.assert_array_equal(image, LABELS)
    assert [image[d].attrs["spacing"] for d in "xyz"] == [0.5, 0.75, 3.0]


@pytest.mark.parametrize("kind", [1, 2])
@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"datatype": 128}, "the values are RGB, not numbers"),
        ({"datatype": 32}, "the values are complex64, not numbers"),
        ({"datatype": 2304}, "the values are RGBA, not numbers"),
        ({"datatype": 1}, "the values are binary, not numbers"),
        ({"datatype": 999}, "the header names no type of numbers (datatype 999)"),
        ({"magic": b"ni1"}, "its voxels lie in another file"),
        ({"magic": b"xxx"}, "not a NIfTI file: the header's magic is b'xxx'"),
        ({"vox_offset": 0}, "the header says that voxels begin at byte 0"),
        ({"vox_offset": 16}, "the header says that voxels begin at byte 16"),
        ({"vox_offset": -352}, "the header says that voxels begin at byte -352"),
        ({"scl_slope": np.inf}, "the header scales values by inf and adds 0"),
        ({"scl_slope": 2, "scl_inter": np.nan}, "the header scales values by 2 and adds nan"),
        ({"sform_code": 7}, "the header's sform_code is 7; the standard has 0 to 5"),
        ({"qform_code": -1}, "the header's qform_code is -1; the standard has 0 to 5"),
        ({"xyzt_units": 5}, "the header's unit of length is unknown (5, in xyzt_units)"),
        ({"sform_code": 0, "pixdim": [1, 0.5, 0, 3, 1, 1, 1, 1]}, "the header gives voxels no size"),
        ({"sform_code": 0, "pixdim": [1, 0.5, -1, 3, 1, 1, 1, 1]}, "the header gives voxels no size"),
        ({"sform_code": 0, "pixdim": [1, 0.5, np.nan, 3, 1, 1, 1, 1]}, "the header gives voxels no size"),
        ({"sform_code": 0, "qform_code": 1, "pixdim": [-2, 1, 1, 1, 1, 1, 1, 1]}, "the header's pixdim[0] is -2"),
        ({"sform_code": 0, "qform_code": 1, "quatern_b": 7}, "cannot be read (ValueError: "),
        ({"srow_z": [0, 0, 0, 0]}, "the header gives the third axis no size (voxels of 0.5 × 0.75 × 0 mm)"),
        ({"srow_x": [np.nan, 0, 0, 0]}, "the header gives the first axis no size (voxels of nan × 0.75 × 3 mm)"),
        ({"srow_x": [0] * 4, "srow_z": [0] * 4}, "the header gives the first and third axes no size"),
        ({"srow_x": [1, 0, 0, np.inf]}, "the header gives voxels no size or no place"),
        ({"srow_x": [1, 0.4, 0, 0]}, "the axes are not at right angles"),
        ({"srow_y": [0, 1e-20, 0, 0]}, "the header makes voxels 0.5 × 1e-20 × 3 mm large"),
        ({"srow_y": [0, 1e20, 0, 0]}, "the header makes voxels 0.5 × 1e+20 × 3 mm large"),
        ({"srow_z": [0, 0, 3, 1e30]}, "the header puts the first voxel at (0, 0, 1e+30)"),
    ],
)
def test_entries_that_make_no_sense(path, kind, entries, said):
    if kind == 2 and entries.get("magic") == b"ni1":
        entries = {"magic": b"ni2"}
    assert refusal(stored(path, kind, **entries)).startswith(said)


@pytest.mark.parametrize(
    "entries",
    [
        {"sform_code": 0, "pixdim": [1, 0.5, 0, 3, 1, 1, 1, 1]},
        {"sform_code": 0, "qform_code": 1, "pixdim": [-2, 1, 1, 1, 1, 1, 1, 1]},
        {"srow_z": [0, 0, 0, 0]},
        {"srow_x": [np.nan, 0, 0, 0]},
        {"srow_y": [0, 1e20, 0, 0]},
        {"srow_z": [0, 0, 3, 1e30]},
    ],
)
def test_the_remedy_for_nonsense_about_the_place(path, tmp_path, entries):
    said = refusal(stored(path, **entries))
    remedy = "nibabel.save(nibabel.Nifti1Image(nibabel.load(FILE).dataobj, AFFINE), NEW)"
    assert remedy in said
    new = tmp_path / "new.nii"
    exec(remedy, {"nibabel": nib, "FILE": path, "AFFINE": np.diag([2, 2, 5, 1]), "NEW": new})
    image = read_image(new)
    np.testing.assert_array_equal(image, LABELS)
    assert [image[d].attrs["spacing"] for d in "xyz"] == [2, 2, 5]


@pytest.mark.parametrize(
    ("name", "said"), [("sform_code", "set it to 1"), ("xyzt_units", "set it to 1 .metre., 2 .mm.")]
)
def test_the_remedy_for_an_unknown_code(path, name, said):
    assert re.search(said, refusal(stored(path, **{name: 6})))
    np.testing.assert_array_equal(read_image(stored(path, **{name: 1})), LABELS)


@pytest.mark.parametrize(
    "entries",
    [
        {"srow_x": [1e200, 0, 0, 0]},
        {"srow_x": [1, 0, 0, 1e308]},
        {"sform_code": 0, "pixdim": [1, 1e300, 1, 1, 1, 1, 1, 1]},
        {"sform_code": 0, "qform_code": 1, "pixdim": [1, 1e300, 1, 1, 1, 1, 1, 1]},
        {"sform_code": 0, "qform_code": 1, "quatern_c": 1e200},
        {"sform_code": 0, "qform_code": 1, "qoffset_x": 1e308},
    ],
)
@pytest.mark.filterwarnings("error")
def test_numbers_that_only_the_second_version_can_hold(path, entries):
    assert refusal(stored(path, 2, **entries))


@pytest.mark.parametrize("offset", [np.nan, np.inf, 352.5, 1e30])
def test_an_offset_that_is_no_place(path, offset):
    assert refusal(stored(path, vox_offset=offset)).startswith("the header says that voxels begin at byte")


@pytest.mark.parametrize("n_axes", [-1, 0, 8, 300])
def test_a_number_of_axes_that_there_is_not(path, n_axes):
    assert refusal(entry(stored(path), "dim", 0, n_axes)).startswith(f"the header gives it {n_axes} axes")


@pytest.mark.parametrize("size", [0, -4])
def test_no_voxels_along_an_axis(path, size):
    assert refusal(entry(stored(path), "dim", 2, size)).startswith(f"the header gives it 5 × {size} × 3 voxels")


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize(("change", "said"), [(-1, "cut off"), (1, "more: its header is damaged"), (16, "holds more")])
def test_the_file_holds_what_the_header_promises(path, is_packed, change, said):
    content = stored(path).read_bytes()
    changed = content[:change] if change < 0 else content + bytes(change)
    if is_packed:
        path = path.with_name("a.nii.gz")
        changed = gzip.compress(changed)
    path.write_bytes(changed)
    assert said in refusal(path)


def test_the_remedy_for_what_follows_the_voxels(path, tmp_path):
    path.write_bytes(stored(path).read_bytes() + b"more")
    assert "nibabel.save(nibabel.load(FILE), NEW) leaves out" in refusal(path)
    nib.save(nib.load(path), tmp_path / "new.nii")
    np.testing.assert_array_equal(read_image(tmp_path / "new.nii"), LABELS)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_extensions_precede_the_voxels(tmp_path, name):
    image = nib.Nifti1Image(LABELS, np.eye(4))
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"made by hand" * 9))
    nib.save(image, tmp_path / name)
    np.testing.assert_array_equal(read_image(tmp_path / name), LABELS)


def test_an_extension_that_ends_behind_the_file(path):
    content = stored(path, vox_offset=384).read_bytes()
    broken = content[:348] + b"\1\0\0\0" + (10**6).to_bytes(4, "little") + bytes(28) + content[352:]
    path.write_bytes(broken)
    assert "failed to read extension content" in refusal(path)


@pytest.mark.parametrize(("unit", "size"), [(0, 0.5), (1, 500), (2, 0.5), (3, 0.0005)])
@pytest.mark.parametrize("time", [0, 8, 24])
def test_lengths_are_in_the_declared_unit(path, unit, size, time):
    image = read_image(stored(path, xyzt_units=unit + time, srow_x=[0.5, 0, 0, -10]))
    assert image.x.attrs["spacing"] == size
    assert float(image.x[0]) == -20 * size


@pytest.mark.parametrize("slope", [0, np.nan])
def test_without_a_slope_values_are_as_they_are_stored(path, slope):
    np.testing.assert_array_equal(read_image(stored(path, scl_slope=slope, scl_inter=7)), LABELS)


def test_values_are_scaled_as_nibabel_does(path):
    stored(path, scl_slope=3, scl_inter=2)
    np.testing.assert_array_equal(read_image(path), nib.load(path).get_fdata())


@pytest.mark.parametrize("slope", [1e38, -1e38])
def test_values_that_are_no_labels_any_more(path, slope):
    assert "labels are whole numbers up to 2**53" in refusal(stored(path, scl_slope=slope))


def test_infinite_by_its_scale(path):
    values = np.full(SHAPE, 1e308)
    assert "no value (NaN or infinity)" in refusal(stored(path, values=values, scl_slope=1e10))


def test_what_the_header_needs_must_be_free(path, monkeypatch):
    monkeypatch.setattr("domains.lesions.images.formats.nifti._MANY_BYTES", 0)
    monkeypatch.setattr("domains._files.free_memory", lambda: 60 * 2)
    np.testing.assert_array_equal(read_image(stored(path)), LABELS)
    stored(path, scl_slope=0.25)
    assert refusal(path).startswith("the image needs 1.44e-06 GB of memory, and 1.2e-07 GB are free")


def test_bytes_that_reading_needs():
    header = nib.Nifti1Header()
    header.set_data_shape((10, 10, 10))
    header.set_data_dtype(np.int16)
    header.set_slope_inter(1, 0)
    assert headers.bytes_needed(header) == 2000
    assert headers.bytes_needed(header, is_scaled=True) == 24_000


def test_what_nibabel_puts_right_is_not_printed(path, caplog):
    """A voxel size of 0 in an entry that is not used."""
    stored(path, pixdim=[1, 0, 0, 0, 1, 1, 1, 1])
    np.testing.assert_array_equal(read_image(path), LABELS)
    assert caplog.records == []
    nib.load(path)
    assert len(caplog.records) == 1, "whoever uses nibabel still hears of it"


def test_surfaces_are_no_voxels(tmp_path):
    path = tmp_path / "a.dscalar.nii"
    axes = (nib.cifti2.ScalarAxis(["a"]), nib.cifti2.BrainModelAxis.from_mask(np.ones((2, 2, 2)), affine=np.eye(4)))
    nib.save(nib.Cifti2Image(np.zeros((1, 8)), nib.cifti2.Cifti2Header.from_axes(axes)), path)
    assert "6 axes; an image has x, y, z" in refusal(path)


def size_or_refusal(path):
    try:
        return read_image(path).size
    except ReadError as error:
        return str(error)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.filterwarnings("error")
def test_any_damage_is_one_line_or_changes_no_voxel(path, seed):
    """A byte of the header changed at random, and a second one: a line, or the number of voxels that there are."""
    whole = stored(path).read_bytes()
    chance = random.Random(seed)
    n_refused = 0
    for _ in range(50):
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 1, 2])):
            damaged[chance.randrange(352)] = chance.choice([0, 1, 127, 128, 255, chance.randrange(256)])
        path.write_bytes(damaged)
        found = size_or_refusal(path)
        if found != LABELS.size:
            assert found.startswith(f"lesions.read_image: {path}: ")
            assert "\n" not in found
            n_refused += 1
    assert n_refused > 2


def test_values_that_a_reader_scales_take_the_memory_of_three_times_their_numbers():
    header = nib.Nifti1Image(LABELS, np.eye(4)).header
    assert headers.bytes_needed(header) == LABELS.size * 2
    assert headers.bytes_needed(header, is_scaled=True) == LABELS.size * 3 * 8
