"""What an index shows, and what the licences cover: the metadata, and the files that they are made from."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import tomllib
import types
from pathlib import Path

import pytest

import overlap

ROOT = Path(__file__).parents[1]
CONF = ROOT / "docs" / "conf.py"
pytestmark = pytest.mark.clone

SPDX = {
    "CC-BY-3.0": "CC BY 3.0",
    "CC-BY-4.0": "CC-BY-4.0",
    "CC0-1.0": "CC0 1.0",
    "MIT": "MIT License",
}
"""How `NOTICE` writes each licence of data."""


@pytest.fixture
def hook(monkeypatch):
    """Return the module that fills in the metadata; the builder itself is not needed for that."""
    builder = types.ModuleType("hatchling.metadata.plugin.interface")
    builder.MetadataHookInterface = object
    monkeypatch.setitem(sys.modules, builder.__name__, builder)
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def readme():
    return (ROOT / "README.md").read_text(encoding="utf-8")


def address():
    """Return the one constant, read without the modules that the documentation is built by."""
    for statement in ast.parse(CONF.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "PUBLIC_ADDRESS":
            return ast.literal_eval(statement.value)
    raise AssertionError("docs/conf.py binds no PUBLIC_ADDRESS")


def filled(hook, address, root):
    """Return what the hook adds to the metadata, of a copy of the tree that has this address."""
    copies = {
        "docs/conf.py": re.sub('PUBLIC_ADDRESS = ".*"', f'PUBLIC_ADDRESS = "{address}"', CONF.read_text()),
        "overlap/__init__.py": '__version__ = "1.2.3"\n',
        "README.md": readme(),
    }
    for name, text in copies.items():
        copy = root / name
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(text, encoding="utf-8")
    metadata = {}
    filling = hook.CustomMetadataHook()
    filling.root = str(root)
    filling.update(metadata)
    return metadata


def test_before_there_is_an_address_there_is_no_link_of_ours(hook, tmp_path):
    metadata = filled(hook, "", tmp_path)
    assert metadata["urls"] == {}
    assert metadata["readme"]["text"] == readme()


def test_the_address_stands_in_one_place():
    """No badge and no link to a home of ours, unless it is the constant's."""
    homes = re.compile(r"https?://[^\s)\"]*(?:overlap-toolkit|shields\.io|badge)[^\s)\"]*")
    pages = [ROOT / "pyproject.toml", *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for link in homes.findall(page.read_text(encoding="utf-8")):
            assert address(), f"{page.name}: {link}"
            assert link.startswith(address()), f"{page.name}: {link}"


def test_with_an_address_every_link_of_the_readme_holds_anywhere(hook, tmp_path):
    home = "https://example.org/us/overlap-toolkit"
    metadata = filled(hook, home, tmp_path)
    assert metadata["urls"]["Source"] == home
    links = re.findall(r"\]\(([^)\s]+)\)", metadata["readme"]["text"])
    assert links
    assert all(link.startswith("https://") for link in links)
    assert "![Three" in metadata["readme"]["text"]
    assert f"{home}/raw/v1.2.3/docs/_static/readme.png" in links
    assert f"{home}/blob/v1.2.3/NOTICE" in links


def test_every_file_that_the_readme_links_to_is_there():
    targets = re.findall(r"\]\(([^)\s]+)\)", readme())
    for target in targets:
        if not target.startswith(("http", "#")):
            assert (ROOT / target.partition("#")[0]).exists(), target


def entries():
    """Return what `NOTICE` says of each pattern of files."""
    text = (ROOT / "NOTICE").read_text(encoding="utf-8")
    blocks = re.split(r"\n\n(?=\S)", text)
    found = {}
    for block in blocks:
        names, _, said = block.partition("\n")
        if re.match(r"(domains|overlap|tests|examples)/", names):
            found |= {name.strip(): said for name in names.split(",")}
    return found


def test_the_licence_covers_all_data_that_is_shipped():
    shipped = [path for path in (ROOT / "domains").glob("*/data/*") if path.is_file()]
    assert shipped
    parts = set(project()["license"].split(" AND "))
    said_of_data = ""
    for path in shipped:
        said = [said for pattern, said in entries().items() if path.relative_to(ROOT).match(pattern)]
        assert said, f"NOTICE lacks {path.relative_to(ROOT)}"
        said_of_data += "".join(said)
    licences = {name for name, spelling in SPDX.items() if spelling in said_of_data}
    assert parts == {"BSD-3-Clause", *licences}


def test_each_creative_commons_licence_is_linked():
    text = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for name in project()["license"].split(" AND "):
        if name.startswith("CC"):
            kind, version = re.fullmatch(r"CC-?(BY|0)-([\d.]+)", name).groups()
            place = f"licenses/by/{version}" if kind == "BY" else f"publicdomain/zero/{version}"
            assert f"https://creativecommons.org/{place}/" in text


def test_every_remedy_names_an_extra_that_exists():
    extras = project()["optional-dependencies"]
    for package in ("overlap", "domains"):
        for path in (ROOT / package).rglob("*.py"):
            for extra in re.findall(r"pip install \W*overlap-toolkit\[(\w+)\]", path.read_text(encoding="utf-8")):
                assert extra in extras, f"{path}: {extra}"


def test_every_dependency_is_pinned_in_the_constraints():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    pinned = {canonical(pin.partition("==")[0]) for pin in pins}
    extras = project()["optional-dependencies"].values()
    needed = [*project()["dependencies"], *(line for extra in extras for line in extra)]
    names = {name_of(line) for line in needed} - {"overlap-toolkit"}
    assert names <= pinned
    assert "torch==2.13.0" in pins


def canonical(name):
    """Return the name of a distribution as an index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(requirement):
    """Return the canonical name of the distribution that a requirement asks for."""
    return canonical(re.match(r"[\w.-]+", requirement)[0])


def test_the_recipe_of_conda_asks_for_the_same():
    recipe = (ROOT / "packaging" / "conda-forge" / "recipe.yaml").read_text(encoding="utf-8")
    _, _, after = recipe.partition("\n  run:\n")
    run, _, _ = after.partition("\n  run_constraints:")
    asked = [line.strip(" -").replace("matplotlib-base", "matplotlib").replace(" ", "") for line in run.splitlines()]
    assert asked[1:] == project()["dependencies"]
    assert f"license: {project()['license']}\n" in recipe
    assert f'version: "{overlap.__version__}"\n' in recipe


def test_the_page_on_installing_knows_every_dependency_and_extra():
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    for requirement in project()["dependencies"]:
        assert re.search(rf"^\|.*\b{name_of(requirement)}\b", page, re.MULTILINE), requirement
    for extra in project()["optional-dependencies"].keys() - {"test", "docs", "lint", "bench"}:
        assert f"\n| `{extra}` |" in page


def test_the_citation_is_of_this_version():
    assert f"\nversion: {overlap.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
