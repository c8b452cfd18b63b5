from .comparison import align, assess, compare, confusion_matrix
from .fragments import ward_taxonomy
from .io import Annotations, read_events
from .plotting import plot_scored, plot_timelines
from .protocols import PROTOCOLS, Protocol, Scored
from .run import score, summarise
from .scenes import player_and_ball
from .schema import as_events, as_support
from .scripts import possession_scenes
from .tracks import dwell, frame_overlap, possession, read_tracks, transitions

__all__ = [
    "PROTOCOLS",
    "Annotations",
    "Protocol",
    "Scored",
    "align",
    "as_events",
    "as_support",
    "assess",
    "compare",
    "confusion_matrix",
    "dwell",
    "frame_overlap",
    "player_and_ball",
    "plot_scored",
    "plot_timelines",
    "possession",
    "possession_scenes",
    "read_events",
    "read_tracks",
    "score",
    "summarise",
    "transitions",
    "ward_taxonomy",
]
