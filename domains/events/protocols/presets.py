"""The presets, by name.

Conventions
-----------
- A preset gives its community's number, faults included. ``corrected`` holds the settings that correct them:
  comparisons that do not depend on the last bit of a time, an order of rows that does not matter, NaN where there is
  nothing to divide by.

References
----------
See the module of each preset.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .action_localisation import ACTIVITYNET, THUMOS14
from .affiliation import AFFILIATION
from .diarisation import JER, NIST_DER, PYANNOTE_DER
from .few_shot import DCASE_FEWSHOT
from .intersection import INTERSECTION
from .labelled_time import SZCORE_SAMPLE, TIME
from .mir_eval import MIR_EVAL_ONSET, MIR_EVAL_TRANSCRIPTION
from .proposals import PROPOSALS
from .psds import PSDS, PSDS_SCENARIO1, PSDS_SCENARIO2
from .range_based import RANGE_BASED
from .scored import Protocol
from .sed_eval import SED_EVAL_EVENT, SED_EVAL_SEGMENT
from .segmental import SEGMENTAL
from .spindles import SPINDLES
from .szcore import SZCORE
from .temporal_iou import TIOU
from .ward import WARD

PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {
        "time": TIME,
        "tiou": TIOU,
        "szcore": SZCORE,
        "szcore_sample": SZCORE_SAMPLE,
        "spindles": SPINDLES,
        "sed_eval_event": SED_EVAL_EVENT,
        "sed_eval_segment": SED_EVAL_SEGMENT,
        "intersection": INTERSECTION,
        "psds": PSDS,
        "psds_scenario1": PSDS_SCENARIO1,
        "psds_scenario2": PSDS_SCENARIO2,
        "activitynet": ACTIVITYNET,
        "thumos14": THUMOS14,
        "proposals": PROPOSALS,
        "nist_der": NIST_DER,
        "pyannote_der": PYANNOTE_DER,
        "jer": JER,
        "mir_eval_onset": MIR_EVAL_ONSET,
        "mir_eval_transcription": MIR_EVAL_TRANSCRIPTION,
        "affiliation": AFFILIATION,
        "range_based": RANGE_BASED,
        "dcase_fewshot": DCASE_FEWSHOT,
        "ward": WARD,
        "segmental": SEGMENTAL,
    }
)
"""The presets, by name."""
