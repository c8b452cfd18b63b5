from __future__ import annotations

import numpy as np
import pytest

from overlap._checks import check_choice, check_real

TNORMS = ("minimum", "product", "lukasiewicz")


def message(*arguments):
    with pytest.raises(ValueError, match=":") as error:
        check_choice(*arguments)
    return str(error.value)


@pytest.mark.parametrize("choices", [TNORMS, list(TNORMS), dict.fromkeys(TNORMS), iter(TNORMS)])
def test_a_choice_passes(choices):
    check_choice("raster.measure", "tnorm", "product", choices)


def test_none_may_be_a_choice():
    check_choice("nn.DiceLoss", "from_logits", None, (None, "sigmoid", "softmax"))


def test_the_message_names_operation_option_choices_and_value():
    expected = "raster.measure: tnorm must be one of 'minimum', 'product', 'lukasiewicz', got 'hamacher'"
    assert message("raster.measure", "tnorm", "hamacher", TNORMS) == expected


@pytest.mark.parametrize(("value", "meant"), [("min", "minimum"), ("Product", "product"), ("lukas", "lukasiewicz")])
def test_a_value_spelled_nearly_right_gets_a_suggestion(value, meant):
    assert message("raster.measure", "tnorm", value, TNORMS).endswith(f"; did you mean {meant!r}?")


@pytest.mark.parametrize("value", [None, 3, ["minimum"], {"minimum": 1}])
def test_a_value_of_another_type_is_refused_without_a_suggestion(value):
    assert message("raster.measure", "tnorm", value, TNORMS).endswith(f"got {value!r}")


@pytest.mark.parametrize("value", [1, 0.5, True, np.float32(0.5), np.int8(3), np.array(0.5), float("nan")])
def test_one_number_passes(value):
    check_real("matching.match", "threshold", value)


@pytest.mark.parametrize("value", [None, "0.5", [0.5], np.zeros(1), 1j, np.array("x"), np.datetime64("2026-01-01"), {}])
def test_what_is_not_one_number_is_refused(value):
    with pytest.raises(TypeError, match=r"^matching.match: threshold must be one number, got ") as caught:
        check_real("matching.match", "threshold", value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [np.zeros((30, 30)), "x" * 1000, {k: k for k in range(99)}])
def test_long_values_are_named_by_their_type(value):
    assert message("raster.measure", "tnorm", value, TNORMS).endswith(f"got a {type(value).__name__}")
