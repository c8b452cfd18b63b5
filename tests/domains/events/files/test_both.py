from __future__ import annotations

import pytest

from domains._running import Running
from domains.events.files.both import read_both
from domains.events.files.sides import Reading


@pytest.fixture
def folders(tmp_path):
    for side, names in (("p", "ab"), ("r", "a")):
        (tmp_path / side).mkdir()
        for name in names:
            (tmp_path / side / f"{name}.csv").write_text("onset,offset\n0,1\n")
    return tmp_path / "p", tmp_path / "r"


def test_folders_are_paired_by_names(folders):
    both = read_both(*folders, {"a": 9.0, "b": 9.0, "c": 9.0}, Reading(), Running())
    assert both.prediction["file"].tolist() == ["a", "b"]
    assert both.skipped["reason"].tolist() == ["unpaired file"]
    assert both.without_a_file == ", 1 of them without a file: their time counts, as without events"


def test_each_error_and_warning_names_who_asks(folders, tmp_path):
    how = Reading(operation="events.compare_protocols")
    (folders[1] / "quiet.csv").write_text("onset,offset\n")
    with pytest.warns(UserWarning, match="^events.compare_protocols: the support .*says nothing of 'quiet'"):
        read_both(*folders, {"a": 9.0, "b": 9.0}, how, Running())
    with pytest.raises(ValueError, match="^events.compare_protocols: rate must be a number > 0"):
        read_both(*folders, None, how._replace(rate=-1.0), Running())
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match="^events.compare_protocols: .*none: no files of events"):
        read_both(folders[0], tmp_path / "none", None, how, Running())
    (folders[1] / "a.csv").write_text("onset,offset\nx,y\n")
    with pytest.raises(ValueError, match=r"^events.compare_protocols: .*a.csv: none of its 1 rows is an event"):
        read_both(folders[0] / "a.csv", folders[1] / "a.csv", None, how, Running())


@pytest.mark.parametrize(("command", "name"), [("protocols", "events.compare_protocols"), ("agree", "events.agree")])
def test_commands_name_their_function(command, name, folders, run_command):
    (folders[1] / "a.csv").unlink()
    done = run_command("events", command, *folders, code=1)
    assert f"{name}: " in done.stderr
    assert "events.score" not in done.stderr
