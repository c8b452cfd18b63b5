"""Distances between the boundaries of two masks on one grid, and of every cell from the boundary of one.

`hausdorff`, `hd95`, `assd` and `nsd` return one number each. For several of them, for another percentile or for
the mean of the two directions' means call `distances` once: it holds the distances, and gives each value from them.

Conventions
-----------
- ``spacing`` has no default: a distance without the size of a cell is no distance. Results are in its unit.
- ``surface="voxel"``: the boundary is the cells of the mask that miss a face neighbour in it; outside the grid is
  background, so cells at the edge of the image are boundary. Distances are between cell centres.
- ``surface="contour"``: the boundary is the cells of the mask that touch one outside of it, by a face, an edge or a
  corner; beyond the grid there is nothing, so a mask that fills the grid has no boundary (ITK's contours).
- ``surface="marching"``: the boundary is the corners where 2 × 2 (× 2) neighbouring cells are not all alike, each
  with the length or area of the contour that marching squares or cubes puts there. In two and three dimensions.
- ``surface="iso"``: the boundary is the level surface of a soft mask, interpolated between cell centres, in triangles
  that weigh their area, or in two dimensions in lines. Of a map of partial volumes it finds the place to a small part
  of a cell: across thick slices a value is the share of the slice that is inside. `mesh_distances` measures surfaces
  that are meshes already in the same way.
- For all but the last a soft mask is cut at ``value >= level``; a cell whose value is the level is inside for all.
- Each direction is kept apart: ``a_to_b`` holds a distance for each boundary point of A. HD95 and its like differ
  between tools in what a boundary is, in how the two directions meet and in what a point weighs; a `preset` names a
  tool's choice.
- A distance that is longer than a tolerance by no more than 1e-5 of it is `within` it: a spacing has six digits, and
  3 × 0.1 is more than 0.3 in floating point.
- Where one mask is empty a distance is infinite, where both are it is NaN; ``empty`` says otherwise. A normalised
  surface distance is 0 where one is empty.
- `boundary_iou` is no distance, but the overlap of the bands along the two boundaries, inside each mask.
- `signed_distance` is a map for losses, of every cell from the boundary of one mask. Its boundary runs between the
  cells.

References
----------
Huttenlocher, D. P., Klanderman, G. A. & Rucklidge, W. J. (1993). Comparing images using the Hausdorff distance.
IEEE Trans. Pattern Anal. Mach. Intell. 15, 850. doi:10.1109/34.232073
Heimann, T. et al. (2009). Comparison and evaluation of methods for liver segmentation from CT datasets. IEEE Trans.
Med. Imaging 28, 1251. doi:10.1109/TMI.2009.2013851
Nikolov, S. et al. (2021). Clinically applicable segmentation of head and neck anatomy for radiotherapy. J. Med.
Internet Res. 23, e26151. doi:10.2196/26151
Cheng, B., Girshick, R., Dollár, P., Berg, A. C. & Kirillov, A. (2021). Boundary IoU: improving object-centric image
segmentation evaluation. CVPR, 15334. doi:10.1109/CVPR46437.2021.01508
"""

from .bands import boundary_iou, boundary_overlap
from .between import assd, distances, hausdorff, hd95, nsd
from .meshes import mesh_distances
from .scores import PRESETS, Definition, Preset, Surface, SurfaceDistances, within
from .signed import signed_distance

__all__ = [
    "PRESETS",
    "Definition",
    "Preset",
    "Surface",
    "SurfaceDistances",
    "assd",
    "boundary_iou",
    "boundary_overlap",
    "distances",
    "hausdorff",
    "hd95",
    "mesh_distances",
    "nsd",
    "signed_distance",
    "within",
]
