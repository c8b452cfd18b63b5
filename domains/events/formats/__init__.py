"""The rows of each file format, as they stand, before anything is judged.

Conventions
-----------
- A format is a module with a function ``read``, which takes a text and yields its rows, a ``write``, which takes such
  rows and returns the text, for formats that are written, and a ``FORMAT`` that says how such files are known.
  `FORMATS` lists them all.
- A reader yields one mapping for each row: ``where`` (which part of the file, such as "line 5"), the columns of the
  event table as text, and ``skip``, the reason if the row is no event by the rules of its format, with ``detail``, the
  row as it stands, if its columns are not known. `read_events` judges the rest.
- ``length`` is the duration of the recording, where a format says it. ``n_rows`` is how many rows of the file are one
  row here, if they are several. Where times count samples, frames or epochs, ``ticks`` is how many are in a second,
  NaN if the file does not say it.

References
----------
NIST (2009). The RT-09 evaluation plan: RTTM. https://web.archive.org/web/2017/http://www.itl.nist.gov/iad/mig/tests/rt/
Gorgolewski, K. J. et al. (2016). The brain imaging data structure. Sci. Data 3, 160044. doi:10.1038/sdata.2016.44
Dan, J. et al. (2024). SzCORE. Epilepsia. doi:10.1111/epi.18113 (HED-SCORE columns of events.tsv)
Caba Heilbron, F. et al. (2015). ActivityNet. CVPR, 961. doi:10.1109/CVPR.2015.7298698
"""

from .activitynet import ROOTS
from .declared import Format
from .durations import read as read_recordings
from .readers import FORMATS, HOW_TO_SAY, IN_FOLDERS, SUFFIXES, find_format, format_of_suffix, recording_of
from .rows import (
    ABSENT,
    BACKGROUND,
    CLOCK,
    EMPTY_ROW,
    NO_EVENT,
    NO_LABELS,
    NO_SEGMENT,
    NO_TIMES,
    OF_READERS,
    OTHER_VIEW,
    VIEWED,
    Row,
)

__all__ = [
    "ABSENT",
    "BACKGROUND",
    "CLOCK",
    "EMPTY_ROW",
    "FORMATS",
    "HOW_TO_SAY",
    "IN_FOLDERS",
    "NO_EVENT",
    "NO_LABELS",
    "NO_SEGMENT",
    "NO_TIMES",
    "OF_READERS",
    "OTHER_VIEW",
    "ROOTS",
    "SUFFIXES",
    "VIEWED",
    "Format",
    "Row",
    "find_format",
    "format_of_suffix",
    "read_recordings",
    "recording_of",
]
