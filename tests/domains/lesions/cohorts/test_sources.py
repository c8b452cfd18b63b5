from __future__ import annotations

from pathlib import Path

import pytest

from domains._checks import UsageError
from domains.lesions.cohorts.sources import AS_FILES_SAY, Reading, check_reading

PATH = Path("a.nii.gz")


def test_what_is_said_of_predictions_holds_for_references_unless_they_have_their_own():
    said = Reading(as_="soft", scale=255, spacing=(1, 1, 2), axes="zyx")
    assert said.of_prediction(PATH).scale == 255
    assert said.of_reference(PATH).as_ == "soft"
    assert said.of_reference(PATH).scale is None
    assert said.of_reference(PATH).spacing == (1, 1, 2)
    own = Reading(as_="soft", reference_as="labels")
    assert (own.of_prediction(PATH).as_, own.of_reference(PATH).as_) == ("soft", "labels")
    assert AS_FILES_SAY.of_prediction(PATH) == AS_FILES_SAY.of_reference(PATH)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"scale": 0}, "scale must be a number > 0; got 0"),
        ({"as_": "mask"}, "as_ must be"),
        ({"reference_as": "mask"}, "reference_as must be"),
        ({"as_": "labels", "reference_scale": 255}, "reference_as"),
        ({"axes": "zxy"}, "axes must be one of"),
        ({"spacing": (1, 0, 1)}, "spacing must be a number > 0; got 0"),
    ],
)
def test_wrong_options_are_wrong_use(options, found):
    with pytest.raises(UsageError, match=f"^lesions.compare: {found}"):
        check_reading("lesions.compare", options)
