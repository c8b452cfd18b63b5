"""mir_eval 0.8.2 on drawn recordings, its own test data, closed forms, and its known faults with both numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from domains.events import align, compare, score

GOLDEN = json.loads((Path(__file__).parents[3] / "data" / "mir_eval.json").read_text())


def points(times):
    seconds = np.array(times, float) / 1000
    return pd.DataFrame({"onset": seconds, "offset": seconds})


def sections(times):
    edges = np.unique(np.array(times, float) / 1000)
    return pd.DataFrame({"onset": edges[:-1], "offset": edges[1:]})


def notes(rows):
    table = pd.DataFrame(rows, columns=["onset", "offset", "pitch", "velocity"], dtype=float)
    return table.assign(onset=table["onset"] / 1000, offset=table["offset"] / 1000)


def recordings(cases, as_table):
    """Return both sides of many cases, each case a recording, and what to say of those without events."""
    sides = []
    for side in ("prediction", "reference"):
        sides.append(pd.concat([as_table(case[side]).assign(file=f"{k:03}") for k, case in enumerate(cases)]))
    return sides


def by_recording(cases, as_table, protocol, **options):
    report = compare(*recordings(cases, as_table), protocol, by="file", **options)
    # where neither side has an event nothing was asked
    return report.reindex(file=[f"{k:03}" for k in range(len(cases))])


def figures(report, *names):
    return np.stack([report[name].values for name in names], axis=-1)


RATIOS = ("precision", "recall", "f1", "overlap_ratio")


def test_onsets_and_beats_as_mir_eval():
    cases = GOLDEN["times"]
    report = by_recording(cases, points, "mir_eval_onset")
    expected = [case["answer"]["onset"] for case in cases]
    np.testing.assert_allclose(figures(report, *RATIOS[:3]), expected, rtol=0, atol=1e-12)
    report = by_recording(cases, points, "mir_eval_onset", window=0.07, begin=5.0)
    expected = [case["answer"]["beat"] for case in cases]
    np.testing.assert_allclose(report.f1.fillna(0.0), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("window", [0.5, 3.0])
@pytest.mark.parametrize("trim", [False, True])
def test_boundaries_of_sections_as_mir_eval(window, trim):
    name = f"sections {window} {trim}"
    cases = [case for case in GOLDEN["times"] if name in case["answer"]]
    report = by_recording(cases, sections, "mir_eval_onset", times="boundaries", window=window, trim=trim)
    expected = [case["answer"][name] for case in cases]
    np.testing.assert_allclose(figures(report, *RATIOS[:3]), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("trim", [False, True])
def test_deviations_of_boundaries_as_mir_eval(trim):
    cases = [case for case in GOLDEN["times"] if f"deviation {trim}" in case["answer"]]
    report = by_recording(cases, sections, "mir_eval_onset", times="boundaries", window=0.5, trim=trim)
    expected = np.array([case["answer"][f"deviation {trim}"] for case in cases], float)
    ours = figures(report, "reference_deviation", "prediction_deviation")
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-12)


SETTINGS = {
    "whole": {},
    "no offset": {"offset": None},
    "strict": {"strict": True},
    "wide": {"onset": 0.2, "pitch_tolerance": 100.0, "offset_share": 0.5, "offset": 0.02},
    "velocity": {"velocity_tolerance": 0.1},
    "onsets alone": {"offset": None, "pitch_tolerance": None},
    "offsets alone": {"onset": None, "pitch_tolerance": None},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
def test_notes_as_mir_eval(name):
    cases = GOLDEN["notes"]
    report = by_recording(cases, notes, "mir_eval_transcription", **SETTINGS[name])
    expected = np.array([case["answer"][name] for case in cases])
    found = figures(report, *RATIOS[: expected.shape[1]])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    pooled = compare(*recordings(cases, notes), "mir_eval_transcription", **SETTINGS[name])
    assert int(pooled.intersection) == int(report.intersection.sum())


# mir_eval's tests/data/onset, ref00 and est00, ref03 and est03 (MIT), and their scores
ONSETS = {
    "00": (
        "0.355011337 0.807006802 0.943990929 1.968367346 2.171428571 2.380612244 2.563265306 3.439455782 4.643990929 "
        "6.185215419 6.339047619 6.526258503 6.678639455 7.397006802 8.354829931 8.798911564 8.877278911 8.948390022 "
        "9.184943310 9.430204081 9.601451247 9.811882086",
        "1.741496598639455662e-01 4.150566893424036397e-01 8.504308390022675690e-01 9.926530612244898188e-01 "
        "1.904036281179138257e+00 2.023038548752834398e+00 2.214603174603174462e+00 2.438095238095238315e+00 "
        "2.609342403628117868e+00 3.482993197278911435e+00 4.684625850340135678e+00 4.728163265306122298e+00 "
        "5.700498866213151494e+00 5.868843537414965894e+00 6.217142857142857082e+00 6.266485260770974897e+00 "
        "6.385487528344671482e+00 6.713469387755101714e+00 7.439092970521541837e+00 7.471020408163265181e+00 "
        "8.182131519274376430e+00 8.405623582766439839e+00 8.852607709750566656e+00 9.232834467120181188e+00 "
        "9.505668934240363299e+00 9.665306122448980020e+00 9.830748299319727934e+00",
        [0.48148148148148145, 0.5909090909090909, 0.5306122448979591],
    ),
    "03": (
        "0.026848072 0.211882086 0.379501133 0.514897959 0.703469387 0.844625850 0.958163265 1.096417233 1.231383219 "
        "1.487528344 1.636530612 1.779795918 1.938140589 2.075283446 2.231292517",
        "9.578231292517007389e-02 2.380045351473922821e-01 3.773242630385487684e-01 4.469841269841269837e-01 "
        "5.659863945578231803e-01 7.517460317460317176e-01 8.968707482993196756e-01 1.007165532879818581e+00 "
        "1.155192743764172247e+00 1.282902494331065846e+00 1.369977324263038643e+00 1.497687074829932019e+00 "
        "1.538321995464852598e+00 1.683446712018140667e+00 1.808253968253968225e+00 1.869206349206349316e+00 "
        "1.976598639455782402e+00 2.113015873015873236e+00 2.153650793650793815e+00 2.275555555555555554e+00 "
        "2.618049886621315103e+00 2.946031746031746223e+00 3.038911564625850215e+00 3.085351473922902432e+00 "
        "3.140498866213151885e+00",
        [0.4, 0.6666666666666666, 0.5],
    ),
}


@pytest.mark.parametrize("name", ONSETS)
def test_onsets_of_mir_evals_own_tests_from_files(name, tmp_path):
    reference, predicted, expected = ONSETS[name]
    (tmp_path / "ref.txt").write_text(reference.replace(" ", "\n"))
    (tmp_path / "est.txt").write_text(predicted.replace(" ", "\n"))
    report, skipped, _ = score(tmp_path / "est.txt", tmp_path / "ref.txt", "mir_eval_onset", kind="onsets")
    assert skipped.empty
    np.testing.assert_allclose(figures(report, *RATIOS[:3]), expected, rtol=0, atol=1e-12)


# transcription 04 of its tests: est04.txt, ref04.txt, output04.json
NOTES = {
    "whole": ({}, [0.1270718232044199, 0.11917098445595854, 0.12299465240641712, 0.79479231600521139]),
    "no offset": (
        {"offset": None},
        [0.7734806629834254, 0.7253886010362695, 0.748663101604278, 0.49770963250522282],
    ),
    "onsets alone": (
        {"offset": None, "pitch_tolerance": None},
        [0.861878453038674, 0.8082901554404145, 0.8342245989304813],
    ),
    "offsets alone": (
        {"onset": None, "pitch_tolerance": None},
        [0.6850828729281768, 0.6424870466321243, 0.6631016042780749],
    ),
}


@pytest.mark.parametrize("name", NOTES)
def test_notes_of_mir_evals_own_tests_from_files(name, test_data):
    settings, expected = NOTES[name]
    folder = test_data / "mir_eval"
    report, skipped, _ = score(
        folder / "est04.txt", folder / "ref04.txt", "mir_eval_transcription", kind="notes", **settings
    )
    assert skipped.empty
    np.testing.assert_allclose(figures(report, *RATIOS[: len(expected)]), expected, rtol=0, atol=1e-12)


# segment 02 and 05 of its tests: boundaries in ms of the reference and the estimate, and precision and recall at 0.5
# and 3 s. Its evaluation lets both begin at 0 and end where the reference does
SEGMENTS = {
    "02": (
        "0 200 76986 92729 108453 124201 139933 195049 210808 226512 322560",
        "0 3750 17415 33158 48913 64656 80399 96142 111897 127628 141398 164525 180280 196023 207331 224061 239804 "
        "253574 261457 277200 292943 308686 321991 322560",
        [0.08333333333333333, 0.18181818181818182],
        [0.20833333333333334, 0.45454545454545453],
    ),
    "05": (
        "0 372 23490 147424 171866 183994 196361 208201 220353 232328 254136 266072 278600 302370 315045 327589 341350 "
        "431961",
        "0 27408 68069 94822 128659 147444 160784 193152 232371 251103 255417 266069 276230 279931 302550 315533 "
        "339258 341066 366039 402347 431961",
        [0.38095238095238093, 0.4444444444444444],
        [0.47619047619047616, 0.5555555555555556],
    ),
}


@pytest.mark.parametrize("name", SEGMENTS)
def test_sections_of_mir_evals_own_tests(name):
    reference, estimate, *expected = SEGMENTS[name]
    sides = [sections(text.split()) for text in (estimate, reference)]
    for window, ratios in zip((0.5, 3.0), expected, strict=True):
        report = compare(*sides, "mir_eval_onset", times="boundaries", window=window)
        np.testing.assert_allclose(figures(report, *RATIOS[:2]), ratios, rtol=0, atol=1e-12)


# ---- its known faults, with both numbers


def test_a_window_by_the_last_bit():
    a, b = [[0.12, 3]], [[0.17, 3]]
    assert [float(compare(a, b, "mir_eval_onset", corrected=flag).f1) for flag in (False, True)] == [0.0, 1.0]


def test_rounding_lets_more_than_a_limit_count():
    a, b = [[1.05004, 2.0]], [[1.0, 2.0]]
    options = {"pitch_tolerance": None}
    found = [float(compare(a, b, "mir_eval_transcription", corrected=x, **options).f1) for x in (False, True)]
    assert found == [1.0, 0.0]


def test_nothing_on_one_side():
    for name, options in (("mir_eval_onset", {}), ("mir_eval_transcription", {"pitch_tolerance": None})):
        empty = np.empty((0, 2))
        report = compare(empty, [[0, 1]], name, **options)
        assert figures(report, *RATIOS[:3]).tolist() == [0, 0, 0]
        report = compare(empty, [[0, 1]], name, corrected=True, **options)
        np.testing.assert_array_equal(figures(report, *RATIOS[:3]), [np.nan, 0, 0])


def test_which_notes_are_a_pair_depends_on_the_order_of_rows():
    # two predictions of one note: mir_eval takes the first row, the corrected preset the one that overlaps more
    a = pd.DataFrame({"onset": [1.04, 1.0], "offset": [1.96, 2.0], "pitch": 440.0})
    b = pd.DataFrame({"onset": [1.0], "offset": [2.0], "pitch": 440.0})
    ratios = [
        [float(compare(rows, b, "mir_eval_transcription", corrected=x).overlap_ratio) for rows in (a, a[::-1])]
        for x in (False, True)
    ]
    np.testing.assert_allclose(ratios, [[0.92, 1.0], [1.0, 1.0]])
    assert align(a, b, "mir_eval_transcription", corrected=True)[0]["matched"].tolist() == [True, False]


# ---- what is given wrongly, and the remedies as they are written

A = pd.DataFrame({"onset": [0.0], "offset": [1.0], "pitch": [440.0]})


def test_a_pitch_is_needed_or_left_out():
    with pytest.raises(ValueError, match=r"the prediction has no column pitch .* pitch_tolerance=None"):
        compare(A.drop(columns="pitch"), A, "mir_eval_transcription")
    assert float(compare(A.drop(columns="pitch"), A, "mir_eval_transcription", pitch_tolerance=None).f1) == 1
    with pytest.raises(ValueError, match="must be a frequency > 0 Hz; got -1"):
        compare(A, A.assign(pitch=-1), "mir_eval_transcription")
    with pytest.raises(ValueError, match=r"1 of 1 rows of the reference have no number as pitch .*'A4'"):
        compare(A, A.assign(pitch="A4"), "mir_eval_transcription")
    with pytest.raises(ValueError, match="the prediction has no column velocity"):
        compare(A, A, "mir_eval_transcription", velocity_tolerance=0.1)


def test_numbers_of_keys_are_said():
    # a quarter tone below the A is within 50 cents of it, a half tone is not
    keys = A.assign(pitch=[69])
    report = compare(keys, keys.assign(pitch=69.5), "mir_eval_transcription", pitch_unit="midi")
    assert float(report.f1) == 1
    report = compare(keys, keys.assign(pitch=70), "mir_eval_transcription", pitch_unit="midi")
    assert float(report.f1) == 0


def test_labels_make_no_difference():
    report = compare(A.assign(label="piano"), A.assign(label="flute"), "mir_eval_transcription")
    assert float(report.f1) == 1
