"""Oracles are boxes and spheres in closed form, and shapely for lines in a plane."""

from __future__ import annotations

from math import inf, isnan, sqrt

import numpy as np
import pytest
import shapely

from overlap import EmptyPolicy
from overlap.surfaces import mesh_distances
from overlap.surfaces.meshes import divided

CUBE = np.array([[x, y, z] for x in (-1.0, 1) for y in (-1, 1) for z in (-1, 1)])
SIDES = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
FACES = np.concatenate([SIDES[:, [0, 1, 2]], SIDES[:, [0, 2, 3]]])


def sphere(radius, n, centre=(0.0, 0.0, 0.0)):
    """Return a sphere of latitudes and longitudes, whose triangles are thin at the poles."""
    theta = np.linspace(0, np.pi, n + 1)
    phi = np.linspace(0, 2 * np.pi, 2 * n, endpoint=False)
    around, down = np.meshgrid(phi, theta)
    vertices = np.stack([np.sin(down) * np.cos(around), np.sin(down) * np.sin(around), np.cos(down)], axis=-1)
    row, column = np.meshgrid(np.arange(n), np.arange(2 * n), indexing="ij")
    right = (column + 1) % (2 * n)
    corner = (row * 2 * n + column).ravel()
    beside = (row * 2 * n + right).ravel()
    below = corner + 2 * n
    diagonal = beside + 2 * n
    faces = np.concatenate([np.stack([corner, beside, diagonal], 1), np.stack([corner, diagonal, below], 1)])
    return radius * vertices.reshape(-1, 3) + centre, faces


@pytest.mark.slow
@pytest.mark.parametrize(("outer", "inner"), [(12.0, 8.0), (40.0, 25.0)])
def test_concentric_spheres(outer, inner):
    d = mesh_distances(sphere(outer, 24), sphere(inner, 24), resolution=outer / 8)
    gap = outer - inner
    assert [d.hd95(), d.assd(), d.masd()] == pytest.approx([gap] * 3, rel=1e-2)
    # the middle of a face of the inner one lies lower than its corners
    assert d.hausdorff() == pytest.approx(gap, rel=3e-2)
    assert d.nsd(gap * 0.98) == 0
    assert d.nsd(gap * 1.02) == 1


@pytest.mark.slow
def test_the_shared_spheres(shared_data):
    """Radii 40 and 25 mm, the meshes of MeshMetrics: HD = HD95 = ASSD = 15."""
    folder = shared_data / "lesions" / "concentric_spheres"
    d = mesh_distances(*[read_obj(folder / f"example_3d_{side}_mesh.obj") for side in ("pred", "ref")])
    assert [d.hausdorff(), d.hd95(), d.assd(), d.masd()] == pytest.approx([15] * 4, rel=5e-3)


def read_obj(path):
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line]
    vertices = [line[1:4] for line in lines if line[0] == "v"]
    faces = [[corner.split("/")[0] for corner in line[1:]] for line in lines if line[0] == "f"]
    return np.array(vertices, float), np.array(faces, int) - 1


@pytest.mark.slow
def test_boxes_of_twelve_triangles():
    """A cube of side 4 around one of side 2: the corners are √3 away, over the middle 2 × 2 of a face it is 1."""
    d = mesh_distances((2 * CUBE, FACES), (CUBE, FACES))
    assert d.hausdorff() == pytest.approx(sqrt(3))
    assert (d.b_to_a.min(), d.b_to_a.max()) == pytest.approx((1, 1))
    assert d.area_a.sum() == pytest.approx(6 * 16)
    # from a face of the outer one: √(1 + s² + t²), where s and t say how far a point lies beyond the inner cube
    t = (np.arange(500) + 0.5) / 250
    beyond = np.maximum(t - 1, 0)
    outwards = np.sqrt(1 + beyond[:, None] ** 2 + beyond**2).mean()
    assert d.masd() == pytest.approx((outwards + 1) / 2, rel=1e-3)
    assert d.assd() == pytest.approx((outwards * 4 + 1) / 5, rel=1e-3)


@pytest.mark.slow
def test_lines_in_a_plane():
    """Two outlines as a radiologist draws them; shapely says how far each point is."""
    rng = np.random.default_rng(3)
    angle = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    a = circle * rng.uniform(7, 10, (30, 1))
    b = circle * rng.uniform(5, 9, (30, 1))
    ring = np.stack([np.arange(30), np.roll(np.arange(30), -1)], axis=-1)
    d = mesh_distances((a, ring), (b, ring), resolution=0.01)
    ring_a = shapely.LinearRing(a)
    ring_b = shapely.LinearRing(b)
    along_a = shapely.line_interpolate_point(ring_a, np.linspace(0, ring_a.length, 20_001))
    along_b = shapely.line_interpolate_point(ring_b, np.linspace(0, ring_b.length, 20_001))
    a_to_b = shapely.distance(along_a, ring_b)
    b_to_a = shapely.distance(along_b, ring_a)
    assert d.hausdorff() == pytest.approx(max(a_to_b.max(), b_to_a.max()), abs=5e-3)
    assert d.hausdorff() == pytest.approx(shapely.hausdorff_distance(ring_a, ring_b, densify=0.001), abs=5e-3)
    assert d.hd95() == pytest.approx(max(np.percentile(a_to_b, 95), np.percentile(b_to_a, 95)), abs=5e-3)
    assert d.masd() == pytest.approx((a_to_b.mean() + b_to_a.mean()) / 2, abs=1e-3)


def test_dividing_keeps_the_area_and_shortens_the_sides():
    rng = np.random.default_rng(0)
    triangles = rng.normal(size=(20, 3, 3)) * rng.choice([0.01, 1, 10], (20, 1, 1))
    fine = divided(triangles, 0.7)
    sides = np.linalg.norm(np.roll(fine, -1, axis=1) - fine, axis=-1)
    assert sides.max() <= 0.7
    area = np.linalg.norm(np.cross(fine[:, 1] - fine[:, 0], fine[:, 2] - fine[:, 0]), axis=-1).sum() / 2
    expected = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    assert area == pytest.approx(np.linalg.norm(expected, axis=-1).sum() / 2)


@pytest.mark.slow
def test_what_it_says_of_itself():
    d = mesh_distances((CUBE, FACES), (CUBE, FACES))
    assert d.hausdorff() == d.assd() == 0
    assert d.describe("assd") == "mean over the points of both boundaries, area-weighted pieces of the mesh"


@pytest.mark.slow
def test_vertices_that_no_face_uses_do_not_count():
    far = np.concatenate([CUBE, [[100.0, 0, 0], [np.nan, 0, 0]]])
    assert mesh_distances((far, FACES), (CUBE, FACES)).hausdorff() == 0


def test_meshes_without_faces():
    nothing = (np.zeros((0, 3)), np.zeros((0, 3), int))
    assert isnan(mesh_distances(nothing, nothing).hd95())
    assert mesh_distances(nothing, (CUBE, FACES)).hd95() == inf
    policy = EmptyPolicy(both_empty=0.0, prediction_empty=373.0)
    assert mesh_distances(nothing, (CUBE, FACES), empty=policy).hd95() == 373
    assert mesh_distances(nothing, nothing, empty=policy).hd95() == 0


@pytest.mark.parametrize(
    ("mesh", "message"),
    [
        ((CUBE, FACES + 1), r"name vertices 1 to 8, and there are 0 to 7: count them from 0 \(faces - 1"),
        ((CUBE, SIDES), r"faces of a must have shape \(m, 3\).* got \(6, 4\): cut larger faces into triangles"),
        ((CUBE[:, :2], FACES), r"faces of a must have shape \(m, 2\)"),
        ((CUBE.ravel(), FACES), r"vertices of a must have shape \(n, 3\) or \(n, 2\), got \(24,\)"),
        ((CUBE * np.nan, FACES), "vertices of a must be finite"),
        ((CUBE[:, :2], FACES[:, :2]), "a lies in 2 dimensions and b in 3"),
    ],
)
def test_wrong_meshes(mesh, message):
    with pytest.raises(ValueError, match=f"^surfaces.mesh_distances: .*{message}"):
        mesh_distances(mesh, (CUBE, FACES))


@pytest.mark.slow
def test_the_remedy_for_faces_counted_from_one():
    from_one = FACES + 1
    assert mesh_distances((CUBE, from_one - 1), (CUBE, FACES)).hausdorff() == 0


def test_wrong_kinds():
    with pytest.raises(TypeError, match=r"a must be \(vertices, faces\)"):
        mesh_distances(CUBE, (CUBE, FACES))
    with pytest.raises(TypeError, match=r"faces of b must be whole numbers counted from 0, got float64"):
        mesh_distances((CUBE, FACES), (CUBE, FACES.astype(float)))
    with pytest.raises(ValueError, match="resolution must be a length > 0, got 0"):
        mesh_distances((CUBE, FACES), (CUBE, FACES), resolution=0)
    with pytest.raises(TypeError, match="resolution must be one number"):
        mesh_distances((CUBE, FACES), (CUBE, FACES), resolution="fine")
