"""Oracles: closed forms, and the way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlap import boxes

rng = np.random.default_rng(5)


def some(n, d=2):
    low = rng.uniform(0, 10, (n, d))
    return np.concatenate([low, low + rng.uniform(0.1, 4, (n, d))], axis=1)


FORMATS = {
    "lo-hi": [1.0, 2.0, 4.0, 4.0],
    "lo-size": [1.0, 2.0, 3.0, 2.0],
    "centre-size": [2.5, 3.0, 3.0, 2.0],
    "centre-log-size": [2.5, 3.0, 1.0986122886681098, 0.6931471805599453],
}


@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("target", FORMATS)
def test_formats(backend, source, target):
    got = backend.to_numpy(boxes.convert(backend.asarray(np.array(FORMATS[source])), source, target))
    np.testing.assert_allclose(got, FORMATS[target], rtol=1e-15)


def test_formats_of_any_dimension():
    a = some(20, 3)
    there = boxes.convert(a, "lo-hi", "centre-log-size")
    np.testing.assert_allclose(boxes.convert(there, "centre-log-size", "lo-hi"), a, rtol=1e-14, atol=1e-14)


def test_codes(backend):
    # by hand: R-CNN, appendix C
    anchor, target = np.array([10.0, 20.0, 14.0, 28.0]), np.array([11.0, 18.0, 19.0, 34.0])
    code = boxes.encode(backend.asarray(target), backend.asarray(anchor))
    np.testing.assert_allclose(backend.to_numpy(code), [0.75, 0.25, np.log(2), np.log(2)], rtol=1e-15)
    np.testing.assert_allclose(backend.to_numpy(boxes.decode(code, backend.asarray(anchor))), target, rtol=1e-15)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float64", 1e-14)])
def test_round_trip(dtype, tolerance):
    a, anchor = (some(1000).astype(dtype) for _ in range(2))
    back = boxes.decode(boxes.encode(a, anchor), anchor)
    assert back.dtype == dtype
    np.testing.assert_allclose(back, a, atol=tolerance * 20)
    np.testing.assert_array_equal(boxes.decode(np.zeros_like(a), anchor), anchor)


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.floats(-50, 50), st.floats(-1e3, 50))
def test_no_code_makes_a_malformed_box(low, side, offset, log):
    lo, hi = boxes.decode(np.array([offset, log]), np.array([low, low + side]))
    assert lo <= hi


def test_sides_of_zero_have_no_code():
    with pytest.raises(ValueError, match="1 of 1 boxes of anchor are malformed .hi <= lo"):
        boxes.decode(np.zeros((1, 4)), np.zeros((1, 4)))
    with pytest.raises(ValueError, match=r"boxes\.convert.*hi <= lo"):
        boxes.convert(np.zeros(4), "lo-hi", "centre-log-size")
    with pytest.raises(ValueError, match=r"boxes\.convert.*hi < lo"):
        boxes.convert(np.array([0.0, 0.0, -1.0, 1.0]), "centre-size", "lo-hi")


PLANAR = {"xyxy": "lo-hi", "xywh": "lo-size", "cxcywh": "centre-size"}


@pytest.mark.parametrize("name", PLANAR)
def test_the_names_of_detectors(backend, name):
    a = backend.asarray(some(20))
    general = PLANAR[name]
    there = boxes.convert(a, "xyxy", name)
    np.testing.assert_array_equal(backend.to_numpy(there), backend.to_numpy(boxes.convert(a, "lo-hi", general)))
    back = boxes.convert(there, name, "xyxy")
    np.testing.assert_array_equal(backend.to_numpy(back), backend.to_numpy(boxes.convert(there, general, "lo-hi")))


@pytest.mark.parametrize("name", PLANAR)
@pytest.mark.parametrize("d", [1, 3])
def test_the_names_of_detectors_are_for_the_plane(name, d):
    for option, formats in (("source", (name, "lo-hi")), ("target", ("lo-hi", name))):
        message = rf"boxes\.convert: {option} '{name}' .* of 4 numbers.*\(2, {2 * d}\): pass '{PLANAR[name]}'"
        with pytest.raises(ValueError, match=message):
            boxes.convert(some(2, d), *formats)


def test_a_converted_box_is_an_array_of_its_own():
    a = some(3)
    boxes.convert(a, "lo-hi", "xyxy")[:] = 0
    assert a.any()


@pytest.mark.parametrize(("option", "formats"), [("source", ("yolo", "lo-hi")), ("target", ("lo-hi", "yolo"))])
def test_unknown_formats(option, formats):
    with pytest.raises(ValueError, match=rf"boxes\.convert: {option} must be one of 'lo-hi', .*'xywh'.*got 'yolo'"):
        boxes.convert(np.zeros(4), *formats)


FUNCTIONS = {
    "encode": boxes.encode,
    "decode": lambda a, b: boxes.decode(a / 10, b),
    "convert": lambda a, b: boxes.convert(a, "lo-hi", "centre-log-size") + b,
    "from the field's name": lambda a, b: boxes.convert(a, "cxcywh", "xyxy") + b,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_vmap_and_compile(check_under_torch, name):
    check_under_torch(FUNCTIONS[name], marks_malformed=name == "encode")
