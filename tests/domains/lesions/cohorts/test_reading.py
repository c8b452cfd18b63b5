from __future__ import annotations

import time

import nibabel as nib
import numpy as np
import pytest

from domains._batch import Job, run_cases
from domains._checks import UsageError
from domains._running import Running
from domains.lesions import cohort
from domains.lesions.cohorts import reading
from domains.lesions.cohorts.cohorts import Pair, Rules, score_pair
from domains.lesions.cohorts.folders import Listed
from domains.lesions.cohorts.reading import Side, check_said, decide_kinds, kind_of_file, read_in_time, read_two
from domains.lesions.cohorts.sources import Source
from domains.lesions.settings import Settings


@pytest.fixture
def write(tmp_path):
    def made(name, values, dtype=np.float32, slope=None):
        image = nib.Nifti1Image(np.array(values, dtype).reshape(2, 2, 1), np.eye(4))
        if slope is not None:
            image.header.set_slope_inter(slope, 0)
        path = tmp_path / name
        nib.save(image, path)
        return path

    return made


def test_what_a_file_says_that_it_is(write):
    assert kind_of_file(write("a.nii", [0, 1, 1, 0], np.uint8)) == "labels"
    assert kind_of_file(write("b.nii", [0, 1, 2, 0])) == "labels"
    assert kind_of_file(write("c.nii", [0, 1, 1, 0])) == "either"
    assert kind_of_file(write("d.nii.gz", [0, 0.5, 1, 0])) == "soft"


def kinds(predictions, references, **said):
    return decide_kinds(Side(tuple(predictions), **said), Side(tuple(references), **said), Running())


def test_zeros_and_ones_are_what_the_others_are(write):
    either = write("e.nii", [0, 1, 1, 0])
    soft = write("s.nii", [0, 0.5, 1, 0])
    maps = write("m.nii", [0, 1, 2, 0])
    assert kinds([either], [either]) == ("labels", "labels")
    assert kinds([either], [either, soft]) == ("soft", "soft")
    assert kinds([either, maps], [either, maps]) == ("labels", "labels")
    assert kinds([either, soft], [maps]) == ("soft", "labels")
    assert kinds([either], [either], as_="soft") == ("soft", "soft")
    assert kinds([either], [soft], scale=255) == ("soft", "soft")


def test_whole_numbers_beside_soft_references_stay_label_maps(write):
    whole = write("w.nii", [0, 1, 1, 0], np.int16)
    soft = write("s.nii", [0, 0.5, 1, 0])
    assert kinds([whole], [soft]) == ("labels", "soft")


@pytest.mark.parametrize("values", [[0, 1, 3, 0], [0, 1, 1, 0]])
def test_a_mixture_names_both_files(write, values):
    soft = write("s.nii", [0, 0.5, 1, 0])
    whole = write("w.nii", values, np.uint8)
    with pytest.raises(UsageError, match=r"s.nii is a soft mask and .*w.nii a label map: .*or score them in two runs$"):
        kinds([soft], [whole, soft])


def test_what_cannot_be_read_decides_nothing(write, tmp_path):
    broken = tmp_path / "b.nii"
    broken.write_bytes(b"notes")
    soft = write("s.nii", [0, 0.5, 1, 0])
    assert kinds([broken], [broken, soft]) == ("soft", "soft")
    assert kinds([broken], [broken]) == ("labels", "labels")


def test_the_first_predictions_decide_without_the_others(write, monkeypatch):
    maps = write("m.nii", [0, 1, 2, 0], np.uint8)
    many = [write(f"{k:02}.nii", [0, 0.5, 1, 0]) for k in range(12)]
    read = []
    real = reading.read_values
    monkeypatch.setattr(reading, "read_values", lambda path: read.append(path) or real(path))
    assert kinds(many, [maps]) == ("soft", "labels")
    assert read == many[:8]


def test_an_either_among_the_first_leaves_it_to_the_others(write):
    maps = write("m.nii", [0, 1, 2, 0], np.uint8)
    many = [write(f"{k:02}.nii", [0, 1, 1, 0]) for k in range(9)]
    assert kinds([*many, write("z.nii", [0, 0.5, 1, 0])], [maps]) == ("soft", "labels")


def test_headers_are_enough_for_whole_numbers(write, monkeypatch):
    whole = write("w.nii.gz", [0, 1, 2, 0], np.uint8)
    monkeypatch.setattr(reading, "read_values", lambda *_: pytest.fail("the voxels were read"))
    assert kinds([whole], [whole]) == ("labels", "labels")


def test_two_images_are_read_as_the_reference_says(write):
    sure = Source(write("a.nii", [0, 1, 1, 0]))
    soft = Source(write("b.nii", [0, 0.5, 1, 0]))
    assert [image.dtype.kind for image in read_two(sure, soft)] == ["f", "f"]
    assert [image.dtype.kind for image in read_two(soft, sure)] == ["f", "u"]
    assert [image.dtype.kind for image in read_two(sure, sure)] == ["u", "u"]


def test_an_array_is_in_the_place_of_the_reference(write, tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.array([[[True], [False]], [[True], [True]]]))
    predicted, reference = read_two(Source(path, axes="xyz"), Source(write("b.nii", [0, 1, 1, 0])))
    assert predicted.values.tolist() == [[True, False], [True, True]]
    assert predicted.coords.identical(reference.coords)


def test_axes_without_an_array_are_told(write, tmp_path):
    path = write("a.nii", [0, 1, 1, 0], np.uint8)
    with pytest.warns(UserWarning, match=r"^lesions.compare: axes \(--axes\) is of no use: no file is an array"):
        read_two(Source(path, axes="zyx"), Source(path, axes="zyx"))
    with pytest.warns(UserWarning, match=r"^lesions.cohort: axes \(--axes\) is of no use"):
        cohort(tmp_path, tmp_path, axes="zyx")


def test_reading_has_a_limit_of_time(write, monkeypatch):
    path = write("a.nii", [0, 1, 1, 0])
    monkeypatch.setattr(reading, "SECONDS", 0.05)
    monkeypatch.setattr(reading, "read_image", lambda *_, **__: time.sleep(5))
    begin = time.perf_counter()
    case = Pair(Listed("a", path, path), Rules(Settings())).as_case()
    (outcome,) = run_cases(Job("lesions.cohort", score_pair), [case])
    assert time.perf_counter() - begin < 2
    assert outcome.error == f"lesions.read_image: {path}: reading it took longer than the limit of 0.05 s"
    with pytest.raises(TimeoutError):
        read_in_time(Source(path))


def test_a_large_file_may_take_longer(tmp_path, monkeypatch):
    path = tmp_path / "a.nii"
    path.write_bytes(bytes(3000))
    assert reading._seconds_for(path) == reading._seconds_for(tmp_path / "none.nii") == 10
    monkeypatch.setattr(reading, "BYTES_A_SECOND", 100)
    assert reading._seconds_for(path) == 30


def test_a_part_of_a_cohort_says_what_its_images_are():
    with pytest.raises(UsageError, match=r'^lesions.cohort: as_ must be said .* as_="labels" for label maps .--as lab'):
        check_said(Side(()), Side((), "soft"))
    with pytest.raises(UsageError, match="^lesions.cohort: reference_as must be said"):
        check_said(Side((), scale=255), Side(()))
    check_said(Side((), scale=255), Side((), "labels"))
