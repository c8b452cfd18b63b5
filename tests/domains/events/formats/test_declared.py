"""What formats say of themselves."""

from __future__ import annotations

import pytest

from domains.events.formats import FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_says_its_name_and_by_what_it_is_known(name):
    form = FORMATS[name]
    assert form.name == name
    assert len(form.known_by) <= 26
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in form.suffixes)


def test_no_two_formats_share_an_ending():
    suffixes = [suffix for form in FORMATS.values() for suffix in form.suffixes]
    assert len(suffixes) == len(set(suffixes))
