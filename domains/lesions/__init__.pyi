from .comparison import Assessment, assess, compare
from .decisions import decide, expected_dice, optimal_mask
from .grids import as_image, grid_spacing
from .instances import components, lesion_counts, lesion_scores, match
from .io import example, read_image, write_image
from .plotting import plot_overlay, plot_raters, plot_scores
from .raters import consensus, leave_one_out, pairwise_agreement
from .run import cohort, summarise
from .scores import read_scores
from .settings import Settings

__all__ = [
    "Assessment",
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
    "grid_spacing",
    "leave_one_out",
    "lesion_counts",
    "lesion_scores",
    "match",
    "optimal_mask",
    "pairwise_agreement",
    "plot_overlay",
    "plot_raters",
    "plot_scores",
    "read_image",
    "read_scores",
    "summarise",
    "write_image",
]
