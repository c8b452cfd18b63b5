"""What is shown of a job while it runs."""

from __future__ import annotations

import io
import sys
import types

import pytest
from rich.console import Console

from domains import _progress
from domains._progress import Counter, shown


def test_nothing_is_shown_of_one_case_or_in_silence(capsys):
    with shown("trying", 1) as advance:
        advance()
    with shown("trying", 5, visible=False) as advance:
        advance(failed=True)
    assert capsys.readouterr() == ("", "")


def test_elsewhere_a_line_comes_now_and_then(capsys, monkeypatch):
    monkeypatch.setattr(_progress, "SECONDS_BETWEEN_LINES", 0.0)
    with shown("trying", 2) as advance:
        advance(failed=True)
        advance()
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("trying: 1 of 2, 1 failed, ")
    assert second.startswith("trying: 2 of 2, 1 failed, ")


def test_elsewhere_a_quick_job_is_silent(capsys):
    with shown("trying", 2) as advance:
        advance()
        advance()
    assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_a_bar(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr("rich.console.Console", lambda **_: Console(file=out, force_terminal=True, width=80))
    with shown("[b]trying", 2) as advance:
        advance(failed=True)
    assert "[b]trying: 1 of 2, 1 failed" in out.getvalue()


@pytest.mark.parametrize(
    ("done", "elapsed", "said"),
    [
        (0, 5.0, "trying: 0 of 10"),
        (5, 5.0, "trying: 5 of 10, 1 a second, 0:00:05 left"),
        (1, 7200.0, "trying: 1 of 10, 0.00014 a second, 18:00:00 left"),
        (10, 1.0, "trying: 10 of 10, 10 a second, 0:00:00 left"),
    ],
)
def test_the_rate_and_the_time_left(done, elapsed, said):
    counter = Counter("trying", 10)
    for _ in range(done):
        counter.count()
    assert counter.line(now=counter.begin + elapsed) == said


def test_a_notebook_is_given_plain_text_now_and_then(monkeypatch):
    seen = []
    output = types.SimpleNamespace(update=lambda data, raw=False: seen.append((data, raw)))

    def given(data, raw=False, display_id=None):
        output.update(data, raw)
        return output

    display = types.ModuleType("IPython.display")
    display.display = given
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setattr(_progress, "SECONDS_BETWEEN_UPDATES", -1.0)
    counter = Counter("trying", 2)
    with _progress._notebook_display(counter) as update:
        for _ in range(2):
            counter.count()
            update()
    assert all(raw for _, raw in seen)
    assert [data["text/plain"][:14] for data, _ in seen] == [f"trying: {k} of 2" for k in range(3)]
