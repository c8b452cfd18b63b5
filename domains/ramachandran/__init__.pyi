from .comparison.assessment import Assessment
from .comparison.basin_rows import basins
from .comparison.comparison import assess, compare
from .comparison.curves import plot_iou_at_mass
from .comparison.densities_compared import compare_densities
from .comparison.masses import cell_masses, draw_angles
from .comparison.region_plots import plot_agreement, plot_agreements, plot_regions
from .empirical import CATEGORIES, LEVELS, categorise, classify, evaluate, reference
from .models.crosswise import compare_crosswise
from .models.learned import LearnedContacts, learn_contacts
from .models.steric import contact_names, hard_sphere, soft_sphere
from .models.torus_density import learn_density
from .regions.angle_tables import read_angles
from .regions.densities import region_from_density, region_from_energy, region_from_rank
from .regions.io import example, read_map, read_region
from .regions.outlines import region_from_polygons
from .regions.own_reference import region_reference
from .regions.reference_files import read_reference
from .regions.regions import region
from .regions.samples import density_from_angles, region_from_angles
from .regions.trajectories import evaluate_trajectory, from_mdtraj
from .run import summarise, summarise_models, validate
from .structures.backbone import backbone_angles
from .validation.changes import compare_models
from .validation.kleywegt import plot_changes
from .validation.plotting import plot_levels, plot_residues

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
    "plot_iou_at_mass",
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
