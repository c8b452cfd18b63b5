"""Links to the notebooks on Binder: made of the public address, and of nothing before it is set."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULE = ROOT / "docs" / "notebook_links.py"
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
HOME = "https://github.com/us/overlap-toolkit"
pytestmark = pytest.mark.clone


@pytest.fixture
def links():
    spec = importlib.util.spec_from_file_location("notebook_links", MODULE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Application:
    """What Sphinx does with a page as it reads it."""

    def connect(self, event, function):
        assert event == "source-read"
        self.function = function

    def read(self, page, text):
        source = [text]
        self.function(self, page, source)
        return source[0]


def read_pages(links, address):
    """Return each notebook as the build with this address reads it, by name."""
    app = Application()
    links.connect(app, address, "1.2.3")
    return {path.stem: app.read(f"tutorials/{path.stem}", path.read_text(encoding="utf-8")) for path in NOTEBOOKS}


def test_before_there_is_an_address_no_notebook_has_a_link(links):
    for path in NOTEBOOKS:
        text = path.read_text(encoding="utf-8")
        assert "binder" not in text.lower()
        assert read_pages(links, "")[path.stem] == text


def test_with_an_address_each_notebook_opens_itself(links):
    pages = read_pages(links, HOME)
    assert len(pages) > 5
    for name, text in pages.items():
        title, gap, link, *rest = "".join(json.loads(text)["cells"][0]["source"]).split("\n")
        assert title.startswith("# ")
        assert gap == ""
        opened = f"https://mybinder.org/v2/gh/us/overlap-toolkit/v1.2.3?labpath=examples%2F{name}.ipynb"
        assert link == f"[Run it on Binder]({opened})"
        assert rest[0] == ""
        assert text.count("mybinder.org") == 1


def test_other_cells_and_other_pages_are_as_they_were(links):
    (name, text), *_ = read_pages(links, HOME).items()
    as_it_was = json.loads((ROOT / "examples" / f"{name}.ipynb").read_text(encoding="utf-8"))
    assert json.loads(text)["cells"][1:] == as_it_was["cells"][1:]
    app = Application()
    links.connect(app, HOME, "1.2.3")
    assert app.read("tutorials/index", "# Tutorials\n") == "# Tutorials\n"
    assert app.read("concepts", "# Concepts\n") == "# Concepts\n"


def test_another_host_is_named_as_binder_wants_it(links):
    opened = links.binder("https://example.org/us/kit", "events", "1.2.3")
    assert (
        opened
        == "https://mybinder.org/v2/git/https%3A%2F%2Fexample.org%2Fus%2Fkit/v1.2.3?labpath=examples%2Fevents.ipynb"
    )


def test_the_build_makes_links_of_its_own_address():
    conf = (ROOT / "docs" / "conf.py").read_text(encoding="utf-8")
    assert 'notebook_links").connect(app, PUBLIC_ADDRESS, version)' in conf


def test_binder_installs_this_repository_in_a_python_that_it_takes():
    runtime = (ROOT / ".binder" / "runtime.txt").read_text().strip()
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'requires-python = ">={runtime.removeprefix("python-")}"' in project
    asked = (ROOT / ".binder" / "requirements.txt").read_text().splitlines()
    assert asked[1:] == ["-c ../constraints.txt", ".[all]"]
