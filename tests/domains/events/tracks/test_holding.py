"""Closed forms: two equal boxes that pass each other, and a scene whose possession is known frame by frame."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from domains import _files
from domains.events import compare, frame_overlap, player_and_ball, possession


def passing(n=101, width=50.0):
    """Track "a" stands at 0; "b" of the same size moves by one pixel a frame from -50 to 50."""
    frame = np.arange(n)
    rows = {"a": np.zeros(n), "b": frame - (n - 1) / 2}
    parts = [
        pd.DataFrame({"frame": frame, "track": k, "x1": x, "y1": 0.0, "x2": x + width, "y2": 10.0})
        for k, x in rows.items()
    ]
    return pd.concat(parts, ignore_index=True)


def test_the_iou_of_each_frame():
    distance = np.abs(np.arange(101) - 50)
    np.testing.assert_allclose(
        frame_overlap(passing(), "a", "b", rate=25).iou, (50 - distance) / (50 + distance), rtol=1e-12
    )


@pytest.mark.parametrize("threshold", [0.25, 0.5, 2 / 3, 1.0])
def test_possession_of_passing_boxes(threshold):
    # IoU >= t where the distance is at most 50 (1 - t) / (1 + t)
    reach = int(50 * (1 - threshold) / (1 + threshold) + 1e-9)
    (row,) = possession(passing(), "a", "b", rate=25, enter=threshold).to_dict("records")
    assert (row["first_frame"], row["n_frames"]) == (50 - reach, 2 * reach + 1)
    assert (row["onset"], row["offset"]) == ((50 - reach) / 25, (51 + reach) / 25)
    assert row["label"] == "b"


def test_two_thresholds():
    (row,) = possession(passing(), "a", "b", rate=25, enter=0.5, leave=0.25).to_dict("records")
    # begins at IoU 0.5 (distance 16), ends below 0.25 (distance 30)
    assert (row["first_frame"], row["n_frames"]) == (34, 16 + 1 + 30)


def test_a_fixed_zone():
    found = possession(passing(), "b", [0, 0, 50, 10], rate=25)
    pd.testing.assert_frame_equal(found.assign(label="b"), possession(passing(), "a", "b", rate=25), check_exact=True)
    assert found["label"].tolist() == ["zone"]


@pytest.mark.parametrize("enter", [0.55, 0.8, 1.0])
@pytest.mark.parametrize("leave", [0.25, 0.3, 0.5])
def test_the_scene_is_known_to_the_frame(enter, leave):
    tracks, truth = player_and_ball()
    options = {"rate": 25.0, "index": "containment", "enter": enter, "leave": leave}
    found = pd.concat([possession(tracks, "ball", who, **options) for who in ("red", "blue")])
    same = ["onset", "offset", "label"]
    pd.testing.assert_frame_equal(found[same].sort_values("onset", ignore_index=True), truth[same], check_exact=True)
    assert found["n_frames"].sum() == 335
    report = compare(found, truth, "time", support=20.0)
    assert float(report.size_a) == pytest.approx(335 / 25, rel=1e-15)
    assert float(report.iou) == float(report.kappa) == 1


def test_one_threshold_cuts_a_dribble():
    tracks, _ = player_and_ball()
    found = possession(tracks, "ball", "red", rate=25, index="containment", enter=0.8)
    assert len(found) == 20
    assert found["n_frames"].sum() == 100
    # merging gaps helps where it can: the dribbles last five frames, and the last of each hold is lost
    merged = possession(tracks, "ball", "red", rate=25, index="containment", enter=0.8, max_gap=5 / 25)
    assert merged[["first_frame", "n_frames"]].to_numpy().tolist() == [[50, 125], [400, 65]]


RATES = (24.0, 25.0, 29.97, 30.0, 59.94)


# each rate with some numbers of frames
@pytest.mark.parametrize(("rate", "frames"), [(RATES[k % 5], k) for k in range(1, 13)] + [(29.97, 1), (59.94, 7)])
def test_gaps_and_durations_are_counted_in_frames(rate, frames):
    n = 400
    on = np.zeros(n, bool)
    for start in (10, 120, 310):
        on[start : start + frames] = on[start + 2 * frames : start + 3 * frames] = True
    tracks = switching(on)
    limit = frames / rate
    assert len(possession(tracks, "a", "b", rate=rate)) == 6
    assert len(possession(tracks, "a", "b", rate=rate, max_gap=limit)) == 3
    assert len(possession(tracks, "a", "b", rate=rate, max_gap=(frames - 0.5) / rate)) == 6
    assert len(possession(tracks, "a", "b", rate=rate, min_duration=limit)) == 6
    assert len(possession(tracks, "a", "b", rate=rate, min_duration=(frames + 0.5) / rate)) == 0


def switching(on):
    frame = np.arange(len(on))
    x = np.where(on, 0.0, 100.0)
    parts = [
        pd.DataFrame({"frame": frame, "track": k, "x1": v, "y1": 0.0, "x2": v + 10, "y2": 10.0})
        for k, v in {"a": np.zeros(len(on)), "b": x}.items()
    ]
    return pd.concat(parts, ignore_index=True)


def test_a_frame_without_a_box_is_no_possession():
    tracks = switching(np.ones(10, bool))
    tracks = tracks[~((tracks["track"] == "b") & (tracks["frame"] == 4))]
    found = possession(tracks, "a", "b", rate=10)
    assert found[["first_frame", "n_frames"]].to_numpy().tolist() == [[0, 4], [5, 5]]
    assert np.isnan(frame_overlap(tracks, "a", "b", rate=10).iou[4])
    joined = possession(tracks, "a", "b", rate=10, max_gap=0.1)
    assert joined["confidence"].tolist() == [1.0]


def test_frames_of_uneven_length():
    tracks = switching(np.array([True, True, False, True]))
    times = np.array([0.0, 0.5, 2.0, 3.0])
    found = possession(tracks.assign(time=times[tracks["frame"]]), "a", "b")
    assert found[["onset", "offset"]].to_numpy().tolist() == [[0, 2], [3, 4]]


def test_never_together():
    found = possession(switching(np.zeros(5, bool)), "a", "b", rate=10, file="match 1")
    assert len(found) == 0
    assert compare(found, found, "time").attrs["n_prediction"] == 0


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda t: t.drop(columns="x2"), {}, "the tracks lack x2"),
        (lambda t: t[t["track"] == "a"], {}, "no track 'b'; found a"),
        (lambda t: pd.concat([t, t[-1:]]), {}, "track 'b' has two boxes in frame 4"),
        (lambda t: t, {"leave": 0.9}, "leave=0.9 is above enter=0.5"),
        (lambda t: t, {"index": "area"}, "events.possession: index must be one of 'iou', 'dice', .*; got 'area'"),
        (lambda t: t, {"enter": 50}, "enter must be a number >= 0 and <= 1; got 50"),
        (lambda t: t, {"leave": -0.1}, "leave must be a number"),
        (lambda t: t, {"max_gap": -1}, "max_gap must be a number >= 0; got -1"),
        (lambda t: t, {"min_duration": "1"}, "min_duration must be a number >= 0; got '1'"),
        (lambda t: t, {"rate": 0}, "events.frame_overlap: rate must be a number > 0; got 0"),
        (lambda t: t, {"rate": None}, "pass the frames per second"),
        (lambda t: t.assign(time=0.0), {}, "column time must rise"),
        (lambda t: t.assign(time=np.inf), {}, "column time must rise"),
        (lambda t: t.assign(time="soon"), {}, "column time must rise"),
        (lambda t: t.assign(time=np.arange(len(t))), {}, "frame 0 has two times in its rows"),
        (lambda t: t.assign(time=t["frame"] * 100), {}, "rate=10 is 0.1 s a frame, and the column time steps by 100"),
        (lambda t: t.assign(x2=t["x1"] - 1), {}, "box"),
        (lambda t: t, {"missing": "skip"}, "missing must be one of 'gap', 'hold'; got 'skip'"),
        (lambda t: t, {"missing": "hold"}, 'missing="hold" without an end; pass max_hold='),
        (lambda t: t, {"missing": "hold", "max_hold": -1}, "max_hold must be a number >= 0; got -1"),
        (lambda t: t, {"max_hold": 1}, 'max_hold=1 holds nothing; pass missing="hold" with it'),
        (lambda t: t, {"exclusive": "both"}, "exclusive must be one of None, 'nearest', 'overlap'; got 'both'"),
        (lambda t: t, {"exclusive": "nearest"}, "exclusive='nearest' and one holder; name several"),
        (lambda t: t.assign(x2="wide"), {}, "a corner of a box of track 'a' is no number"),
    ],
)
def test_refusals(change, options, message):
    with pytest.raises(ValueError, match=message):
        possession(change(switching(np.ones(5, bool))), "a", "b", **{"rate": 10, **options})


@pytest.mark.parametrize("frame", [np.nan, np.inf, -np.inf, -1, 2.5, "four", "0x10", None, 1e300, 2.0**53])
@pytest.mark.parametrize("has_times", [False, True])
def test_a_frame_is_a_whole_number_from_0_on(frame, has_times):
    tracks = switching(np.ones(5, bool))
    if has_times:
        tracks["time"] = tracks["frame"] / 10
    tracks["frame"] = tracks["frame"].astype(object)
    tracks.loc[7, "frame"] = frame
    for job in (possession, frame_overlap):
        with pytest.raises(ValueError, match=r"events.frame_overlap: frame .* in row 7: .*leave the row out") as caught:
            job(tracks, "a", "b", rate=10)
        assert "\n" not in str(caught.value)
    # the remedy, followed
    assert len(possession(tracks.drop(index=7), "a", "b", rate=10)) == 2


def test_frame_numbers_may_be_written_as_decimal_numbers():
    tracks = switching(np.ones(5, bool))
    found = possession(tracks.assign(frame=tracks["frame"].astype(float)), "a", "b", rate=10)
    pd.testing.assert_frame_equal(found, possession(tracks, "a", "b", rate=10), check_exact=True)


def far_apart(frame):
    """Two boxes that meet in the first two frames, and again in a late one."""
    rows = [[k, track, 0, 0, 10, 10] for k in (0, 1, frame) for track in "ab"]
    return pd.DataFrame(rows, columns=["frame", "track", "x1", "y1", "x2", "y2"])


def test_memory_goes_with_the_rows_and_not_with_the_last_frame():
    tracks = far_apart(5 * 10**7)
    tracemalloc.start()
    found = possession(tracks, "a", "b", rate=25)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10**6
    assert found[["first_frame", "n_frames"]].to_numpy().tolist() == [[0, 2], [5 * 10**7, 1]]
    assert found["onset"].tolist() == [0, 2 * 10**6]
    bridged = possession(tracks, "a", "b", rate=25, max_gap=1e7)
    assert bridged["n_frames"].tolist() == [5 * 10**7 + 1]


def test_a_film_of_a_thousand_million_frames_is_one_line():
    tracks = far_apart(10**9)
    for job in (possession, frame_overlap):
        with pytest.raises(ValueError, match="frame 1000000000 is beyond the 100000000 frames"):
            job(tracks, "a", "b", rate=25)
    # the remedies, followed: from the first frame of the film, and with times
    late = tracks[tracks["frame"] == 10**9]
    assert len(possession(late.assign(frame=0), "a", "b", rate=25)) == 1
    timed = possession(tracks.assign(time=tracks["frame"] / 25), "a", "b")
    assert timed["first_frame"].tolist() == [0, 10**9]
    assert timed["offset"].tolist() == pytest.approx([2 / 25, (10**9 + 1) / 25], rel=1e-12)


def test_a_table_of_every_frame_is_refused_where_it_does_not_fit(monkeypatch):
    monkeypatch.setattr(_files, "free_memory", lambda: 10**6)
    assert len(possession(far_apart(10**5), "a", "b", rate=25)) == 2
    with pytest.raises(ValueError, match="a value for each of 100001 frames needs 0.02 GB of memory"):
        frame_overlap(far_apart(10**5), "a", "b", rate=25)


@pytest.mark.parametrize("late", [12, 60, 1000])
def test_a_film_of_few_rows_is_measured_as_one_of_every_frame(late):
    """Frames in which nothing was seen may have rows of a third thing, or none."""
    sparse = far_apart(late)
    other = pd.DataFrame({"frame": np.arange(late), "track": "c", "x1": 50, "y1": 0, "x2": 60, "y2": 10})
    dense = pd.concat([sparse, other], ignore_index=True)
    for gap in (0.0, 100.0):
        options = {"rate": 25, "max_gap": gap}
        found = possession(sparse, "a", "b", **options)
        pd.testing.assert_frame_equal(found, possession(dense, "a", "b", **options), check_exact=True)


def test_a_zone_of_three_numbers():
    with pytest.raises(ValueError, match="a zone is four numbers x1, y1, x2, y2; got .0, 0, 5."):
        possession(passing(), "b", [0, 0, 5], rate=25)


@pytest.mark.slow
def test_no_module_hides_the_function():
    code = "import domains.events as e; e.frame_overlap; assert callable(e.possession), e.possession"
    subprocess.run([sys.executable, "-P", "-c", code], check=True)


def with_a_hole():
    """25 frames a second, frames 40 … 89 absent; the ball is in p's box in frames 20 … 39."""
    rows = []
    for frame in [*range(40), *range(90, 100)]:
        ball = [10, 10, 20, 20] if 20 <= frame < 40 else [200, 200, 210, 210]
        rows += [[frame, frame / 25, "ball", *ball], [frame, frame / 25, "p", 0, 0, 50, 100]]
    return pd.DataFrame(rows, columns=["frame", "time", "track", "x1", "y1", "x2", "y2"])


WAYS = {
    "time": (lambda t: t, {}),
    "rate": (lambda t: t.drop(columns="time"), {"rate": 25}),
    "both": (lambda t: t, {"rate": 25}),
    "time alone": (lambda t: t.assign(frame=t["frame"] - 50 * (t["frame"] > 80)), {}),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        ({}, 0.8),
        ({"missing": "gap"}, 0.8),
        ({"missing": "hold", "max_hold": 0}, 0.8),
        ({"missing": "hold", "max_hold": 0.2}, 1.0),
        ({"missing": "hold", "max_hold": 0.219}, 1.0),
        ({"missing": "hold", "max_hold": 1}, 1.8),
        ({"missing": "hold", "max_hold": 2}, 2.8),
        ({"missing": "hold", "max_hold": 1e9}, 2.8),
        ({"max_gap": 5}, 0.8),
    ],
)
def test_absent_frames_by_a_rule(way, options, seconds):
    change, how = WAYS[way]
    found = possession(change(with_a_hole()), "ball", "p", index="containment", **how, **options)
    assert found["onset"].tolist() == pytest.approx([0.8], abs=1e-12)
    assert found["offset"].tolist() == pytest.approx([0.8 + seconds], abs=1e-12)
    assert found["first_frame"].tolist() == [20]
    if way != "time alone":
        assert found["n_frames"].tolist() == [round(seconds * 25)]
    assert found.attrs["missing"] == options.get("missing", "gap")
    assert found.attrs["max_hold"] == options.get("max_hold")
    assert found.attrs["usual_frame"] == pytest.approx(0.04, rel=1e-12)
    assert found.attrs["absent"] == pytest.approx(2.0, rel=1e-12)


@pytest.mark.parametrize("way", ["time", "rate", "both"])
@pytest.mark.parametrize("left_out", [1, 2, 5])
def test_few_absent_frames_are_absent_too(way, left_out):
    tracks = with_a_hole()
    tracks = tracks[~tracks["frame"].isin(range(25, 25 + left_out))]
    change, how = WAYS[way]
    found = possession(change(tracks), "ball", "p", index="containment", **how)
    assert found[["first_frame", "n_frames"]].to_numpy().tolist() == [[20, 5], [25 + left_out, 15 - left_out]]
    bridged = possession(change(tracks), "ball", "p", index="containment", max_gap=left_out / 25, **how)
    assert bridged[["first_frame", "n_frames"]].to_numpy().tolist() == [[20, 20]]


@pytest.mark.parametrize("way", ["time", "rate"])
@pytest.mark.parametrize(("max_hold", "expected"), [(0.1, [[20, 7], [30, 10]]), (0.2, [[20, 20]])])
def test_one_box_that_is_missing_is_held(way, max_hold, expected):
    tracks = with_a_hole()
    tracks = tracks[~(tracks["frame"].isin(range(25, 30)) & (tracks["track"] == "ball"))]
    change, how = WAYS[way]
    options = {"index": "containment", "missing": "hold", "max_hold": max_hold}
    found = possession(change(tracks[tracks["frame"] < 40]), "ball", "p", **options, **how)
    assert found[["first_frame", "n_frames"]].to_numpy().tolist() == expected


def test_what_was_not_held_before_is_not_held():
    tracks = switching(np.repeat([False, True], [5, 5]))
    tracks = tracks[~tracks["frame"].isin([3, 4])]
    found = possession(tracks, "a", "b", rate=10, missing="hold", max_hold=1.0)
    assert found[["first_frame", "n_frames"]].to_numpy().tolist() == [[5, 5]]


def test_a_slow_film_keeps_its_times():
    """A frame may last up to five times as long as the others; the sixth of a step beyond that is absent."""
    tracks = switching(np.ones(6, bool))
    times = np.cumsum([0, 1, 1, 5, 1, 5.1])
    found = possession(tracks.assign(time=times[tracks["frame"]]), "a", "b")
    assert found[["onset", "offset"]].to_numpy().tolist() == [[0, 9], [13.1, 14.1]]


@pytest.mark.parametrize(
    "ids",
    [
        (1, 2),
        (np.int64(1), np.int32(2)),
        ("1", "2"),
        ("ball", "p"),
        (0, "0"),
        (-1, 2**40),
        (1.0, 2.0),
    ],
    ids=lambda ids: "-".join(f"{type(x).__name__}{x}" for x in ids),
)
def test_a_track_is_a_name_or_a_number(ids):
    tracks = with_a_hole()
    named = tracks.assign(track=[ids[0] if who == "ball" else ids[1] for who in tracks["track"]])
    found = possession(named, *ids, index="containment")
    expected = possession(tracks, "ball", "p", index="containment")
    assert found["label"].tolist() == [str(ids[1])]
    pd.testing.assert_frame_equal(found.drop(columns="label"), expected.drop(columns="label"))


def test_events_have_the_types_of_the_schema():
    found = possession(with_a_hole(), "ball", {"none": (0.0, 0.0, 1.0, 1.0), "p": "p"}, index="containment")
    assert compare(found, found, "time", support=4.0).iou == 1
    assert found.attrs["holders"] == ["none", "p"]


def around(*distances):
    """A ball at 0, and a player each, whose box ends at a distance to its left or right, a value a frame."""
    n = len(distances[0])
    boxes = {"ball": np.tile([-5.0, 0.0, 5.0, 10.0], (n, 1))}
    for k, centre in enumerate(distances):
        x = np.asarray(centre, float)
        boxes[k] = np.stack([x - 20, np.zeros(n), x + 20, np.full(n, 10.0)], axis=1)
    parts = [
        pd.DataFrame(corners, columns=["x1", "y1", "x2", "y2"]).assign(frame=np.arange(n), track=who)
        for who, corners in boxes.items()
    ]
    return pd.concat(parts, ignore_index=True)


def held(found):
    return {name: rows[["first_frame", "n_frames"]].to_numpy().tolist() for name, rows in found.groupby("label")}


def test_one_of_two_has_it():
    # both hold it in every frame; nearer is the first in frames 0 … 3, the second from 4 on
    tracks = around([1, 2, 3, 4, 5, 6, 7, 8], [-8, -7, -6, -5, -4, -3, -2, -1])
    how = {"rate": 10, "index": "containment"}
    holders = {"one": 0, "two": 1}
    both = possession(tracks, "ball", holders, **how)
    assert held(both) == {"one": [[0, 8]], "two": [[0, 8]]}
    assert both.attrs["exclusive"] is None
    nearest = possession(tracks, "ball", holders, exclusive="nearest", **how)
    assert held(nearest) == {"one": [[0, 4]], "two": [[4, 4]]}
    assert nearest.attrs["exclusive"] == "nearest"
    # all of the ball lies in either: the first that was named
    overlap = possession(tracks, "ball", holders, exclusive="overlap", **how)
    assert held(overlap) == {"one": [[0, 8]]}
    turned = possession(tracks, "ball", {"two": 1, "one": 0}, exclusive="overlap", **how)
    assert held(turned) == {"two": [[0, 8]]}


def test_the_larger_overlap_may_be_farther():
    # a wide zone whose centre is far holds all of the ball, a player near it eight tenths
    tracks = around([17, 17])
    holders = {"player": 0, "field": (-5.0, 0.0, 500.0, 100.0)}
    how = {"rate": 10, "index": "containment"}
    assert held(possession(tracks, "ball", holders, exclusive="nearest", **how)) == {"player": [[0, 2]]}
    assert held(possession(tracks, "ball", holders, exclusive="overlap", **how)) == {"field": [[0, 2]]}


def test_a_bridge_never_spans_what_another_holds():
    first = [0, 0, 99, 99, 99, 0, 0]
    second = [99, 99, 99, 0, 99, 99, 99]
    options = {"rate": 10, "index": "containment", "max_gap": 1.0}
    tracks = around(first, second)
    shared = possession(tracks, "ball", {"a": 0, "b": 1}, **options)
    assert held(shared) == {"a": [[0, 7]], "b": [[3, 1]]}
    alone = possession(tracks, "ball", {"a": 0, "b": 1}, exclusive="nearest", **options)
    assert held(alone) == {"a": [[0, 2], [5, 2]], "b": [[3, 1]]}


def test_who_is_seen_against_who_is_held():
    # the first is nearer and then lost; what was seen of it last still is nearer
    tracks = around([1, 1, 1, 1, 1, 1], [5, 5, 5, 5, 5, 5])
    tracks = tracks[~((tracks["track"] == 0) & tracks["frame"].isin([2, 3, 4, 5]))]
    options = {"rate": 10, "index": "containment", "exclusive": "nearest", "missing": "hold", "max_hold": 0.2}
    found = possession(tracks, "ball", {"a": 0, "b": 1}, **options)
    assert held(found) == {"a": [[0, 4]], "b": [[4, 2]]}


@pytest.mark.parametrize("more", ["time", "rate"])
def test_every_fifth_frame(more):
    tracks = switching(np.ones(6, bool))
    tracks["frame"] *= 5
    how = {"rate": 25} if more == "rate" else {}
    if more == "time":
        tracks["time"] = tracks["frame"] / 25
    with pytest.warns(UserWarning, match="in steps of 5 and more, and those between are absent; .*frame // 5"):
        found = possession(tracks, "a", "b", **how)
    assert found["n_frames"].tolist() == [1] * 6
    # the remedy, followed
    anew = tracks.assign(frame=tracks["frame"] // 5)
    (row,) = possession(anew, "a", "b", **{name: rate / 5 for name, rate in how.items()}).to_dict("records")
    assert (row["onset"], row["offset"]) == (0, pytest.approx(6 / 5, rel=1e-12))
