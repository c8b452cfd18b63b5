"""Oracles are scikit-learn's confusion matrix and one measurement of everything."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

import overlap as ov

torch = pytest.importorskip("torch")
from overlap import nn  # noqa: E402

K = torch.arange(120, dtype=torch.float64)
X = (3 * torch.sin(1.7 * K)).reshape(2, 3, 4, 5)
LABELS = (torch.arange(40) * 7 // 4 % 3).reshape(2, 4, 5)
Y = torch.nn.functional.one_hot(LABELS, 3).movedim(-1, 1).double()


def test_an_unknown_tnorm_is_refused_at_once():
    with pytest.raises(ValueError, match="nn.RunningOverlap: tnorm must be one of"):
        nn.RunningOverlap(2, tnorm="min")


def test_running_labels():
    running = nn.RunningOverlap(3)
    predicted = X.argmax(1)
    for a, b in zip(predicted, LABELS, strict=True):
        running(a[None], b[None])
    o = running.compute()
    table = confusion_matrix(LABELS.ravel(), predicted.ravel())
    for found, expected in ((o.intersection, table.diagonal()), (o.size_a, table.sum(0)), (o.size_b, table.sum(1))):
        np.testing.assert_array_equal(found, expected)


def test_running_soft_and_mixed():
    p, weights = X.softmax(1), torch.rand(2, 1, 4, 5, generator=torch.Generator().manual_seed(1))
    expected = ov.dice(ov.raster.measure(p, Y, axis=(0, 2, 3), weights=weights))
    for target in (Y, LABELS, Y.bool()):
        running = nn.RunningOverlap(3)
        for k in range(2):
            running.update(p[k : k + 1], target[k : k + 1], weights=weights[k : k + 1])
        torch.testing.assert_close(ov.dice(running.compute()), expected)


def test_running_where():
    running = nn.RunningOverlap(3)
    running.update(LABELS, torch.where(LABELS == 1, 255, LABELS), where=(LABELS != 1)[:, None])
    counts = torch.bincount(LABELS.ravel()).double()
    assert running.compute().size_b.tolist() == [counts[0], 0, counts[2]]
    message = f"nn.RunningOverlap: {counts[1]:.0f} counted labels of the target are not among"
    with pytest.raises(ValueError, match=message):
        running.update(LABELS, torch.where(LABELS == 1, 255, LABELS))


def test_running_state():
    running = nn.RunningOverlap(3, persistent=True)
    running.update(LABELS, LABELS)
    restored = nn.RunningOverlap(3, persistent=True)
    restored.load_state_dict(running.state_dict())
    restored.update(LABELS, LABELS)
    assert torch.equal(restored.compute().size_a, 2 * running.compute().size_a)
    with pytest.raises(RuntimeError, match="the state has 3 classes and this one 2"):
        nn.RunningOverlap(2, persistent=True).load_state_dict(running.state_dict())
    with pytest.raises(RuntimeError, match="Missing key.*_extra_state"):
        restored.load_state_dict(nn.RunningOverlap(3).state_dict())
    running.reset()
    assert running.compute().size_a.tolist() == [0, 0, 0]


def with_metric(**options):
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 1))
    if options:
        model.add_module("val", nn.RunningOverlap(3, **options))
    return model


NONE: dict[str, bool] = {}
PLAIN = {"persistent": False}
KEPT = {"persistent": True}


@pytest.mark.parametrize(("saved", "loaded"), [(NONE, PLAIN), (PLAIN, NONE), (PLAIN, PLAIN), (KEPT, PLAIN)])
def test_weights_load_with_and_without_a_metric(saved, loaded):
    before = with_metric(**saved)
    after = with_metric(**loaded)
    if saved:
        before.val.update(LABELS, LABELS)
    after.load_state_dict(before.state_dict())
    assert torch.equal(after[0].weight, before[0].weight)
    if loaded:
        assert after.val.compute().size_a.sum() == 0


def test_a_checkpoint_of_an_earlier_version_loads():
    old = {"_extra_state": torch.ones(3, 3, dtype=torch.float64)}
    running = nn.RunningOverlap(3)
    running.load_state_dict(old)
    assert running.compute().size_a.tolist() == [0, 0, 0]
    kept = nn.RunningOverlap(3, persistent=True)
    kept.load_state_dict(old)
    assert kept.compute().size_a.tolist() == [1, 1, 1]
    assert list(old) == ["_extra_state"]


def test_sums_of_another_process_are_not_counted_twice():
    running = nn.RunningOverlap(3, persistent=True)
    running.update(LABELS, LABELS)
    state = running.state_dict() | {"_rank": torch.tensor(1)}
    running.load_state_dict(state)
    assert running.compute().size_a.tolist() == [0, 0, 0]


def test_running_survives_the_models_dtype():
    model = torch.nn.Sequential(nn.RunningOverlap(1)).half()
    model[0].update(torch.ones(1, 1, 1 << 18), torch.ones(1, 1, 1 << 18))
    model.half()
    assert model[0].compute().size_a.item() == 1 << 18
    assert not list(model.buffers()), "DistributedDataParallel would overwrite them by the first process's"


def test_running_keeps_no_graph():
    running = nn.RunningOverlap(3)
    running.update(X.softmax(1).requires_grad_(), Y)
    assert not running.compute().size_a.requires_grad


def test_running_shapes():
    with pytest.raises(ValueError, match=r"the target has shape \(2, 4, 5\); it is \(batch, 3, "):
        nn.RunningOverlap(3).update(LABELS, LABELS == 1)
    with pytest.raises(ValueError, match="num_classes must be >= 1"):
        nn.RunningOverlap(0)


WORKER = """
import sys, torch
from overlap import nn
rank, meeting = int(sys.argv[1]), sys.argv[2]
torch.distributed.init_process_group("gloo", init_method="file://" + meeting, rank=rank, world_size=2)
running = nn.RunningOverlap(3)
if rank == 0:
    running.update(torch.tensor([[0, 1, 1, 2]]), torch.tensor([[0, 1, 2, 2]]))
for _ in range(2):
    o = running.compute()
print([x.tolist() for x in (o.intersection, o.size_a, o.size_b)])
torch.distributed.destroy_process_group()
"""


def test_two_processes_one_of_which_had_no_batch(tmp_path):
    command = partial(subprocess.Popen, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    workers = [command([sys.executable, "-P", "-c", WORKER, str(rank), str(tmp_path / "meeting")]) for rank in range(2)]
    try:
        out = [worker.communicate(timeout=120) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    expected = "[[1.0, 1.0, 1.0], [1.0, 2.0, 1.0], [1.0, 1.0, 2.0]]"
    assert [found.strip() for found, _ in out] == [expected] * 2, out
