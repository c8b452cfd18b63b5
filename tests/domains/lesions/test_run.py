from __future__ import annotations

import pytest

from domains.lesions.run import parse_labels


def test_labels():
    assert parse_labels(None) is None
    assert parse_labels("2") == [2]
    assert parse_labels(" 1, 4") == [1, 4]
    assert parse_labels("core=1+4, edema=2") == {"core": (1, 4), "edema": (2,)}


@pytest.mark.parametrize("text", ["core", "1,core=2", "core=1-4", "1;2"])
def test_wrong_labels(text):
    with pytest.raises(ValueError, match="core=1"):
        parse_labels(text)
