"""What the metadata say of the public address: filled in at each build from the one constant in ``docs/conf.py``.

Conventions
-----------
- Before ``PUBLIC_ADDRESS`` is set there is no project URL, and the README goes into the package as it stands.
- Once it is set, each link of the README to a file of this repository, which an index cannot follow, becomes one to
  that file at the tag of the release.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class CustomMetadataHook(MetadataHookInterface):
    """Fill in the fields that ``pyproject.toml`` calls dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the URLs and the description."""
        root = Path(self.root)
        address = public_address((root / "docs" / "conf.py").read_text(encoding="utf-8"))
        version = version_of((root / "overlap" / "__init__.py").read_text(encoding="utf-8"))
        text = (root / "README.md").read_text(encoding="utf-8")
        metadata["urls"] = urls(address)
        metadata["readme"] = {"content-type": "text/markdown", "text": description(text, address, version)}


def public_address(source: str) -> str:
    """Return the constant of ``docs/conf.py``, which is read and not run."""
    return constant(source, "PUBLIC_ADDRESS")


def version_of(source: str) -> str:
    """Return the version of the package."""
    return constant(source, "__version__")


def constant(source: str, name: str) -> str:
    """Return the text that a module binds to a name."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name:
            return str(ast.literal_eval(statement.value))
    raise ValueError(f'hatch_build: no line binds {name}; add {name} = "..."')


def urls(address: str) -> dict[str, str]:
    """Return the project's URLs; none before there is an address."""
    if not address:
        return {}
    return {
        "Source": address,
        "Documentation": f"{address}/tree/main/docs",
        "Changelog": f"{address}/blob/main/CHANGELOG.md",
        "Issues": f"{address}/issues",
    }


def description(text: str, address: str, version: str) -> str:
    """Return the README with links that hold anywhere; as it stands before there is an address."""
    if not address:
        return text

    def absolute(link: re.Match[str]) -> str:
        mark, label, target = link.groups()
        if re.match(r"[a-z]+:|#", target):
            return link[0]
        kind = "raw" if mark else "blob"
        return f"{mark}[{label}]({address}/{kind}/v{version}/{target})"

    return re.sub(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)", absolute, text)
