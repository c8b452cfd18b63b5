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
from overlap.nn.running import in_double  # noqa: E402

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


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.float32])
@pytest.mark.parametrize("predicted", [X.argmax(1), X.softmax(1)])
def test_labels_as_loaders_give_them(predicted, dtype):
    expected = nn.RunningOverlap(3)
    expected.update(predicted, LABELS)
    running = nn.RunningOverlap(3)
    running.update(predicted, LABELS[:, None].to(dtype))
    torch.testing.assert_close(ov.dice(running.cases()), ov.dice(expected.cases()))
    with pytest.raises(ValueError, match="counted labels of the target are not among 0 to 2"):
        running.update(predicted, (LABELS[:, None] + 1).to(dtype))


def test_running_where():
    running = nn.RunningOverlap(3)
    running.update(LABELS, torch.where(LABELS == 1, 255, LABELS), where=(LABELS != 1)[:, None])
    counts = torch.bincount(LABELS.ravel()).double()
    assert running.compute().size_b.tolist() == [counts[0], 0, counts[2]]
    message = f"nn.RunningOverlap: {counts[1]:.0f} counted labels of the target are not among"
    with pytest.raises(ValueError, match=message):
        running.update(LABELS, torch.where(LABELS == 1, 255, LABELS))


def test_the_mean_over_cases():
    """Class 2 is in one case only, class 1 in none: by hand, case by case."""
    a = torch.tensor([[0, 0, 0, 2], [0, 0, 0, 0], [0, 2, 2, 0]])
    b = torch.tensor([[0, 0, 2, 2], [0, 0, 0, 0], [0, 0, 0, 0]])
    running = nn.RunningOverlap(3)
    running.update(a[:2], b[:2])
    running.update(a[2:], b[2:])
    means = running.mean()
    assert means.n_defined.tolist() == [3, 0, 2]
    torch.testing.assert_close(
        means.value, torch.tensor([(4 / 5 + 1 + 4 / 6) / 3, torch.nan, 1 / 3]).double(), equal_nan=True
    )
    filled = running.mean(partial(ov.iou, empty=1.0))
    assert filled.n_defined.tolist() == [3, 3, 3]
    torch.testing.assert_close(filled.value, torch.tensor([(2 / 3 + 1 + 1 / 2) / 3, 1, (1 / 2 + 1 + 0) / 3]).double())
    cases = running.cases()
    assert cases.shape == (3, 3)
    assert cases.size_b[:, 2].tolist() == [2, 0, 0]
    assert running.compute().size_b[2] == 2


def test_no_case_has_no_mean():
    means = nn.RunningOverlap(2).mean()
    assert means.n_defined.tolist() == [0, 0]
    assert means.value.isnan().all()


def test_a_case_that_where_empties_is_left_out_of_the_mean():
    running = nn.RunningOverlap(3)
    where = torch.tensor([True, False]).reshape(2, 1, 1, 1)
    running.update(LABELS, LABELS.roll(1, -1), where=where)
    alone = nn.RunningOverlap(3)
    alone.update(LABELS[:1], LABELS.roll(1, -1)[:1])
    assert running.mean().n_defined.tolist() == [1, 1, 1]
    assert torch.equal(running.mean().value, alone.mean().value)


def test_a_case_of_unknown_labels_is_no_empty_case(monkeypatch):
    """As on a device, where labels are not looked at."""
    from overlap.nn import targets

    monkeypatch.setattr(targets, "is_host", lambda *x: False)
    running = nn.RunningOverlap(3)
    running.update(LABELS, torch.where(LABELS[:1] == 1, 255, LABELS))
    means = running.mean()
    assert means.value.isnan().all()
    assert means.n_defined.tolist() == [2, 2, 2]


def test_cases_of_one_cell():
    running = nn.RunningOverlap(3)
    running.update(torch.tensor([0, 1, 2]), torch.tensor([0, 1, 1]), where=torch.tensor([[True], [True], [False]]))
    assert running.compute().intersection.tolist() == [1, 1, 0]
    assert running.mean().n_defined.tolist() == [1, 1, 0]


def test_an_index_that_is_none_is_refused():
    with pytest.raises(TypeError, match="nn.RunningOverlap: index is 'dice'"):
        nn.RunningOverlap(2).mean("dice")


def test_a_device_without_float64_leaves_the_sizes_to_the_host():
    class OnMetal:
        """Stands for a tensor of such a device, that refuses float64."""

        device = torch.device("mps")

        def cpu(self):
            return torch.tensor([1.0])

        def double(self):
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype")

    assert in_double(OnMetal()).dtype == torch.float64


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
    assert torch.equal(restored.mean().value, running.mean().value)
    assert restored.mean().n_defined.tolist() == [4, 4, 4]
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
    with pytest.raises(RuntimeError, match="of an earlier version, which kept no cases; take compute"):
        kept.mean()
    kept.update(LABELS, LABELS)
    again = nn.RunningOverlap(3, persistent=True)
    again.load_state_dict(kept.state_dict())
    assert torch.equal(again.compute().size_a, kept.compute().size_a)
    kept.reset()
    assert kept.mean().n_defined.tolist() == [0, 0, 0]


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
rank, meeting, n_cases = int(sys.argv[1]), sys.argv[2], [int(n) for n in sys.argv[3].split(",")]
torch.distributed.init_process_group("gloo", init_method="file://" + meeting, rank=rank, world_size=2)
generator = torch.Generator().manual_seed(3)
a = torch.randint(3, (5, 40), generator=generator)
b = torch.randint(3, (5, 40), generator=generator)
own = slice(sum(n_cases[:rank]), sum(n_cases[: rank + 1]))
running = nn.RunningOverlap(3, persistent=True)
for x, y in zip(a[own], b[own]):
    running.update(x[None], y[None])
restored = nn.RunningOverlap(3, persistent=True)
restored.load_state_dict(running.state_dict())
for _ in range(2):
    o = restored.compute()
    cases = restored.cases()
    means = restored.mean()
print([x.tolist() for x in (o.intersection, o.size_a, o.size_b, cases.intersection, *means)])
torch.distributed.destroy_process_group()
"""


@pytest.mark.parametrize("n_cases", [(5, 0), (3, 2), (0, 0)])
def test_two_processes_are_as_one(n_cases, tmp_path):
    """Of as many cases or not, and one of them without any."""
    command = partial(subprocess.Popen, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    workers = [
        command([sys.executable, "-P", "-c", WORKER, str(rank), str(tmp_path / "meeting"), ",".join(map(str, n_cases))])
        for rank in range(2)
    ]
    try:
        out = [worker.communicate(timeout=120) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    generator = torch.Generator().manual_seed(3)
    a, b = (torch.randint(3, (5, 40), generator=generator)[: sum(n_cases)] for _ in range(2))
    alone = nn.RunningOverlap(3)
    alone.update(a, b)
    o, means = alone.compute(), alone.mean()
    every = (o.intersection, o.size_a, o.size_b, alone.cases().intersection, *means)
    expected = str([x.tolist() for x in every])
    assert [found.strip() for found, _ in out] == [expected] * 2, out
