from __future__ import annotations

import json

import pytest

from domains._checks import UsageError
from domains._running import Running
from domains.lesions import Settings
from domains.lesions.cohorts.gathering import gather
from domains.lesions.cohorts.listing import Choice
from domains.lesions.cohorts.sources import AS_FILES_SAY, Reading


def gathered(*folders, labels=None, reading=AS_FILES_SAY, part=None, **choice):
    return gather(*folders, Choice(**choice), reading, labels, Settings(), Running(), part=part)


def test_what_images_are_is_decided_before_the_first_case(folders):
    found = gathered(*folders)
    assert list(found.pairs) == [f"case_{k}" for k in range(4)]
    assert (found.rules.reading.as_, found.rules.reading.reference_as) == ("labels", "labels")
    assert [case.name for case in found.cases] == list(found.pairs)
    assert found.name == f"{folders[0]}, {folders[1]}"
    assert found.not_counted == []


def test_a_part_decides_nothing(folders):
    with pytest.raises(UsageError, match=r"^lesions.cohort: as_ must be said with cases and part"):
        gathered(*folders, part=(1, 2))
    found = gathered(*folders, part=(2, 2), reading=Reading(as_="labels"))
    assert list(found.pairs) == ["case_1", "case_3"]


def test_nnunet_s_description_names_the_regions_unless_labels_are_asked_for(folders):
    description = {"labels": {"whole": [1, 2], "core": 2, "ignore": 3}, "regions_class_order": [1, 2]}
    (folders[1] / "dataset.json").write_text(json.dumps(description))
    found = gathered(*folders)
    assert found.rules.labels == {"whole": (1, 2), "core": (2,)}
    assert found.rules.ignored == 3
    assert found.not_counted[0]["reason"] == "ignored label"
    assert gathered(*folders, labels=[1]).rules.labels == [1]
