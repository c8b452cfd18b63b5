"""What other tools read from the files that `events.write_events` writes: onset, offset and label of each row.

First with this package, then in an environment of the tools::

    python benchmarks/peers/ask_written_events.py write FOLDER
    pip install crowsetta==5.1.2 mne==1.13.2 pyannote.database==6.1.1 epilepsy2bids==0.0.7
    python benchmarks/peers/ask_written_events.py ask FOLDER tests/data/written_events_peers.json
"""

import importlib.metadata
import json
import sys
from pathlib import Path

ROWS = [(0.1, 0.7, "seiz"), (1.5, 2.25, "sz"), (2.29, 11.74, "call"), (1234.567891, 1240.1, "a_b"), (3e-05, 4.5, "x")]
"""Onset, offset, label: the third has no duration that gives its offset back."""
TYPES = ["sz", "sz_foc", "sz_gen", "sz_gen_nm", "sz_gen_m_tonicClonic"]
"""Labels of HED-SCORE that epilepsy2bids knows."""
TYPES_OF_TUSZ = ["seiz", "fnsz", "gnsz", "absz", "tcsz"]
"""What the same are called in the TUH corpora."""
NAMES = {
    "rttm": "a.rttm",
    "uem": "a.uem",
    "mne": "a_annot.txt",
    "audacity": "audacity.txt",
    "raven": "raven.txt",
    "csv": "a.csv",
    "hed_score": "hed.tsv",
    "tusz": "a.csv_bi",
}


def events_for(kind):
    import pandas as pd

    events = pd.DataFrame(ROWS, columns=["onset", "offset", "label"])
    if kind == "hed_score":
        events["label"] = TYPES
    if kind == "tusz":
        events = events.assign(label=TYPES_OF_TUSZ, confidence=1.0)
    if kind == "uem":
        events = events.drop(columns="label")
    if kind == "raven":
        events = events.assign(low_freq=100.0, high_freq=900.5)
    return events


def write(folder):
    from domains.events import write_events

    for kind, name in NAMES.items():
        write_events(events_for(kind), folder / name, kind)


def of_boxes(boxes):
    return [[box.onset, box.offset, box.label] for box in boxes]


def of_sequence(sequence):
    times = zip(sequence.onsets_s, sequence.offsets_s, sequence.labels, strict=True)
    return [[float(onset), float(offset), str(label)] for onset, offset, label in times]


def ask(folder):
    import crowsetta
    import mne
    from epilepsy2bids.annotations import Annotations
    from epilepsy2bids.load_annotations import tuh
    from pyannote.database.util import load_rttm, load_uem

    turns = load_rttm(folder / NAMES["rttm"])["a"].itertracks(yield_label=True)
    # a Timeline sorts
    stretches = load_uem(folder / NAMES["uem"])["a"]
    annotations = mne.read_annotations(folder / NAMES["mne"])
    of_mne = zip(annotations.onset, annotations.duration, annotations.description, strict=True)
    seq = crowsetta.formats.seq
    columns = {"onset": "onset_s", "offset": "offset_s"}
    simple = seq.SimpleSeq.from_file(folder / NAMES["csv"], columns_map=columns)
    seizures = Annotations.loadTsv(folder / NAMES["hed_score"]).events
    times, types, _, _ = tuh._loadSeizures(folder / NAMES["tusz"])
    return {
        "rttm": [[segment.start, segment.end, label] for segment, _, label in turns],
        "uem": [[segment.start, segment.end, ""] for segment in stretches],
        "mne": [[float(onset), float(onset + duration), str(label)] for onset, duration, label in of_mne],
        "audacity": of_sequence(seq.AudSeq.from_file(folder / NAMES["audacity"]).to_seq(round_times=False)),
        "raven": of_boxes(crowsetta.formats.bbox.Raven.from_file(folder / NAMES["raven"]).to_bbox()),
        "csv": of_sequence(simple.to_seq(round_times=False)),
        "hed_score": [[one["onset"], one["onset"] + one["duration"], one["eventType"].value] for one in seizures],
        "tusz": [[*time, name.value] for time, name in zip(times, types, strict=True)],
    }


def main(step, folder, out=None):
    if step == "write":
        folder.mkdir(exist_ok=True)
        write(folder)
        return
    tools = ("crowsetta", "mne", "pyannote.database", "epilepsy2bids", "pandas")
    versions = {tool: importlib.metadata.version(tool) for tool in tools}
    texts = {kind: (folder / name).read_text() for kind, name in NAMES.items()}
    out.write_text(json.dumps({"versions": versions, "texts": texts, "rows": ask(folder)}, indent=0) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
