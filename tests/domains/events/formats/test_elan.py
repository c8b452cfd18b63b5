"""Documents of ELAN, written by pympi and by hand."""

from __future__ import annotations

import pytest

from domains._files import ReadError
from domains.events import read_events

pympi = pytest.importorskip("pympi")


@pytest.fixture
def path(tmp_path):
    document = pympi.Elan.Eaf()
    document.remove_tier("default")
    document.add_tier("hand")
    document.add_annotation("hand", 1500, 2250, "wave")
    document.add_annotation("hand", 3000, 3500, "point")
    document.add_tier("gloss", parent="hand", ling="default-lt")
    path = tmp_path / "a.eaf"
    document.to_file(str(path))
    return path


def test_tiers_of_elan(path):
    events, skipped, _ = read_events(path)
    assert events[["onset", "offset", "label", "tier"]].to_numpy().tolist() == [
        [1.5, 2.25, "wave", "hand"],
        [3.0, 3.5, "point", "hand"],
    ]
    assert skipped.empty


def test_entities_are_refused(path):
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("?>", '?><!DOCTYPE x [<!ENTITY a "b">]>', 1), encoding="utf-8")
    with pytest.raises(ReadError, match="declares a document type or entities"):
        read_events(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"<html/>", b"onset,offset\n1,2\n"])
def test_what_is_no_document_is_refused(content, tmp_path):
    path = tmp_path / "a.eaf"
    path.write_bytes(content)
    with pytest.raises(ReadError):
        read_events(path)


def test_a_document_that_is_cut_off_is_refused(path):
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ReadError, match="cannot be read"):
        read_events(path)
