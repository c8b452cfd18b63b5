"""Protocols: how a community scores events.

Conventions
-----------
- A protocol prepares both sides (`preparation`), finds candidate pairs (`criteria`), matches them (`matchers`) and
  reduces the matches to numbers (`reducers`, `agreement`). A module for each community holds its settings, one frozen
  dataclass that checks itself, and these steps in their order.
- A preset gives its community's number, faults included; its corrected settings give ours.
- Point-adjusted F1 is no preset, since a guess scores well by it: pass `POINT_ADJUSTED` itself.
- To score otherwise, change a setting, or make a `Protocol` of a function of your own.

References
----------
Mesaros, A., Heittola, T. & Virtanen, T. (2016). Appl. Sci. 6, 162. doi:10.3390/app6060162 (sed_eval)
Caba Heilbron, F. et al. (2015). ActivityNet. CVPR, 961. doi:10.1109/CVPR.2015.7298698
Idrees, H. et al. (2017). The THUMOS challenge on action recognition. CVIU 155, 1. doi:10.1016/j.cviu.2016.10.018
Dan, J. et al. (2024). SzCORE. Epilepsia. doi:10.1111/epi.18113
"""

from .point_adjusted import POINT_ADJUSTED
from .presets import PROTOCOLS
from .scored import By, Matched, Protocol, Scored

__all__ = ["POINT_ADJUSTED", "PROTOCOLS", "By", "Matched", "Protocol", "Scored"]
