from .agreement import rater_kappa
from .comparison import Assessment, assess, compare
from .cuts import soft_volume, threshold_averaged_dice
from .decisions import decide, expected_dice, optimal_mask
from .distributions import generalised_energy_distance
from .fusion import staple
from .grids import as_image, grid_spacing
from .instances import (
    AnyVoxel,
    CentreWithin,
    LeastDice,
    LeastIoU,
    components,
    lesion_counts,
    lesion_scores,
    match,
    sensitivity_by_volume,
)
from .io import example, read_image, write_image
from .plotting import plot_labels, plot_overlay, plot_raters
from .raters import consensus, leave_one_out, pairwise_agreement
from .resampling import resample_onto
from .run import cohort, summarise
from .score_plots import plot_detection, plot_models, plot_reliability, plot_scores
from .scores import read_scores
from .settings import Settings

__all__ = [
    "AnyVoxel",
    "Assessment",
    "CentreWithin",
    "LeastDice",
    "LeastIoU",
    "Settings",
    "as_image",
    "assess",
    "cohort",
    "compare",
    "components",
    "consensus",
    "decide",
    "example",
    "expected_dice",
    "generalised_energy_distance",
    "grid_spacing",
    "leave_one_out",
    "lesion_counts",
    "lesion_scores",
    "match",
    "optimal_mask",
    "pairwise_agreement",
    "plot_detection",
    "plot_labels",
    "plot_models",
    "plot_overlay",
    "plot_raters",
    "plot_reliability",
    "plot_scores",
    "rater_kappa",
    "read_image",
    "read_scores",
    "resample_onto",
    "sensitivity_by_volume",
    "soft_volume",
    "staple",
    "summarise",
    "threshold_averaged_dice",
    "write_image",
]
