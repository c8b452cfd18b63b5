from .calibrating import CalibrationCohort, cohort_calibration
from .challenge import ProtocolCohort, cohort_protocols, summarise_protocols
from .cohorts.merging import merge
from .cohorts.scores import read_scores
from .comparison.assessment import Assessment
from .comparison.comparison import assess, compare
from .comparison.cuts import soft_volume, threshold_averaged_dice
from .decisions.calibrated import calibration, pool_calibration
from .decisions.decisions import decide, expected_dice, optimal_mask
from .images.grids import as_image, grid_spacing
from .images.io import example, read_grey, read_image
from .images.outlines import draw_outlines, read_outlines
from .images.resampling import resample_onto
from .images.writing import write_image
from .instances import (
    AnyVoxel,
    CentreInside,
    CentreWithin,
    LeastDice,
    LeastIoU,
    components,
    lesion_counts,
    lesion_scores,
    match,
    sensitivity_by_volume,
)
from .models import ModelComparison, compare_models
from .pictures.chances import plot_reliability
from .pictures.cohort_scores import plot_histogram, plot_scores
from .pictures.detection import plot_detection
from .pictures.label_panels import plot_labels
from .pictures.plotting import plot_overlay
from .pictures.rater_outlines import plot_raters
from .pictures.two_models import plot_models
from .protocols import (
    PROTOCOLS,
    AnyDetection,
    CellWise,
    LargeLesions,
    LesionWise,
    MatchedDetections,
    Panoptic,
    compare_protocols,
    detect,
    detection_scores,
    froc_curve,
    score_lesions,
)
from .raters.agreement import rater_kappa
from .raters.distributions import generalised_energy_distance
from .raters.fusion import staple
from .raters.raters import consensus, leave_one_out, pairwise_agreement
from .run import cohort, summarise
from .settings import Settings

__all__ = [
    "PROTOCOLS",
    "AnyDetection",
    "AnyVoxel",
    "Assessment",
    "CalibrationCohort",
    "CellWise",
    "CentreInside",
    "CentreWithin",
    "LargeLesions",
    "LeastDice",
    "LeastIoU",
    "LesionWise",
    "MatchedDetections",
    "ModelComparison",
    "Panoptic",
    "ProtocolCohort",
    "Settings",
    "as_image",
    "assess",
    "calibration",
    "cohort",
    "cohort_calibration",
    "cohort_protocols",
    "compare",
    "compare_models",
    "compare_protocols",
    "components",
    "consensus",
    "decide",
    "detect",
    "detection_scores",
    "draw_outlines",
    "example",
    "expected_dice",
    "froc_curve",
    "generalised_energy_distance",
    "grid_spacing",
    "leave_one_out",
    "lesion_counts",
    "lesion_scores",
    "match",
    "merge",
    "optimal_mask",
    "pairwise_agreement",
    "plot_detection",
    "plot_histogram",
    "plot_labels",
    "plot_models",
    "plot_overlay",
    "plot_raters",
    "plot_reliability",
    "plot_scores",
    "pool_calibration",
    "rater_kappa",
    "read_grey",
    "read_image",
    "read_outlines",
    "read_scores",
    "resample_onto",
    "score_lesions",
    "sensitivity_by_volume",
    "soft_volume",
    "staple",
    "summarise",
    "summarise_protocols",
    "threshold_averaged_dice",
    "write_image",
]
