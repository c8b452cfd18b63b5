from .comparison import Assessment, assess, compare
from .empirical import CATEGORIES, LEVELS, categorise, classify, evaluate, reference
from .io import example, read_region
from .plotting import plot_agreement, plot_agreements, plot_levels, plot_residues
from .regions import region
from .run import summarise, validate
from .steric import contact_names, hard_sphere, soft_sphere
from .structures import backbone_angles

__all__ = [
    "CATEGORIES",
    "LEVELS",
    "Assessment",
    "assess",
    "backbone_angles",
    "categorise",
    "classify",
    "compare",
    "contact_names",
    "evaluate",
    "example",
    "hard_sphere",
    "plot_agreement",
    "plot_agreements",
    "plot_levels",
    "plot_residues",
    "read_region",
    "reference",
    "region",
    "soft_sphere",
    "summarise",
    "validate",
]
