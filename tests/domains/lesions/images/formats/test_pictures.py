"""Pictures that tifffile, Pillow and SimpleITK wrote."""

from __future__ import annotations

import base64
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from domains._files import ReadError
from domains._limits import time_limit
from domains.lesions import as_image, compare, read_image

tifffile = pytest.importorskip("tifffile")

PAGES = np.arange(24, dtype=np.uint8).reshape(4, 3, 2)
SPACING = (0.5, 0.75, 3.0)


def in_our_order(image):
    """Return the values of an image as slices, rows and columns of its file."""
    return image.transpose("z", "y", "x").values[:, ::-1, ::-1]


def write(path, values=PAGES):
    tifffile.imwrite(path, values, photometric="minisblack")
    return path


def test_pages_are_slices(tmp_path, same_places):
    sitk = pytest.importorskip("SimpleITK")
    path = write(tmp_path / "a.tif")
    image = read_image(path, spacing=SPACING)
    np.testing.assert_array_equal(in_our_order(image), PAGES)
    theirs = sitk.ReadImage(path)
    theirs.SetSpacing(SPACING)
    same_places(image, theirs)


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"description": "a page"}])
def test_pages_written_one_by_one_are_slices(tmp_path, options):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page in PAGES:
            file.write(page, **options)
    for page in PAGES:
        tifffile.imwrite(tmp_path / "b.tif", page, append=True, **options)
    pages = [Image.fromarray(page) for page in PAGES]
    pages[0].save(tmp_path / "c.tif", save_all=True, append_images=pages[1:])
    for name in "abc":
        image = read_image(tmp_path / f"{name}.tif", spacing=SPACING)
        np.testing.assert_array_equal(in_our_order(image), PAGES)


@pytest.mark.parametrize(
    ("others", "sizes"),
    [
        ([PAGES[0, :2]], "3 × 2, 2 × 2"),
        ([PAGES[0].astype(np.uint16)], "3 × 2, 3 × 2"),
        ([PAGES], "3 × 2, 4 × 3 × 2"),
    ],
)
def test_several_images_in_one_file_are_refused(tmp_path, others, sizes):
    for values in (PAGES[0], *others):
        tifffile.imwrite(tmp_path / "a.tif", values, append=True, photometric="minisblack")
    with pytest.raises(ReadError, match=rf"2 images in one file \({sizes}\): save the mask alone in a file$"):
        read_image(tmp_path / "a.tif", spacing=SPACING)


CIRCLE = (
    "c-r&y)MDUZU|`^7U|?inU<9(*fS3`=W(8s<MrJS@q>35J2CGA23qsXj0Af)jaWN!w#G!0CAeLfe1+!NHu{4yu35Ye2^cpfUG4KHCT|n%?$N(3I;gZa"
    ">w6x5eRK0>q228-jgifMJf`pJs;$?A|%mWWU2>Fi0khsT)2#IHms3GwVi|=_TiZAlw7#7PsjMVen6eeo>4dzNMD!P(^0n?QLK)MzN"
)
"""A TIFF file whose second page says that it is the next itself, packed: tifffile reads it without an end."""


def test_pages_that_go_in_a_circle_come_to_an_end(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(zlib.decompress(base64.b85decode(CIRCLE)))
    with time_limit(2.0, "reading"), pytest.raises(ReadError):
        read_image(path, spacing=SPACING)


def test_a_file_without_a_page(tmp_path):
    tifffile.TiffWriter(tmp_path / "a.tif").close()
    with pytest.raises(ReadError, match="without an image|cannot be read|not a TIFF"):
        read_image(tmp_path / "a.tif", spacing=SPACING)


def test_several_images_of_ome_are_no_slices(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as file:
        for page in PAGES[:2]:
            file.write(page, metadata={"axes": "YX"})
    with pytest.raises(ReadError, match="2 images in one file"):
        read_image(tmp_path / "a.ome.tif", spacing=SPACING)


def test_a_place_must_come_from_somewhere(tmp_path):
    path = write(tmp_path / "a.tiff")
    with pytest.raises(ReadError, match=r"does not say where its voxels lie: read it like=IMAGE .*spacing="):
        read_image(path)


@pytest.mark.parametrize("unit", ["mm", "cm", "micron"])
def test_imagej_says_its_voxel_size(tmp_path, unit):
    mm = {"mm": 1, "cm": 10, "micron": 0.001}[unit]
    tifffile.imwrite(
        tmp_path / "a.tif",
        PAGES,
        imagej=True,
        resolution=(mm / 0.5, mm / 0.75),
        metadata={"spacing": 3 / mm, "unit": unit, "axes": "ZYX"},
    )
    image = read_image(tmp_path / "a.tif")
    assert [image[d].attrs["spacing"] for d in "xyz"] == pytest.approx(SPACING)
    np.testing.assert_array_equal(in_our_order(image), PAGES)


def test_ome_says_its_voxel_size(tmp_path):
    sizes = {f"PhysicalSize{axis}": size * 1000 for axis, size in zip("XYZ", SPACING, strict=True)}
    tifffile.imwrite(tmp_path / "a.ome.tif", PAGES, ome=True, metadata={"axes": "ZYX", **sizes})
    image = read_image(tmp_path / "a.ome.tif")
    assert [image[d].attrs["spacing"] for d in "xyz"] == pytest.approx(SPACING)


@pytest.mark.slow
def test_a_unit_that_ome_leaves_out_is_told(tmp_path):
    sizes = {f"PhysicalSize{axis}": size * 1000 for axis, size in zip("XYZ", SPACING, strict=True)}
    units = {f"PhysicalSize{axis}Unit": "µm" for axis in "XYZ"}
    for name, said in (("without", {}), ("with", units)):
        tifffile.imwrite(tmp_path / f"{name}.ome.tif", PAGES, ome=True, metadata={"axes": "ZYX", **sizes, **said})
    content = (tmp_path / "without.ome.tif").read_bytes()
    assert b"PhysicalSizeXUnit" not in content, "or this tests nothing"
    told = "the file gives no unit of length: µm, as OME has it; read as mm"
    image = read_image(tmp_path / "without.ome.tif")
    other = read_image(tmp_path / "with.ome.tif")
    assert image.attrs["told"] == told
    assert "told" not in other.attrs
    assert told in compare(image, other).attrs["grid"]
    assert f"reference: {told}" in compare(other, image).attrs["grid"]


@pytest.mark.parametrize("unit", ["pixel", ""])
def test_a_unit_that_is_no_length_says_no_size(tmp_path, unit):
    options = {"imagej": True, "resolution": (1.0, 1.0), "metadata": {"spacing": 1.0, "unit": unit, "axes": "ZYX"}}
    tifffile.imwrite(tmp_path / "a.tif", PAGES, **options)
    assert read_image(tmp_path / "a.tif", spacing=SPACING).x.attrs["spacing"] == 0.5


@pytest.mark.parametrize("spacing", [-3.0, 0.0])
def test_slices_of_no_thickness_are_refused_and_the_remedy_helps(tmp_path, spacing):
    path = tmp_path / "a.tif"
    metadata = {"spacing": spacing, "unit": "mm", "axes": "ZYX"}
    tifffile.imwrite(path, PAGES, imagej=True, resolution=(2.0, 2.0), metadata=metadata)
    with pytest.raises(ReadError, match=r"the file gives voxels no size .*: tifffile.imwrite\(NEW, ") as error:
        read_image(path)
    remedy = str(error.value).rpartition("mm): ")[2].removesuffix(" leaves it out")
    exec(remedy, {"tifffile": tifffile, "NEW": tmp_path / "new.tif", "FILE": path})
    np.testing.assert_array_equal(in_our_order(read_image(tmp_path / "new.tif", spacing=SPACING)), PAGES)


def test_a_resolution_for_printers_is_no_voxel_size(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", PAGES, resolution=(72, 72), resolutionunit="INCH", photometric="minisblack")
    with pytest.raises(ReadError, match="does not say where its voxels lie"):
        read_image(tmp_path / "a.tif")


@pytest.mark.slow
def test_the_place_of_another_image(tmp_path):
    """Made from a file in its own order: so are the slices."""
    import nibabel as nib

    affine = np.array([[-0.5, 0, 0, 10], [0, 0, 3.0, -20], [0, -0.75, 0, 30], [0, 0, 0, 1]])
    nib.save(nib.Nifti1Image(PAGES.T, affine), tmp_path / "r.nii.gz")
    reference = read_image(tmp_path / "r.nii.gz")
    image = read_image(write(tmp_path / "a.tif"), like=reference)
    np.testing.assert_array_equal(image, reference)
    assert (compare(image, reference).dice == 1).all()
    other = as_image(np.zeros((3, 3, 3), np.uint8), 1.0)
    with pytest.raises(ReadError, match="it holds 2 × 3 × 4 voxels .* has 3 × 3 × 3: take the one"):
        read_image(tmp_path / "a.tif", like=other)


@pytest.mark.parametrize("mode", ["L", "P", "I;16", "1"])
def test_a_png_is_one_slice(tmp_path, mode):
    values = PAGES[0] > 2 if mode == "1" else PAGES[0].astype(np.uint16 if mode == "I;16" else np.uint8)
    picture = Image.fromarray(values)
    if mode == "P":
        picture.putpalette([level for level in range(256) for _ in range(3)])
    picture.save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png", spacing=(0.5, 0.75))
    assert image.dims == ("x", "y")
    assert image.y.attrs["spacing"] == 0.75
    np.testing.assert_array_equal(image.values.T[::-1, ::-1], values)


def test_a_picture_in_colours_is_no_mask(tmp_path):
    Image.new("RGB", (4, 3)).save(tmp_path / "a.png")
    with pytest.raises(ReadError, match="a picture in colours .RGB., not a mask"):
        read_image(tmp_path / "a.png", spacing=(1, 1))
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 3, 3), np.uint8), photometric="rgb")
    with pytest.raises(ReadError, match="a picture with the axes YXS, not slices"):
        read_image(tmp_path / "a.tif", spacing=(1, 1, 1))


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_a_folder_of_slices(tmp_path, ending):
    folder = tmp_path / "case"
    folder.mkdir()
    for k, page in enumerate(PAGES):
        name = folder / f"slice_{k + 8}.{ending}"
        write(name, page) if ending == "tif" else Image.fromarray(page).save(name)
    (folder / ".DS_Store").write_bytes(b"")
    image = read_image(folder, spacing=SPACING)
    np.testing.assert_array_equal(in_our_order(image), PAGES), "the tenth comes after the ninth"
    Image.fromarray(PAGES[0, :2]).save(folder / "slice_12.png")
    with pytest.raises(ReadError, match="several formats|of one size"):
        read_image(folder, spacing=SPACING)


def folder_of(path, names):
    """Write a slice of each name, of a value of its own, and return the folder."""
    path.mkdir()
    for k, name in enumerate(names):
        Image.fromarray(np.full((3, 2), k + 1, np.uint8)).save(path / f"{name}.png")
    return path


@pytest.mark.parametrize(
    "names",
    [
        ["s9", "s10", "s11"],
        ["z0.0", "z0.25", "z0.5", "z0.75", "z1.0", "z1.25"],
        ["z-1", "z0", "z1"],
        ["-1.5", "+0.0", "+1.5"],
        ["IM-0001-0009", "IM-0001-0010", "IM-0001-0011"],
        ["case7_slice2_z3.5", "case7_slice3_z5", "case7_slice4_z6.5"],
        ["1.2.840.7_08", "1.2.840.7_09", "1.2.840.7_10"],
        ["z0.33", "z0.67", "z1.00"],
        ["only_4"],
    ],
)
def test_slices_are_in_the_order_of_their_numbers(tmp_path, names):
    image = read_image(folder_of(tmp_path / "case", names), spacing=SPACING)
    values = image.values.reshape(6, -1)[0]
    assert values.tolist() == list(range(1, len(names) + 1))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["s1", "s2", "s4"], r"slices are missing between s2.png and s4.png: add them, empty ones too$"),
        (["z0.0", "z0.5", "z1.5"], "slices are missing between z0.5.png and z1.5.png"),
        (["z-6", "z-5", "z-4"], r"whether the hyphen before \d is a minus is not to be told: number their names"),
        (["c1.9", "c1.10", "c1.11"], "slices are missing between c1.11.png and c1.9.png"),
        (["s01", "s1"], "the order of s0?1.png among the slices is not to be told"),
        (["a1_9", "a2_8", "a3_7"], "the order of a1_9.png among the slices is not to be told"),
        (["a1", "a"], "the order of a.png among the slices is not to be told"),
        (["alone"], "the order of alone.png among the slices is not to be told"),
    ],
)
def test_numbers_that_give_no_order_are_refused(tmp_path, names, said):
    with pytest.raises(ReadError, match=said):
        read_image(folder_of(tmp_path / "case", names), spacing=SPACING)


def test_two_folders_have_slices_of_the_same_numbers(tmp_path):
    predicted = folder_of(tmp_path / "p", ["s2", "s3", "s4"])
    reference = read_image(folder_of(tmp_path / "r", ["s1", "s2", "s3"]), spacing=SPACING)
    twice = folder_of(tmp_path / "t", ["s1", "s3", "s5"])
    for folder in (predicted, twice):
        for options in ({"spacing": SPACING}, {"like": reference}):
            image = read_image(folder, **options)
            with pytest.raises(ValueError, match=r"compare: the slices of the prediction are .*, those of .* 1 to 3 "):
                compare(image, reference)
            with pytest.raises(ValueError, match="number both alike"):
                compare(image, reference, resample="nearest")
    assert (compare(reference, reference).dice == 1).all()


def test_slices_without_an_order(tmp_path):
    for name in ("a.png", "b.png"):
        Image.fromarray(PAGES[0]).save(tmp_path / name)
    with pytest.raises(ReadError, match=r"the order of [ab].png among the slices is not to be told: number"):
        read_image(tmp_path, spacing=SPACING)


def test_damaged_files_are_one_line(tmp_path):
    Image.fromarray(PAGES[0]).save(tmp_path / "a.png")
    for path in (write(tmp_path / "a.tif"), tmp_path / "a.png"):
        whole = path.read_bytes()
        for n in range(0, len(whole) - 20, 9):
            path.write_bytes(whole[:n])
            with pytest.raises(ReadError) as caught:
                read_image(path, spacing=SPACING)
            assert str(caught.value).startswith(f"lesions.read_image: {path}: ")
            assert "\n" not in str(caught.value)


def test_without_the_package(tmp_path, monkeypatch):
    path = write(tmp_path / "a.tif")
    monkeypatch.setitem(sys.modules, "tifffile", None)
    with pytest.raises(ImportError, match=r'TIFF files need tifffile: pip install "overlap-toolkit\[imaging\]"$'):
        read_image(path)


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["flipped", "cut off"])
def test_a_damaged_slice_is_named_wherever_it_is_damaged(tmp_path, harm):
    """Pillow looks at no checksum of the values, and stops at the last of them."""
    rng = np.random.default_rng(3)
    masks = rng.random((2, 9, 14)) < 0.4
    for k, mask in enumerate(masks):
        Image.fromarray(mask.astype(np.uint8)).save(tmp_path / f"slice_{k}.png")
    whole = read_image(tmp_path, spacing=SPACING)
    path = tmp_path / "slice_1.png"
    content = path.read_bytes()
    said = []
    for place in range(len(content)):
        flipped = content[:place] + bytes([content[place] ^ 1 << rng.integers(8)]) + content[place + 1 :]
        path.write_bytes(flipped if harm == "flipped" else content[:place])
        try:
            image = read_image(tmp_path, spacing=SPACING)
        except ReadError as error:
            said.append(str(error))
            continue
        np.testing.assert_array_equal(image.values, whole.values)
    assert len(content) - len(said) <= 12, "no value depends on the last bytes"
    assert all(line.startswith(f"lesions.read_image: {path}: ") and "\n" not in line for line in said)
