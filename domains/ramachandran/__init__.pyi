from .angle_tables import read_angles
from .assessment import Assessment
from .basin_rows import basins
from .changes import compare_models
from .comparison import assess, compare
from .crosswise import compare_crosswise
from .densities import region_from_density, region_from_energy, region_from_rank
from .densities_compared import compare_densities
from .empirical import CATEGORIES, LEVELS, categorise, classify, evaluate, reference
from .io import example, read_map, read_region
from .kleywegt import plot_changes
from .learned import LearnedContacts, learn_contacts
from .masses import cell_masses, draw_angles
from .outlines import region_from_polygons
from .own_reference import region_reference
from .plotting import plot_levels, plot_residues
from .reference_files import read_reference
from .region_plots import plot_agreement, plot_agreements, plot_regions
from .regions import region
from .run import summarise, summarise_models, validate
from .samples import density_from_angles, region_from_angles
from .steric import contact_names, hard_sphere, soft_sphere
from .structures import backbone_angles
from .torus_density import learn_density
from .trajectories import evaluate_trajectory, from_mdtraj

__all__ = [
    "CATEGORIES",
    "LEVELS",
    "Assessment",
    "LearnedContacts",
    "assess",
    "backbone_angles",
    "basins",
    "categorise",
    "cell_masses",
    "classify",
    "compare",
    "compare_crosswise",
    "compare_densities",
    "compare_models",
    "contact_names",
    "density_from_angles",
    "draw_angles",
    "evaluate",
    "evaluate_trajectory",
    "example",
    "from_mdtraj",
    "hard_sphere",
    "learn_contacts",
    "learn_density",
    "plot_agreement",
    "plot_agreements",
    "plot_changes",
    "plot_levels",
    "plot_regions",
    "plot_residues",
    "read_angles",
    "read_map",
    "read_reference",
    "read_region",
    "reference",
    "region",
    "region_from_angles",
    "region_from_density",
    "region_from_energy",
    "region_from_polygons",
    "region_from_rank",
    "region_reference",
    "soft_sphere",
    "summarise",
    "summarise_models",
    "validate",
]
