"""What other tools read from files of events: onset, offset and label of each row.

In environments of their own, one after the other; each adds what its tools say::

    pip install pyannote.database==6.1.1 epilepsy2bids==0.0.7
    python benchmarks/peers/ask_event_readers.py tests/data/event_readers_peers.json
    pip install "setuptools<81" sed_eval==0.2.1 speach==0.1a15
    python benchmarks/peers/ask_event_readers.py tests/data/event_readers_peers.json
"""

import importlib.metadata
import json
import sys
import tempfile
from pathlib import Path

EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
 AUTHOR="anna" DATE="2024-05-02T10:00:00+00:00" FORMAT="3.0" VERSION="3.0">
<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>
<TIME_ORDER>
<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="780"/>
<TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="1590"/>
<TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="1590"/>
<TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="4879"/>
<TIME_SLOT TIME_SLOT_ID="ts5" TIME_VALUE="3600001"/>
<TIME_SLOT TIME_SLOT_ID="ts6" TIME_VALUE="3600333"/>
</TIME_ORDER>
<TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="speech">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
<ANNOTATION_VALUE>so &amp; so</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts3" TIME_SLOT_REF2="ts4">
<ANNOTATION_VALUE>you go out of the Institute</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
</TIER>
<TIER LINGUISTIC_TYPE_REF="gesture" TIER_ID="gesture">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts5" TIME_SLOT_REF2="ts6">
<ANNOTATION_VALUE>stroke</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
</TIER>
<TIER LINGUISTIC_TYPE_REF="gloss" PARENT_REF="speech" TIER_ID="gloss">
<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a4" ANNOTATION_REF="a2">
<ANNOTATION_VALUE>go-2SG</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
</TIER>
<LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt" TIME_ALIGNABLE="true"/>
<LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="gesture" TIME_ALIGNABLE="true"/>
<LINGUISTIC_TYPE CONSTRAINTS="Symbolic_Association" GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="gloss"
 TIME_ALIGNABLE="false"/>
</ANNOTATION_DOCUMENT>
"""
RTTM = """SPKR-INFO talk 1 <NA> <NA> <NA> unknown anna <NA> <NA>
SPEAKER talk 1 0.130 1.480 <NA> <NA> anna <NA> <NA>
SPEAKER talk 1 1.520\t2.005  <NA> <NA> bert 0.9 <NA>
SPEAKER talk 1 2.29 9.45 <NA> <NA> anna <NA> <NA>
"""
UEM = "talk 1 0.000 60.25\ntalk 1 70.1 80\n"
HED = """onset\tduration\teventType\tconfidence\tchannels\tdateTime\trecordingDuration
296.0\t40.0\tsz_foc_ia\tn/a\tn/a\t2016-11-06 13:43:04\t3600.00
2.29\t9.45\tsz_gen\t0.5\tC3,C4\t2016-11-06 13:43:04\t3600.00
"""
TUSZ = """# version = csv_v1.0.0
# bname = aaaaaaac_s001_t000
# duration = 301.00 secs
# montage_file = $NEDC_NFC/lib/nedc_eas_default_montage.txt
#
channel,start_time,stop_time,label,confidence
TERM,36.8868,183.3055,seiz,1.0000
TERM,190.0001,200.2503,cpsz,1.0000
"""
LISTS = {
    "times.txt": "1.0\t2.25\tdog\n3.5\t4.125\tcar horn\n",
    "files.txt": "a.wav\t0.1\t0.7\tdog\nb.wav\t3.0\t4.0\tcat\n",
    "scenes.txt": "a.wav\thome\t0.1\t0.7\tdog\na.wav\thome\t3.0\t4.0\tcat\n",
    "commas.txt": "1.0,2.25,dog\n3.5,4.125,cat\n",
    "header.tsv": "filename\tonset\toffset\tevent_label\na.wav\t0.1\t0.7\tdog\nb.wav\t3.0\t4.0\tcat\n",
}


def ask_pyannote(folder):
    from pyannote.database.util import load_rttm, load_uem

    (folder / "talk.rttm").write_text(RTTM)
    (folder / "talk.uem").write_text(UEM)
    turns = load_rttm(folder / "talk.rttm")["talk"].itertracks(yield_label=True)
    stretches = load_uem(folder / "talk.uem")["talk"]
    return {
        "talk.rttm": [[segment.start, segment.end, label] for segment, _, label in turns],
        "talk.uem": [[segment.start, segment.end, ""] for segment in stretches],
    }


def ask_epilepsy2bids(folder):
    from epilepsy2bids.annotations import Annotations
    from epilepsy2bids.load_annotations import tuh

    (folder / "night.tsv").write_text(HED)
    (folder / "night.csv_bi").write_text(TUSZ)
    seizures = Annotations.loadTsv(folder / "night.tsv").events
    times, types, _, _ = tuh._loadSeizures(folder / "night.csv_bi")
    return {
        "night.tsv": [[one["onset"], one["onset"] + one["duration"], one["eventType"].value] for one in seizures],
        "night.csv_bi": [[*time, name.value] for time, name in zip(times, types, strict=True)],
    }


def ask_sed_eval(folder):
    import sed_eval

    found = {}
    for name, text in LISTS.items():
        (folder / name).write_text(text)
        rows = sed_eval.io.load_event_list(str(folder / name))
        found[name] = [[float(row["onset"]), float(row["offset"]), row["event_label"]] for row in rows]
    return found


def ask_speach(folder):
    from speach import elan

    (folder / "hands.eaf").write_text(EAF)
    document = elan.read_eaf(str(folder / "hands.eaf"))
    rows = []
    for tier in document:
        for one in tier:
            # its own seconds are rounded by a sum of floating numbers
            begin, end = (int(slot.value) / 1000 for slot in (one.from_ts, one.to_ts))
            rows.append([begin, end, one.value])
    return {"hands.eaf": rows}


TOOLS = {
    "pyannote.database": ask_pyannote,
    "epilepsy2bids": ask_epilepsy2bids,
    "sed_eval": ask_sed_eval,
    "speach": ask_speach,
}
TEXTS = {"talk.rttm": RTTM, "talk.uem": UEM, "night.tsv": HED, "night.csv_bi": TUSZ, "hands.eaf": EAF, **LISTS}


def main(out):
    known = json.loads(out.read_text()) if out.exists() else {"versions": {}, "texts": TEXTS, "rows": {}}
    for tool, ask in TOOLS.items():
        try:
            version = importlib.metadata.version(tool)
        except importlib.metadata.PackageNotFoundError:
            continue
        with tempfile.TemporaryDirectory() as folder:
            known["rows"] |= ask(Path(folder))
        known["versions"][tool] = version
    out.write_text(json.dumps(known, indent=0) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
