"""Possession: how long two things in a film are together, from their boxes.

Conventions
-----------
- A row of tracks is one box in one frame: ``frame`` (a whole number from 0), ``track`` (a name or a number: 3 and "3"
  are two tracks), ``x1 y1 x2 y2``. Further columns may follow.
- Frame k lasts from k / rate to (k + 1) / rate: n frames are n / rate seconds, not n − 1. If the film gives the time of
  its frames (a column ``time``), a frame lasts until the next.
- A frame number without any row is an absent frame: the frame before it lasts no longer for that. It lasts the usual
  time of a frame, which is 1 / rate, or without a rate the median of (step in time) / (step in number). The same holds
  where times leap by more than `LONGEST_FRAME` usual frames though no number is left out. What remains of the step is
  absent. The last frame lasts as long as the one before, or the usual time if the one before has no length of its own.
- Where a box is missing, in an absent frame or in one where the thing was not seen, a rule says what is there:
  ``missing="gap"``, no possession, or ``missing="hold"``, what was there before, for `max_hold` seconds at most.
- Possession begins where the index reaches `enter` and ends where it falls below `leave`: between the two it stays
  what it was, so that an index that trembles about one threshold does not cut one possession into many.
- Times are compared to a thousandth of a usual frame: 1.8 - 1.6 is no longer than 0.2.

References
----------
Canny, J. (1986). A computational approach to edge detection. IEEE TPAMI 8, 679. (two thresholds)
Milan, A. et al. (2016). MOT16. arXiv:1603.00831 (tables of tracks)
"""

from .films import BOX, LONGEST_FRAME, MOST_FRAMES
from .holding import possession
from .overlaps import frame_overlap
from .reading import TrackFile, read_tracks
from .visiting import dwell, transitions

__all__ = [
    "BOX",
    "LONGEST_FRAME",
    "MOST_FRAMES",
    "TrackFile",
    "dwell",
    "frame_overlap",
    "possession",
    "read_tracks",
    "transitions",
]
