"""Links that open the notebooks on Binder, from the public address at the build of the documentation.

Conventions
-----------
- Before there is an address no notebook has a link.
- Binder (mybinder.org) clones the repository at the tag of the release and installs what ``.binder`` says, so a
  notebook runs there as it stands, with the scripts beside it.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

LABEL = "Run it on Binder"


def connect(app: Any, address: str, version: str) -> None:
    """Put the link below the title of each tutorial, as it is read."""

    def add_link(app: Any, page: str, source: list[str]) -> None:
        folder, _, name = page.rpartition("/")
        if folder == "tutorials" and name != "index":
            source[0] = with_link(source[0], name, address, version)

    app.connect("source-read", add_link)


def with_link(notebook: str, name: str, address: str, version: str) -> str:
    """Return the text of a notebook with the link below its title; as it stands before there is an address."""
    if not address:
        return notebook
    content = json.loads(notebook)
    first = content["cells"][0]
    title, _, rest = "".join(first["source"]).partition("\n")
    first["source"] = f"{title}\n\n[{LABEL}]({binder(address, name, version)})\n{rest}"
    return json.dumps(content, ensure_ascii=False)


def binder(address: str, name: str, version: str) -> str:
    """Return the address of a notebook of ``examples/`` on Binder."""
    host, _, repository = address.removeprefix("https://").rstrip("/").partition("/")
    source = f"gh/{repository}" if host == "github.com" else f"git/{quote(address, safe='')}"
    path = quote(f"examples/{name}.ipynb", safe="")
    return f"https://mybinder.org/v2/{source}/v{version}?labpath={path}"
