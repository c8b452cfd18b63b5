"""Build of the documentation: ``sphinx-build -W --keep-going -b html docs docs/_build/html``.

The tutorials are the notebooks of ``examples/``, copied here and run once at each build. Nothing is fetched: links into
other projects' documentation are made from the short lists of ``_inventories/``.
"""

import inspect
import os
import re
import shutil
import sys
from importlib import import_module
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

import overlap

HERE = Path(__file__).parent
# modules beside this one
sys.path.insert(0, str(HERE))

PUBLIC_ADDRESS = ""
"""Where the sources are to be found, such as "https://github.com/OWNER/overlap-toolkit"; empty until they are public.

`project.urls` and the absolute links of the README on an index are made of it (``hatch_build.py``).
"""

project = "overlap"
author = "The overlap-toolkit developers"
copyright = f"2026, {author}"
release = version = overlap.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["_build", "**.ipynb_checkpoints"]
templates_path = ["_templates"]
default_role = "py:obj"

# each page with code runs once; where it fails, or warns, so does the build
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_execution_show_tb = True
nb_merge_streams = True
nb_output_stderr = "warn"
# what the pages run: this environment's commands, the scripts of examples/, tables and figures of one width
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE.parent / "examples"), os.environ.get("PYTHONPATH", "")])
os.environ |= {
    "COLUMNS": "96",
    "MATPLOTLIBRC": str(HERE / "matplotlibrc"),
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3


PACKAGES = ("overlap", "domains.ramachandran", "domains.lesions", "domains.events")

FIRST = ("sizes", "sets", "between", "pairs", "masks", "modules")
"""The file of each family that its page begins with."""


def in_source_order(module, names):
    """Sort the names of a module as its source has them, constants last; a family's main file comes first."""

    def place(name):
        value = getattr(import_module(module), name)
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            return 2, "", 0
        home = value.__module__.rpartition(".")[2]
        return int(home not in FIRST), home, inspect.getsourcelines(value)[1]

    return sorted(names, key=place)


def first_home(module, name):
    """Return the first family, by the alphabet, that has the class of a module's name: its page describes it."""
    value = getattr(import_module(module), name)
    families = sorted(found for found in sys.modules if found.startswith("overlap.") and found.count(".") == 1)
    sharing = [family for family in families if getattr(sys.modules[family], name, None) is value]
    public = [family for family in sharing if name in getattr(sys.modules[family], "__all__", ())]
    return public[0] if public else module


def is_described_elsewhere(module, name):
    """Return whether several families share a class, and the page of an earlier one describes it."""
    return first_home(module, name) != module


def public_classes():
    """Return where to find each public class whose name only one package has."""
    homes = {}
    for package in map(import_module, PACKAGES):
        for name in package.__all__:
            if inspect.isclass(getattr(package, name)):
                homes.setdefault(name, []).append(f"{package.__name__}.{name}")
    return {name: found[0] for name, found in homes.items() if len(found) == 1}


autosummary_generate = True
autosummary_ignore_module_all = False
autosummary_context = {"in_source_order": in_source_order, "is_described_elsewhere": is_described_elsewhere}
suppress_warnings = ["config.cache"]  # that of a function
autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
# a type of a parameter links to its class; plain Python has no need of it
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"
numpydoc_xref_aliases = {
    "Axes": "matplotlib.axes.Axes",
    "DataArray": "xarray.DataArray",
    "DataFrame": "pandas.DataFrame",
    "Dataset": "xarray.Dataset",
    "Generator": "numpy.random.Generator",
    "MultiPolygon": "shapely.MultiPolygon",
    "Path": "pathlib.Path",
    "Polygon": "shapely.Polygon",
    "array_like": "numpy.typing.ArrayLike",
    "callable": "collections.abc.Callable",
    "hashable": "collections.abc.Hashable",
    "iterable": "collections.abc.Iterable",
    "mapping": "collections.abc.Mapping",
    "matplotlib.axes.Axes": "matplotlib.axes.Axes",
    "ndarray": "numpy.ndarray",
    "numpy.random.Generator": "numpy.random.Generator",
    "sequence": "collections.abc.Sequence",
    "tensor": "torch.Tensor",
}
numpydoc_xref_aliases |= public_classes()
PLAIN = (
    "None",
    "True",
    "False",
    "array",
    "bool",
    "dict",
    "float",
    "int",
    "list",
    "numpy",
    "scalar",
    "str",
    "string",
    "tuple",
)
numpydoc_xref_aliases |= {name: name for name in PLAIN}
# parameters are those of the signature, in its order, each with a type of good form; a summary is one line
numpydoc_validation_checks = {"PR02", "PR03", "PR05", "PR09", "PR10", "RT04", "RT05", "SS01", "SS04"}
add_module_names = False
python_maximum_signature_line_length = 88

html_theme = "pydata_sphinx_theme"
html_title = "overlap"
html_static_path = ["_static"]
html_css_files = ["style.css"]
html_show_sourcelink = False
html_copy_source = False
# only the API reference has enough pages to need a list beside them
html_sidebars = {page: [] for page in ("*", "explanation/*", "gallery/*", "gallery/*/*", "how-to/*", "tutorials/*")}
html_theme_options = {
    "article_header_start": [],
    "footer_end": [],
    "navbar_end": ["theme-switcher"],
    "navigation_with_keys": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
}
# publishers turn robots away; the lists of other projects' names are checked by the pages that link by them
linkcheck_ignore = [r"https://doi\.org/"]
linkcheck_anchors = False
linkcheck_timeout = 15
copybutton_exclude = ".linenos, .gp, .go"

# each file lists the names that occur here and their pages, in the plain form of an inventory that Sphinx had first
OTHERS = {
    "matplotlib": "https://matplotlib.org/stable/",
    "numpy": "https://numpy.org/doc/stable/",
    "pandas": "https://pandas.pydata.org/docs/",
    "python": "https://docs.python.org/3/",
    "scipy": "https://docs.scipy.org/doc/scipy/",
    "shapely": "https://shapely.readthedocs.io/en/stable/",
    "torch": "https://docs.pytorch.org/docs/stable/",
    "xarray": "https://docs.xarray.dev/en/stable/",
}
nitpicky = True  # a name of theirs that no list has is a warning; one of ours in backticks may be a parameter
nitpick_ignore = [("py:class", "xarray.core.dataset.Dataset")]
nitpick_ignore_regex = [("py:obj", rf"(?!({'|'.join(OTHERS)})\.).*")]
intersphinx_mapping = {project: (home, f"_inventories/{project}.inv") for project, home in OTHERS.items()}


def copy_examples(app):
    """Take the notebooks of ``examples/`` in as the tutorials, links and all; an unchanged one keeps its date."""
    for notebook in sorted((HERE.parent / "examples").glob("*.ipynb")):
        page = HERE / "tutorials" / notebook.name
        text = notebook.read_text(encoding="utf-8")
        page.write_text(text.replace("](../docs/", "](../"), encoding="utf-8")
        shutil.copystat(notebook, page)


def write_commands(app):
    """Write the page of all commands and their options, as ``--help`` has them."""
    import_module("commands_page").write()


def read_as_prose(app, what, name, obj, options, lines):
    """Take a docstring as its reader does: ``|A∩B|`` is a size, no substitution; each reference is an entry."""
    in_example = in_references = False
    for i, line in enumerate(lines):
        in_example = line.lstrip().startswith(">>>") or (in_example and bool(line.strip()))
        in_references = what == "module" and (in_references or line == "References")
        if not in_example:
            parts = re.split(r"(``.*?``)", line)
            line = "".join(part if part.startswith("``") else part.replace("|", r"\|") for part in parts)
        if in_references and line and not re.match(r"[- ]|References", line):
            line = ("- " if re.search(r"\(\d{4}\)", line) else "  ") + line
        lines[i] = line


def link_public_name(app, env, node, contnode):
    """Link a public name, such as ``overlap.dice`` or ``compare``, to the page that documents it.

    A name alone is first one of the package that the page is about. numpydoc has no such hook: its aliases are of the
    types of parameters.
    """
    package, _, name = node.get("reftarget", "").rpartition(".")
    page = node.get("py:module") or ""
    homes = []
    nearest_first = sorted(PACKAGES, key=lambda candidate: not page.startswith(candidate))
    for candidate in nearest_first if not package else {package} & {*PACKAGES}:
        homes.append(documented_home(env.domains["py"], candidate, name))
    if package.startswith("overlap.") and name in getattr(sys.modules.get(package), "__all__", ()):
        homes.append(f"{first_home(package, name)}.{name}")
    for home in filter(None, homes):
        found = env.domains["py"].resolve_any_xref(env, node["refdoc"], app.builder, home, node, contnode)
        if found:
            return found[0][1]
    return None


def documented_home(domain, package, name):
    """Return the full name under which a public name of a package is documented."""
    value = getattr(import_module(package), name, None) if name in import_module(package).__all__ else None
    own = f"{getattr(value, '__module__', '')}.{name}"
    if own in domain.objects:
        return own
    # a constant does not know its module
    module_or_in_one = re.compile(rf"{re.escape(package)}\.(\w+\.)?{re.escape(name)}")
    found = [full for full in domain.objects if module_or_in_one.fullmatch(full)]
    return found[0] if len(found) == 1 else None


def check_pages(app):
    """Warn of a public name whose module is on no page of the API."""
    listed = set()
    for page in (HERE / "api").glob("*.rst"):
        listed.update(page.read_text(encoding="utf-8").split())
    for package in map(import_module, PACKAGES):
        for name in package.__all__:
            found = getattr(package, name)
            module = getattr(found, "__module__", getattr(found, "__name__", None))
            if module and module.startswith(PACKAGES) and module not in listed:
                logging.getLogger(__name__).warning("%s.%s: no page of api/ has %s", package.__name__, name, module)


def add_thumbnails(app, doctree, docname):
    """Put the first picture of each page of the gallery on its card."""
    if docname != "gallery/index":
        return
    for link in list(doctree.findall(nodes.reference)):
        page = f"gallery/{link.get('refuri', '').removesuffix('.html')}"
        card = link.parent
        while card is not None and card.get("design_component") != "card":
            card = card.parent
        if card is None or page not in app.env.all_docs:
            continue
        picture = next(app.env.get_doctree(page).findall(nodes.image), None)
        if picture is not None:
            shown = {"uri": picture["uri"], "candidates": {"*": picture["uri"]}, "alt": "", "loading": "lazy"}
            card.insert(0, nodes.image(classes=["sd-card-img-top", "door"], **shown))


def setup(app):
    """Connect the hooks."""
    app.connect("builder-inited", copy_examples, priority=100)
    app.connect("builder-inited", write_commands, priority=100)
    app.connect("builder-inited", check_pages)
    app.connect("autodoc-process-docstring", read_as_prose, priority=900)
    app.connect("missing-reference", link_public_name)
    app.connect("doctree-resolved", add_thumbnails)
    import_module("notebook_links").connect(app, PUBLIC_ADDRESS, version)
