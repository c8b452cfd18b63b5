"""Take what JTS publishes as the results of its overlays, and replay any folder of such files.

The files are JTS's and GEOS's own tests (``<run><case><a>…<b>…<test><op name="intersection">…``). They lie in their
sources, JTS 1.20.0 in modules/tests/src/test/resources/testxml, GEOS 3.13.1 in tests/xmltester/tests:

    python benchmarks/peers/ask_jts.py jts-1.20.0/modules/tests/src/test/resources/testxml
    python benchmarks/peers/ask_jts.py --replay geos-3.13.1/tests/xmltester/tests

The first writes tests/data/jts_overlays.json: the pairs of polygons with a published result, and its area. JTS is under
the Eclipse Distribution License 1.0; GEOS is not, and nothing of it is kept here. The second measures every pair of
valid polygons, whatever the file tests it for, and prints how far the areas are from rational numbers (nothing is
rounded) and from what is published.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import shapely

from overlap import polygons

ROOT = Path(__file__).parents[2]
ANSWERS = ROOT / "tests" / "data" / "jts_overlays.json"
OPERATIONS = ("intersection", "union", "difference", "symdifference")
SUFFIXES = ("ng", "sr")
"""Of an operation by OverlayNG, and by OverlayNG on a grid."""
LARGEST = 400_000
"""Pairs of edges that rational numbers are asked about."""


def read_geometry(text: str | None) -> shapely.Geometry | None:
    """Return a geometry in WKT or in WKB as hexadecimal digits; None for what is neither."""
    words = (text or "").split()
    digits = "".join(words)
    try:
        if digits and all(digit in "0123456789abcdefABCDEF" for digit in digits):
            return shapely.from_wkb(digits)
        return shapely.from_wkt(" ".join(words))
    except shapely.errors.ShapelyError:
        return None


def is_polygonal(geometry: shapely.Geometry | None) -> bool:
    return geometry is not None and geometry.geom_type in ("Polygon", "MultiPolygon")


def read_results(case: ElementTree.Element, scale: str | None) -> Iterator[dict[str, object]]:
    """Yield the areas of the overlays of a case, each with the cells per unit of the grid it lies on."""
    for op in case.iterfind("test/op"):
        name = op.get("name", "").lower()
        for suffix in SUFFIXES:
            name = name.removesuffix(suffix)
        result = read_geometry(op.text)
        if name not in OPERATIONS or result is None or op.get("arg2") is None:
            continue
        own_scale = op.get("arg3") or scale
        yield {
            "operation": name,
            "of": [op.get("arg1", "A").upper(), op.get("arg2", "B").upper()],
            "scale": None if own_scale is None else float(own_scale),
            "area": result.area,
        }


def read_cases(folder: Path) -> Iterator[dict[str, object]]:
    """Yield the pairs of polygons of all files below a folder, with what is published about them."""
    for path in sorted(folder.rglob("*.xml")):
        try:
            run = ElementTree.parse(path).getroot()
        except ElementTree.ParseError:
            print("not read:", path, file=sys.stderr)
            continue
        model = run.find("precisionModel")
        scale = None if model is None else model.get("scale")
        for number, case in enumerate(run.findall("case")):
            a = read_geometry(case.findtext("a"))
            b = read_geometry(case.findtext("b"))
            if is_polygonal(a) and is_polygonal(b):
                results = list(read_results(case, scale))
                yield {"file": str(path.relative_to(folder)), "case": number, "a": a, "b": b, "results": results}


def rings(geometry: shapely.Geometry) -> list[list[tuple[float, float]]]:
    """Return the rings of polygons, each without its last point."""
    return [shapely.get_coordinates(ring)[:-1].tolist() for ring in shapely.get_rings(shapely.get_parts(geometry))]


def area_of(operation: str, of: list[str], shared: float, area: dict[str, float]) -> float:
    """Return the area of an overlay from the three sizes."""
    if operation == "intersection":
        return shared
    if operation == "union":
        return area["A"] + area["B"] - shared
    if operation == "difference":
        return area[of[0]] - shared
    return area["A"] + area["B"] - 2 * shared


def write(folder: Path) -> None:
    cases = []
    for case in read_cases(folder):
        if case["results"]:
            cases.append({**case, "a": case["a"].wkt, "b": case["b"].wkt})
    about = "areas of overlays that JTS 1.20.0 publishes; benchmarks/peers/ask_jts.py says how they were taken"
    lines = ",\n".join(json.dumps(case) for case in cases)
    ANSWERS.write_text(f'{{"about": {json.dumps(about)}, "cases": [\n{lines}\n]}}\n')
    print(len(cases), "cases")


def replay(folder: Path) -> None:
    sys.path.insert(0, str(ROOT / "tests" / "overlap" / "polygons"))
    from rationals import shared_area

    refused = 0
    pairs = 0
    exact = 0
    farthest = 0.0
    published = 0
    differ = []
    for case in read_cases(folder):
        a, b = case["a"], case["b"]
        if not (a.is_valid and b.is_valid):
            refused += 1
            continue
        overlap = polygons.measure(a, b)
        shared = float(overlap.intersection)
        area = {"A": float(overlap.size_a), "B": float(overlap.size_b)}
        pairs += 1
        smaller = min(area.values())
        edges_of_pair = len(shapely.get_coordinates(a)) * len(shapely.get_coordinates(b))
        if smaller > 0 and edges_of_pair <= LARGEST:
            exact += 1
            farthest = max(farthest, abs(shared - float(shared_area(rings(a), rings(b)))) / smaller)
        for result in case["results"]:
            published += 1
            ours = area_of(result["operation"], result["of"], shared, area)
            difference = abs(ours - result["area"]) / (max(area.values()) or 1)
            if difference > 1e-9 and result["scale"] is None:
                differ.append((case["file"], case["case"], result["operation"], result["area"], ours))
    print(pairs, "pairs,", exact, "beside rational numbers: at most", farthest, "of the smaller;", refused, "invalid")
    print(published, "published areas; off a grid these differ by more than 1e-9 of the larger:")
    for line in differ:
        print(*line)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--replay", action="store_true", help="measure every pair, and write nothing")
    options = parser.parse_args()
    if options.replay:
        replay(options.folder)
    else:
        write(options.folder)
