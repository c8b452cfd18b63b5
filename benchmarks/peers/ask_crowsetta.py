"""What crowsetta and mne read from files of events: onset, offset and label of each row.

In an environment of their own::

    pip install crowsetta==5.1.2 mne==1.13.2
    python benchmarks/peers/ask_crowsetta.py FOLDER tests/data/event_files_peers.json

FOLDER holds the examples of crowsetta: ``events/formats/crowsetta`` of the original data.
"""

import importlib.metadata
import json
import sys
import tempfile
from pathlib import Path

import crowsetta
import mne
import numpy as np

RAVEN = "Recording_1_Segment_02.Table.1.selections.txt"
AUDACITY = "405_marron1_June_14_2016_69640887.audacity.txt"
DAS = "bl26lb16_190412_0721.20144_annotations.csv"
OF_DAS = {"start_seconds": "onset_s", "stop_seconds": "offset_s", "name": "label"}


def of_boxes(boxes):
    return [[box.onset, box.offset, box.label] for box in boxes]


def of_sequence(sequence):
    times = zip(sequence.onsets_s, sequence.offsets_s, sequence.labels, strict=True)
    return [[float(onset), float(offset), str(label)] for onset, offset, label in times]


def of_mne(annotations):
    rows = zip(annotations.onset, annotations.duration, annotations.description, strict=True)
    return [[float(onset), float(onset + duration), str(label)] for onset, duration, label in rows]


def main(folder, out):
    bbox = crowsetta.formats.bbox
    seq = crowsetta.formats.seq
    words = seq.TextGrid.from_file(folder / "AVO-maea-basic.TextGrid").to_seq(round_times=False)
    das = seq.SimpleSeq.from_file(folder / DAS, columns_map=OF_DAS, read_csv_kwargs={"index_col": 0})
    found = {
        RAVEN: of_boxes(bbox.Raven.from_file(folder / RAVEN, annot_col="Species").to_bbox()),
        "spinetail.txt": of_boxes(bbox.AudBBox.from_file(folder / "spinetail.txt").to_bbox()),
        AUDACITY: of_sequence(seq.AudSeq.from_file(folder / AUDACITY).to_seq(round_times=False)),
        DAS: of_sequence(das.to_seq(round_times=False)),
        "sa1.phn": of_sequence(seq.Timit.from_file(folder / "sa1.phn").to_seq(round_times=False, samplerate=16_000)),
        # without the points, which crowsetta does not read
        "AVO-maea-basic.TextGrid": [
            row for tier in np.atleast_1d(words) for row in of_sequence(tier) if row[2].strip()
        ],
    }
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "saved_annot.txt")
        mne.Annotations([1.5, 3.0], [0.5, 0.0], ["blink", "BAD"]).save(path)
        saved = {"text": path.read_text(), "rows": of_mne(mne.read_annotations(path))}
    versions = {tool: importlib.metadata.version(tool) for tool in ("crowsetta", "mne")}
    out.write_text(json.dumps({"versions": versions, "files": found, "mne": saved}, indent=0) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
