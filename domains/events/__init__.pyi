from .annotators.annotators import agree, fleiss_kappa
from .comparison.comparison import align, assess, compare, confusion_matrix
from .comparison.errors import boundary_errors
from .comparison.subjects import average_subjects, confidence_interval, score_subjects, with_subjects
from .comparison.thresholds import operating_points, psds_curve
from .disagreement.disagreement import compare_protocols, list_protocols
from .disagreement.judging import judge_events
from .disagreement.protocol_dots import plot_protocols
from .files.converting import convert
from .files.io import Annotations, read_events
from .files.writing import write_events
from .frames.frames import Frames, from_frames, to_frames
from .frames.windows import to_windows
from .pictures.curves import plot_over_tiou, plot_precision_recall, plot_psd_roc
from .pictures.plotting import plot_scored, plot_timelines
from .pictures.verdict_lanes import plot_verdicts
from .protocols import PROTOCOLS, Protocol, Scored
from .protocols.fragments import ward_taxonomy
from .run import score, summarise
from .schema import as_events, as_support
from .steps.steps import add_margins, clean, clip_to_support, drop_short, merge_close, snap_to_grid, split_long
from .tracks import dwell, frame_overlap, possession, read_tracks, transitions
from .tracks.scenes import player_and_ball
from .tracks.scripts import possession_scenes

__all__ = [
    "PROTOCOLS",
    "Annotations",
    "Frames",
    "Protocol",
    "Scored",
    "add_margins",
    "agree",
    "align",
    "as_events",
    "as_support",
    "assess",
    "average_subjects",
    "boundary_errors",
    "clean",
    "clip_to_support",
    "compare",
    "compare_protocols",
    "confidence_interval",
    "confusion_matrix",
    "convert",
    "drop_short",
    "dwell",
    "fleiss_kappa",
    "frame_overlap",
    "from_frames",
    "judge_events",
    "list_protocols",
    "merge_close",
    "operating_points",
    "player_and_ball",
    "plot_over_tiou",
    "plot_precision_recall",
    "plot_protocols",
    "plot_psd_roc",
    "plot_scored",
    "plot_timelines",
    "plot_verdicts",
    "possession",
    "possession_scenes",
    "psds_curve",
    "read_events",
    "read_tracks",
    "score",
    "score_subjects",
    "snap_to_grid",
    "split_long",
    "summarise",
    "to_frames",
    "to_windows",
    "transitions",
    "ward_taxonomy",
    "with_subjects",
    "write_events",
]
