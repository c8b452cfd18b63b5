"""Check every link of the built pages to another page, picture or place: ``python docs/check_links.py FOLDER``.

`sphinx-build` warns of a source that links to nothing; this reads what came of it, menus, cards and indices too.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import unquote

IGNORED = re.compile(r"[a-z]+:|//|#$|javascript")
LINK = re.compile(r'<(?:a|img|link|script|source)\b[^>]*?\s(?:href|src)="([^"]*)"')
PLACE = re.compile(r'\sid="([^"]*)"')


def broken_links(folder: Path) -> list[str]:
    """Return a line for each link that leads nowhere."""
    html = sorted(set(folder.rglob("*.html")) - set(folder.glob("_static/**/*.html")))
    pages = {path.resolve(): path.read_text(encoding="utf-8") for path in html}
    places = {path: set(PLACE.findall(text)) for path, text in pages.items()}
    found = []
    for path, text in pages.items():
        for link in sorted(set(LINK.findall(text))):
            if IGNORED.match(link):
                continue
            target, _, place = unquote(link.partition("?")[0] if "#" not in link else link).partition("#")
            goal = (path.parent / target.partition("?")[0]).resolve() if target else path
            if not goal.exists():
                found.append(f"{path.relative_to(folder.resolve())}: {link}: no such file")
            elif place and goal in places and place not in places[goal]:
                found.append(f"{path.relative_to(folder.resolve())}: {link}: no such place on the page")
    return found


if __name__ == "__main__":
    lines = broken_links(Path(sys.argv[1]))
    print("\n".join(lines) or "every link leads somewhere")
    sys.exit(bool(lines))
