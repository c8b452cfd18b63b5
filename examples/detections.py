"""Generated detections: scenes with objects, proposals around them, and what a detector sees of each proposal.

An object has parts, which say what it is, and edges, which say where it ends. A proposal that holds the parts looks
like its class however its edges lie; how well they fit is seen by itself, and with more noise. So how sure a detector
is of the class says little of how good its box is, as was found of real ones (Jiang et al. 2018, arXiv:1807.11590).

All is drawn from one generator of random numbers: the same seed gives the same detections.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

import overlap as ov

SIDE = 640.0
"""Of a scene, in px."""
SMALLEST = 16.0
LARGEST = 192.0
"""Sides of a square as large as an object, in px: evenly spread over their logarithm."""
OBJECTS = 5
"""Of a scene."""
ROUND_EACH = 10
"""Proposals that an object draws."""
ELSEWHERE = 30
"""Proposals of a scene that no object draws."""
LOOK_ALIKE = 0.1
"""Share of them that look like the class."""


@dataclass(frozen=True)
class Detections:
    """Proposals of some scenes, and the objects in them.

    Boxes are lo|hi in px. `parts` and `edges` are what is seen of a proposal: how much it looks like the class, and how
    well it seems to fit. `iou` is how well it does fit, at best; a detector learns from it and is not shown it.
    """

    boxes: np.ndarray
    scene: np.ndarray
    parts: np.ndarray
    edges: np.ndarray
    iou: np.ndarray
    objects: np.ndarray
    scene_of_object: np.ndarray

    @property
    def seen(self) -> np.ndarray:
        """What is seen of each proposal, (n, 2)."""
        return np.stack([self.parts, self.edges], axis=1)


def draw(n_scenes: int, rng: np.random.Generator) -> Detections:
    """Draw scenes, proposals, and what is seen of them."""
    objects = draw_boxes(n_scenes * OBJECTS, rng)
    scene_of_object = np.repeat(np.arange(n_scenes), OBJECTS)

    near = shaken(np.repeat(objects, ROUND_EACH, axis=0), rng)
    far = draw_boxes(n_scenes * ELSEWHERE, rng)
    boxes = np.concatenate([near, far])
    scene = np.concatenate([np.repeat(scene_of_object, ROUND_EACH), np.repeat(np.arange(n_scenes), ELSEWHERE)])

    pairs = ov.boxes.overlap_pairs(boxes, objects, by=(scene, scene_of_object))
    size_of_object = area(objects)[pairs.b]
    union = area(boxes)[pairs.a] + size_of_object - pairs.intersection
    iou = greatest(pairs.intersection / union, pairs.a, len(boxes))
    held = greatest(pairs.intersection / size_of_object, pairs.a, len(boxes))

    is_look_alike = (np.arange(len(boxes)) >= len(near)) & (rng.random(len(boxes)) < LOOK_ALIKE)
    looks = np.where(is_look_alike, 1.0, held)
    parts = 6 * looks - 3 + rng.normal(0, 1, len(boxes))
    # clutter has edges too
    fits = np.where(iou > 0.2, iou, rng.uniform(0, 0.8, len(boxes)))
    edges = 6 * fits - 3 + rng.normal(0, 1.8, len(boxes))
    return Detections(boxes, scene, parts, edges, iou, objects, scene_of_object)


def draw_boxes(n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw boxes of all sizes and shapes anywhere in a scene."""
    side = np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST), n))
    ratio = np.exp(rng.uniform(np.log(1 / 2), np.log(2), n))
    size = np.stack([side * np.sqrt(ratio), side / np.sqrt(ratio)], axis=1)
    lo = rng.random((n, 2)) * (SIDE - size)
    return np.concatenate([lo, lo + size], axis=1)


def shaken(boxes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return boxes that lie near others: some close, some not, in sides of them."""
    amount = rng.uniform(0.02, 0.25, (len(boxes), 1))
    code = amount * rng.normal(size=boxes.shape)
    return ov.boxes.decode(code, boxes)


def area(boxes: np.ndarray) -> np.ndarray:
    """Return the area of each box."""
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def greatest(values: np.ndarray, row: np.ndarray, n: int) -> np.ndarray:
    """Return the greatest value of each of n rows, 0 where there is none."""
    found = np.zeros(n)
    np.maximum.at(found, row, values)
    return found


def suppressed(detections: Detections, ranking: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """Return which proposals stay, scene by scene, of those ranked so."""
    return ov.boxes.nms(detections.boxes, ranking, threshold, labels=detections.scene)


def pairwise(detections: Detections, kept: np.ndarray) -> sparse.coo_array:
    """Return the IoU of what is kept with the objects of its scene."""
    boxes = detections.boxes[kept]
    objects = detections.objects
    pairs = ov.boxes.overlap_pairs(boxes, objects, by=(detections.scene[kept], detections.scene_of_object))
    sizes = ov.Overlap(pairs.intersection, area(boxes)[pairs.a], area(objects)[pairs.b])
    return sparse.coo_array((ov.iou(sizes), (pairs.a, pairs.b)), (len(boxes), len(objects)))
