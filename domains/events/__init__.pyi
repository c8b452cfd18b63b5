from .comparison import align, compare
from .io import Annotations, read_events
from .plotting import plot_timelines
from .protocols import PROTOCOLS, Protocol
from .run import score
from .scenes import player_and_ball
from .schema import as_events, as_support
from .tables import summarise
from .tracks import frame_overlap, possession

__all__ = [
    "PROTOCOLS",
    "Annotations",
    "Protocol",
    "align",
    "as_events",
    "as_support",
    "compare",
    "frame_overlap",
    "player_and_ball",
    "plot_timelines",
    "possession",
    "read_events",
    "score",
    "summarise",
]
