"""EDF+ files, written by edfio."""

from __future__ import annotations

import numpy as np
import pytest

from domains._files import ReadError
from domains.events import read_events

edfio = pytest.importorskip("edfio")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "night.edf"
    annotations = [edfio.EdfAnnotation(1.5, 0.5, "blink"), edfio.EdfAnnotation(3, None, "lights off")]
    edfio.Edf([edfio.EdfSignal(np.zeros(640), 64)], annotations=annotations).write(path)
    return path


def test_annotations_and_how_long_the_recording_is(path):
    events, skipped, support = read_events(path)
    assert events[["onset", "offset", "label"]].to_numpy().tolist() == [[1.5, 2, "blink"], [3, 3, "lights off"]]
    assert support["duration"].max() == 10
    assert skipped.empty


@pytest.mark.parametrize("content", [b"", b"hello", b"<html/>", b"onset,offset\n1,2\n"])
def test_what_is_no_edf_is_refused(content, tmp_path):
    path = tmp_path / "a.edf"
    path.write_bytes(content)
    with pytest.raises(ReadError):
        read_events(path)
