from __future__ import annotations

import pytest

from overlap._checks import check_choice

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
