"""Oracles are scikit-learn's confusion matrix and one measurement of everything."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import numpy as np
import pytest

import overlap as ov

torch = pytest.importorskip("torch")
from overlap import nn  # noqa: E402
from overlap.nn.running import in_double  # noqa: E402

K = torch.arange(120.0)
X = (3 * torch.sin(1.7 * K)).reshape(2, 3, 4, 5)
LABELS = (torch.arange(40) * 7 // 4 % 3).reshape(2, 4, 5)
Y = torch.nn.functional.one_hot(LABELS, 3).movedim(-1, 1).float()


def confusion_matrix(a, b, **options):
    return pytest.importorskip("sklearn.metrics").confusion_matrix(a, b, **options)


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


# hard beside soft is compiled by itself where cells have weights
@pytest.mark.parametrize("target", [Y, *(pytest.param(y, marks=pytest.mark.slow) for y in (LABELS, Y.bool()))])
def test_running_soft_and_mixed(target):
    p, weights = X.softmax(1), torch.rand(2, 1, 4, 5, generator=torch.Generator().manual_seed(1))
    expected = ov.dice(ov.raster.measure(p, Y, axis=(0, 2, 3), weights=weights))
    running = nn.RunningOverlap(3)
    for k in range(2):
        running.update(p[k : k + 1], target[k : k + 1], weights=weights[k : k + 1])
    torch.testing.assert_close(ov.dice(running.compute()), expected)


def one_hot(labels, n_classes=3):
    return torch.nn.functional.one_hot(labels, n_classes).movedim(-1, 1)


PREDICTED = (LABELS + (torch.arange(40).reshape(2, 4, 5) % 4 == 0)) % 3
FORMS = {
    "labels": lambda x: x,
    "labels of 8 bits": lambda x: x.to(torch.uint8),
    "labels of 16 bits without a sign": lambda x: x.to(torch.uint16),
    "whole numbers": lambda x: x.float(),
    "labels with an axis": lambda x: x[:, None],
    "whole numbers with an axis": lambda x: x[:, None].double(),
    "one-hot integers": one_hot,
    "one-hot bools": lambda x: one_hot(x).bool(),
    "one-hot floats": lambda x: one_hot(x).float(),
}


def assert_sizes(o, table):
    """Rows of scikit-learn's table are the target's."""
    assert o.intersection.tolist() == table.diagonal().tolist()
    assert o.size_a.tolist() == table.sum(0).tolist()
    assert o.size_b.tolist() == table.sum(1).tolist()


@pytest.mark.parametrize("of_target", FORMS)
@pytest.mark.parametrize("of_prediction", FORMS)
def test_every_form_of_labels(of_prediction, of_target):
    """All cases, and one of them only."""
    prediction = FORMS[of_prediction](PREDICTED)
    target = FORMS[of_target](LABELS)
    running = nn.RunningOverlap(3)
    running.update(prediction, target)
    assert_sizes(running.compute(), confusion_matrix(LABELS.ravel(), PREDICTED.ravel()))
    of_one_case = nn.RunningOverlap(3)
    of_one_case.update(prediction, target, where=torch.tensor([False, True]).reshape(2, 1, 1, 1))
    assert_sizes(of_one_case.compute(), confusion_matrix(LABELS[1].ravel(), PREDICTED[1].ravel()))


@pytest.mark.parametrize("of_target", ["labels with an axis", "whole numbers with an axis", "labels", "whole numbers"])
def test_a_soft_prediction_of_labels(of_target):
    p = X.softmax(1)
    running = nn.RunningOverlap(3)
    running.update(p, FORMS[of_target](LABELS))
    y = one_hot(LABELS).double()
    o = running.compute()
    torch.testing.assert_close(o.intersection, (p * y).sum((0, 2, 3)))
    torch.testing.assert_close(o.size_a, p.double().sum((0, 2, 3)))
    torch.testing.assert_close(o.size_b, y.sum((0, 2, 3)))


@pytest.mark.parametrize("shape", [(2, 2, 2), (2, 1, 2, 2), (2, 1, 3)])
def test_a_mask_of_cases_is_none_of_classes(shape):
    """As many cases as classes, and labels with an axis: counted by hand, of the second case."""
    labels = torch.zeros(shape, dtype=torch.long)
    labels[1, ..., 0] = 1
    labels = labels if shape[1] == 1 else labels[:, None]
    where = torch.zeros(labels.shape, dtype=torch.bool)
    where[1] = True
    running = nn.RunningOverlap(2)
    running.update(labels, labels, where=where)
    n_ones = int(labels.sum())
    assert running.compute().size_b.tolist() == [int(where.sum()) - n_ones, n_ones]


@pytest.mark.parametrize("name", ["where", pytest.param("weights", marks=pytest.mark.slow)])
def test_masks_of_cells_have_the_axis_of_classes_or_are_spatial(name):
    labels = torch.tensor([[0, 0, 1, 1], [0, 1, 2, 2], [1, 1, 2, 2]])
    of_cases = torch.tensor([[1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 1]])
    dtype = torch.bool if name == "where" else torch.double

    def sizes(x):
        running = nn.RunningOverlap(3)
        running.update(labels[:, None], labels[:, None], **{name: x.to(dtype)})
        return running.compute().size_b.tolist()

    message = rf"{name} has shape \(3, 4\).*pass {name}.unsqueeze\(1\) if it has one mask a case, {name}\[None\]"
    with pytest.raises(ValueError, match=message):
        sizes(of_cases)
    assert sizes(of_cases.unsqueeze(1)) == [2, 2, 1]
    assert sizes(of_cases[None]) == [3, 0, 2]
    assert sizes(of_cases[2]) == [0, 1, 2]
    with pytest.raises(ValueError, match=rf"nn.RunningOverlap: {name} has shape \(2, 1, 4\), which does not broadcast"):
        sizes(of_cases[:2, None])


def test_a_first_axis_as_long_as_there_are_classes_is_theirs():
    """Of both, as for the losses; labels with an axis after the batch are never taken for channels."""
    labels = torch.tensor([[[0, 1, 2, 2], [1, 1, 0, 0], [0, 0, 1, 1]]])
    channels = (labels == 1).long()
    running = nn.RunningOverlap(3)
    running.update(channels, channels)
    assert running.compute().size_b.tolist() == [1, 2, 2]
    message = r"2 counted values of the target are not among 0 and 1 .*or labels as \(batch, 1, \*spatial\)"
    with pytest.raises(ValueError, match=message):
        running.update(labels, labels)
    running.reset()
    running.update(labels.unsqueeze(1), labels)
    running.update(labels, labels.unsqueeze(1))
    running.update(one_hot(labels).float(), labels)
    assert running.compute().size_b.tolist() == [15, 15, 6]


@pytest.mark.parametrize("mask", [LABELS == 1, (LABELS == 1).long(), (LABELS == 1).float()])
@pytest.mark.parametrize("predicted", [PREDICTED == 1, (PREDICTED == 1).long(), (PREDICTED == 1).float()])
def test_of_one_class_either_shape_is_its_mask(predicted, mask):
    table = confusion_matrix(LABELS.ravel() == 1, PREDICTED.ravel() == 1)
    for a, b in ((predicted, mask), (predicted[:, None], mask), (predicted, mask[:, None])):
        running = nn.RunningOverlap(1)
        running.update(a, b)
        o = running.compute()
        assert o.intersection.item() == table[1, 1]
        assert o.size_a.item() == table[:, 1].sum()
        assert o.size_b.item() == table[1].sum()


@pytest.mark.parametrize("ignored", [255, -1, 1])
@pytest.mark.parametrize("dtype", [torch.int64, torch.float32])
def test_ignored_labels_are_left_out_whatever_is_predicted(ignored, dtype):
    left_out = torch.arange(40).reshape(2, 4, 5) % 3 == 1
    target = torch.where(left_out, ignored, LABELS).to(dtype)
    known = target != ignored
    table = confusion_matrix(LABELS[known], PREDICTED[known], labels=[0, 1, 2])
    anything = torch.where(known, PREDICTED, 77)
    for prediction in (PREDICTED, anything[:, None], torch.where(known[:, None], one_hot(PREDICTED), torch.nan)):
        running = nn.RunningOverlap(3, ignore_index=ignored)
        running.update(prediction, target[:, None])
        assert_sizes(running.compute(), table)
    first = torch.tensor([True, False]).reshape(2, 1, 1, 1)
    running = nn.RunningOverlap(3, ignore_index=ignored)
    running.update(PREDICTED, target, where=first)
    kept = known & first[:, 0]
    assert_sizes(running.compute(), confusion_matrix(LABELS[kept], PREDICTED[kept], labels=[0, 1, 2]))
    with pytest.raises(ValueError, match="counted labels of the prediction are not among 0 to 2"):
        running.update(torch.where(PREDICTED == 1, ignored + 500, PREDICTED), LABELS)
    with pytest.raises(ValueError, match="is a label, and the target has a channel for each of 3 classes"):
        running.update(PREDICTED, one_hot(LABELS))


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


REFUSED = {
    "bool labels": (
        (LABELS, LABELS == 1),
        r"the target is bool, \(2, 4, 5\), and there are 3 classes; .* target.long\(\)",
    ),
    "bool labels of the prediction": ((LABELS[:, None] == 1, LABELS), "the prediction is bool, .* prediction.long"),
    "another grid": (
        (LABELS, LABELS.movedim(1, 2)),
        r"the prediction has shape \(2, 4, 5\) and the target \(2, 5, 4\); of the same cells each is \(batch, 3, ",
    ),
    "other classes": ((torch.rand(2, 4, 4, 5), LABELS), r"the prediction has shape \(2, 4, 4, 5\) and the target"),
    "no axis": ((torch.tensor(1), torch.tensor(1)), r"the prediction has shape \(\) and the target \(\)"),
    "values": ((one_hot(LABELS) * 2.0, LABELS), "counted values of prediction are out of range or NaN"),
    "target's values": ((LABELS, one_hot(LABELS) * 2.0), "counted values of target are out of range or NaN"),
    "labels": ((LABELS + 1, LABELS), "counted labels of the prediction are not among 0 to 2"),
    "no whole label": ((LABELS, LABELS + 0.5), "counted labels of the target are not among 0 to 2"),
    "numpy": ((LABELS.numpy(), LABELS), r"prediction is a ndarray; pass a tensor, torch.as_tensor\(prediction\)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_counted_is_refused_by_its_name(case):
    operands, message = REFUSED[case]
    with pytest.raises((TypeError, ValueError), match=f"nn.RunningOverlap: .*{message}") as refused:
        nn.RunningOverlap(3).update(*operands)
    assert "\n" not in str(refused.value)


def test_a_where_that_is_not_bool_is_refused():
    with pytest.raises(TypeError, match="nn.RunningOverlap: where has dtype torch.float32; pass bool"):
        nn.RunningOverlap(3).update(LABELS, LABELS, where=torch.ones(2, 1, 4, 5))


@pytest.mark.parametrize("num_classes", [0, -1, True, 2.5, 3.0, "3", None, [3]])
def test_a_number_of_classes_that_is_none_is_refused(num_classes):
    with pytest.raises(ValueError, match="nn.RunningOverlap: num_classes must be a whole number >= 1, got") as refused:
        nn.RunningOverlap(num_classes)
    assert "\n" not in str(refused.value)


def test_options_are_checked_and_shown():
    with pytest.raises(ValueError, match="nn.RunningOverlap: ignore_index must be a whole number or None, got 2.5"):
        nn.RunningOverlap(3, ignore_index=2.5)
    with pytest.raises(ValueError, match="nn.RunningOverlap: persistent must be one of"):
        nn.RunningOverlap(3, persistent="no")
    assert repr(nn.RunningOverlap(np.int64(3))) == "RunningOverlap(3)"
    shown = repr(nn.RunningOverlap(3, tnorm="product", ignore_index=255))
    assert shown == "RunningOverlap(3, tnorm='product', ignore_index=255)"


WORKER = """
import sys, torch
from overlap import nn
rank, meeting = int(sys.argv[1]), sys.argv[2]
torch.distributed.init_process_group("gloo", init_method="file://" + meeting, rank=rank, world_size=2)
generator = torch.Generator().manual_seed(3)
a = torch.randint(3, (5, 40), generator=generator)
b = torch.randint(3, (5, 40), generator=generator)
for n_cases in {N_CASES}:
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


N_CASES = ((5, 0), (3, 2), (0, 0))
"""Of each process: as many or not, and one or both without any."""


@pytest.fixture(scope="module")
def of_two_processes(tmp_path_factory):
    """Return what each of two processes prints for each number of cases."""
    code = WORKER.replace("{N_CASES}", repr(N_CASES))
    meeting = str(tmp_path_factory.mktemp("processes") / "meeting")
    command = partial(subprocess.Popen, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    workers = [command([sys.executable, "-P", "-c", code, str(rank), meeting]) for rank in range(2)]
    try:
        out = [worker.communicate(timeout=120) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    lines = [found.splitlines() for found, _ in out]
    assert [len(of_worker) for of_worker in lines] == [len(N_CASES)] * 2, out
    return dict(zip(N_CASES, zip(*lines, strict=True), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("n_cases", N_CASES)
def test_two_processes_are_as_one(n_cases, of_two_processes):
    generator = torch.Generator().manual_seed(3)
    a, b = (torch.randint(3, (5, 40), generator=generator)[: sum(n_cases)] for _ in range(2))
    alone = nn.RunningOverlap(3)
    alone.update(a, b)
    o, means = alone.compute(), alone.mean()
    every = (o.intersection, o.size_a, o.size_b, alone.cases().intersection, *means)
    expected = str([x.tolist() for x in every])
    assert of_two_processes[n_cases] == (expected, expected)
