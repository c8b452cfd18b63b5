"""The kernels against plain numpy in float64, on a device or in triton's interpreter; skipped without both."""

from __future__ import annotations

import os

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
if DEVICE == "cpu" and os.environ.get("TRITON_INTERPRET") != "1":
    pytest.skip("needs a CUDA device, or triton's interpreter: TRITON_INTERPRET=1", allow_module_level=True)

from overlap import nn  # noqa: E402
from overlap.nn import device, one_pass, operators  # noqa: E402

FORMS = ("minimum", "product", "lukasiewicz", "squared")
ACTIVATIONS = ("sigmoid", "softmax")
# the interpreter computes both sides of every choice, in numpy, which warns of the one that is not taken
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


# ---------------------------------------------------------------- plain numpy


def probabilities(x, activation):
    """Return p, −log p and −log(1 − p)."""
    if activation == "sigmoid":
        return 1 / (1 + np.exp(-x)), np.logaddexp(0, -x), np.logaddexp(0, x)
    logs = x - np.logaddexp.reduce(x, axis=1, keepdims=True)
    return np.exp(logs), -logs, np.zeros_like(x)


def plain_shared(p, y, form):
    """Return T(p, y) and its slope."""
    is_hard = (y == 0) | (y == 1)
    if form == "minimum":
        slope = np.where(p < y, 1.0, np.where(p == y, 0.5, 0.0))
        return np.minimum(p, y), np.where(is_hard, y, slope)
    if form == "lukasiewicz":
        return np.maximum(p + y - 1, 0), np.where(is_hard, y, p + y > 1)
    return p * y, y


def smoothed(y, activation, smoothing):
    n = y.shape[1] if activation == "softmax" else 2
    return (1 - smoothing) * y + smoothing / n


def plain_sums(x, y, s, activation, form, entropy, smoothing):
    """Return the seven sums of channels (case, class, ...)."""
    p, own, other = probabilities(x, activation)
    both, _ = plain_shared(p, y, form)
    power = 2 if form == "squared" else 1
    label = smoothed(y, activation, smoothing)
    cells = [both, p**power, y**power, label * own * entropy, (1 - label) * other * entropy, np.ones_like(p), 0 * p]
    axes = tuple(range(2, x.ndim))
    return np.stack([(s * c).sum(axes) for c in cells])


def plain_gradient(g, x, y, s, activation, form, entropy, smoothing):
    g = g.reshape(*g.shape, *[1] * (x.ndim - 2))
    p, _, _ = probabilities(x, activation)
    _, slope = plain_shared(p, y, form)
    label = smoothed(y, activation, smoothing)
    size_slope = 2 * p if form == "squared" else 1
    by_p = s * (g[0] * slope + g[1] * size_slope)
    if activation == "sigmoid":
        by_log = g[3] * label * (p - 1) + g[4] * (1 - label) * p
        return by_p * p * (1 - p) + s * by_log * entropy
    by_log = s * g[3] * label * entropy
    return p * (by_p - (p * by_p).sum(1, keepdims=True)) - by_log + p * by_log.sum(1, keepdims=True)


# ---------------------------------------------------------------- batches


def random(*shape, seed=0):
    return np.random.default_rng(seed).random(shape)


def logits(*shape, seed=1):
    return 3 * np.random.default_rng(seed).standard_normal(shape)


def soft_target(*shape, seed=2):
    """Return values in [0, 1], a third of them 0 and a third 1."""
    return np.clip(3 * random(*shape, seed=seed) - 1, 0, 1)


def one_hot(labels, n_classes):
    return np.moveaxis(labels[..., None] == np.arange(n_classes), -1, 1).astype(float)


def tensor(x, dtype=None):
    return torch.as_tensor(x, device=DEVICE).to(dtype or torch.float32)


def as_read(x):
    """Return the float64 numbers that a tensor holds."""
    return x.double().cpu().numpy()


def assert_sums(found, expected, rtol=1e-6):
    np.testing.assert_allclose(as_read(found), expected, rtol=rtol, atol=1e-6)


def assert_gradient(found, expected, rtol=1e-6):
    error = np.linalg.norm(as_read(found) - expected)
    assert error <= rtol * np.linalg.norm(expected)


def check(x, y, target, s, activation, form="minimum", entropy=True, smoothing=0.0, rtol=1e-6, **others):
    """Check the sums and the gradient of tensors; `target` and `s` are what they mean, in numpy."""
    options = {"weights": None, "where": None, "labels": False, "ignore": None} | others
    options |= {"activation": activation, "form": form, "entropy": entropy, "smoothing": smoothing}
    plain = (as_read(x), target, np.broadcast_to(s, x.shape), activation, form, entropy, smoothing)
    sums = device.sums(x, y, **options)
    assert sums.dtype == torch.float32
    assert_sums(sums, plain_sums(*plain), rtol)
    g = random(*sums.shape, seed=9) - 0.4
    gradient = device.sums_gradient(tensor(g), x, y, **options)
    assert gradient.dtype == x.dtype
    assert gradient.stride() == torch.empty_like(x).stride()
    assert_gradient(gradient, plain_gradient(g, *plain), max(rtol, 2 * torch.finfo(x.dtype).eps))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_soft_targets_under_every_form(activation, form):
    x = tensor(logits(2, 3, 9, 8))
    y = tensor(soft_target(2, 3, 9, 8))
    check(x, y, as_read(y), 1.0, activation, form, smoothing=0.1)


@pytest.mark.parametrize("entropy", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.uint8, torch.int16, torch.float32, torch.float16])
def test_labels_of_every_dtype(dtype, activation, entropy):
    labels = np.random.default_rng(3).integers(0, 4, (2, 37))
    check(
        tensor(logits(2, 4, 37)),
        tensor(labels, dtype),
        one_hot(labels, 4),
        1.0,
        activation,
        labels=True,
        entropy=entropy,
    )


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int64])
def test_masks_of_every_dtype(dtype):
    mask = random(3, 1, 50) > 0.5
    check(tensor(logits(3, 1, 50)), tensor(mask, dtype), mask.astype(float), 1.0, "sigmoid")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_halves_are_read_as_they_are(activation, dtype):
    x = tensor(logits(2, 2, 600), dtype)
    y = tensor(soft_target(2, 2, 600), dtype)
    check(x, y, as_read(y), 1.0, activation)


@pytest.mark.parametrize("n_classes", [1, 2, 5, 8, 9, 40, 70])
def test_any_number_of_classes(n_classes):
    x = tensor(logits(1, n_classes, 33))
    y = tensor(soft_target(1, n_classes, 33))
    check(x, y, as_read(y), 1.0, "sigmoid" if n_classes < 3 else "softmax")


def test_a_sigmoid_of_more_classes_than_a_tile_holds():
    x = tensor(logits(2, 9, 33))
    labels = np.random.default_rng(3).integers(0, 9, (2, 33))
    check(x, tensor(labels, torch.int64), one_hot(labels, 9), 1.0, "sigmoid", labels=True)


@pytest.mark.parametrize("by_class", [1, 3])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_weights_and_where_of_each_cell_or_each_class(activation, by_class):
    shape = (2, by_class, 6, 7)
    where = random(*shape, seed=4) > 0.3
    weights = random(*shape, seed=5)
    x = tensor(logits(2, 3, 6, 7))
    y = tensor(soft_target(2, 3, 6, 7))
    check(
        x, y, as_read(y), where * as_read(tensor(weights)), activation,
        weights=tensor(weights), where=tensor(where, torch.bool), smoothing=0.2,
    )  # fmt: skip


def test_weights_and_where_alike_for_all_cases_or_all_cells():
    x = tensor(logits(2, 3, 6, 7))
    y = tensor(soft_target(2, 3, 6, 7))
    where = random(1, 1, 6, 7) > 0.3
    check(x, y, as_read(y), where, "softmax", where=tensor(where, torch.bool))
    weights = tensor(random(2, 3, 1, 1)).expand(2, 3, 6, 7)
    check(x, y, as_read(y), as_read(weights), "softmax", weights=weights)


def test_what_is_not_counted_may_hold_anything():
    x = tensor(logits(2, 3, 30))
    labels = np.random.default_rng(3).integers(0, 3, (2, 30))
    where = np.ones((2, 1, 30), bool)
    where[0, :, 4] = False
    where[1, :, 7:9] = False
    clean = one_hot(labels, 3)
    expected = (clean, where, "softmax")
    y = tensor(labels, torch.int64)
    check(x, y, *expected, labels=True, where=tensor(where, torch.bool))
    options = {
        "labels": True,
        "ignore": None,
        "activation": "softmax",
        "form": "minimum",
        "entropy": True,
        "smoothing": 0,
    }
    marked = {"where": tensor(where, torch.bool), "weights": None}
    sums = device.sums(x, y, **marked, **options)
    g = tensor(random(7, 2, 3))
    gradient = device.sums_gradient(g, x, y, **marked, **options)
    x[0, :, 4] = torch.nan
    x[1, 1, 7] = torch.inf
    y[0, 4] = 255
    y[1, 8] = -1
    weights = torch.ones(2, 1, 30, device=DEVICE)
    weights[0, 0, 4] = torch.nan
    marked["weights"] = weights
    assert torch.equal(device.sums(x, y, **marked, **options), sums)
    assert torch.equal(device.sums_gradient(g, x, y, **marked, **options), gradient)
    assert (gradient[0, :, 4] == 0).all()


def test_a_channel_that_does_not_count_still_takes_its_share_of_a_softmax():
    x = tensor(logits(1, 3, 20))
    y = tensor(soft_target(1, 3, 20))
    where = np.ones((1, 3, 20), bool)
    where[0, 1] = False
    check(x, y, as_read(y), where, "softmax", where=tensor(where, torch.bool))


def test_ignored_labels_and_values():
    labels = np.random.default_rng(3).integers(0, 3, (2, 40))
    kept = random(2, 1, 40) > 0.2
    marked = np.where(kept[:, 0], labels, 255)
    x = tensor(logits(2, 3, 40))
    for dtype in (torch.int64, torch.uint8, torch.float32):
        check(x, tensor(marked, dtype), one_hot(labels, 3), kept, "softmax", labels=True, ignore=255)
    mask = random(2, 1, 40, seed=6) > 0.5
    values = np.where(kept, mask, -1)
    check(x[:, :1], tensor(values, torch.int64), mask.astype(float), kept, "sigmoid", ignore=-1)


ALL = {"weights": None, "where": None, "ignore": None, "form": "minimum", "entropy": True, "smoothing": 0.0}


@pytest.mark.parametrize(
    ("label", "dtype"), [(3, torch.int64), (-1, torch.int64), (255, torch.uint8), (1.5, torch.float32)]
)
def test_a_label_that_is_no_class_makes_its_case_undefined(label, dtype):
    y = torch.zeros(2, 40, dtype=dtype, device=DEVICE)
    y[1, 3] = label
    sums = device.sums(tensor(logits(2, 3, 40)), y, labels=True, activation="softmax", **ALL)
    assert torch.isfinite(sums[:, 0]).all()
    assert torch.isnan(sums[:6, 1]).all()
    assert sums[6].tolist() == [[0, 0, 0], [1, 1, 1]]


@pytest.mark.parametrize("value", [1.001, -0.001, 2.0, float("nan")])
def test_a_target_outside_0_to_1_makes_its_class_undefined(value):
    y = tensor(soft_target(2, 3, 40))
    y[1, 2, 3] = value
    y[1, 2, 5] = value
    sums = device.sums(tensor(logits(2, 3, 40)), y, labels=False, activation="softmax", **ALL)
    assert sums[6].tolist() == [[0, 0, 0], [0, 0, 2]]
    assert torch.isnan(sums[:6, 1, 2]).all()
    assert torch.isfinite(sums[:, 0]).all()
    assert torch.isfinite(sums[:, 1, :2]).all()


@pytest.mark.parametrize(
    ("dtype", "value"), [(torch.float32, 1 + 1.2e-7), (torch.float32, -1.9e-6), (torch.bfloat16, 1.0078125)]
)
def test_rounding_is_cut_off(dtype, value):
    y = tensor(random(1, 1, 40) > 0.5, dtype)
    meant = as_read(y)
    y[y == round(value)] = value
    check(tensor(logits(1, 1, 40)), y, meant, 1.0, "sigmoid")


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_nan_logit_is_a_nan(activation):
    x = tensor(logits(1, 2, 40))
    x[0, 1, 3] = torch.nan
    y = tensor(soft_target(1, 2, 40))
    for form in FORMS:
        sums = device.sums(x, y, labels=False, activation=activation, **ALL | {"form": form})
        assert torch.isnan(sums[[0, 1, 3], 0, 1]).all()
    g = torch.ones(7, 1, 2, device=DEVICE)
    gradient = device.sums_gradient(g, x, y, labels=False, activation=activation, **ALL)
    assert torch.isnan(gradient[0, 1, 3])


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("size", [50.0, 100.0, 3e4])
def test_logits_however_large_are_finite_and_exact(activation, size):
    x = tensor(np.array([[[size, -size, size, -size], [-size, size, size, -size]]]))
    y = tensor(np.array([[[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]]))
    with np.errstate(over="ignore"):
        check(x, y, as_read(y), 1.0, activation)
    masked = torch.tensor([[[-torch.inf, 1.0], [2.0, 1.0]]], device=DEVICE)
    sums = device.sums(masked, tensor([[[0.0, 1.0], [1.0, 0.0]]]), labels=False, activation=activation, **ALL)
    assert torch.isfinite(sums).all()


@pytest.mark.parametrize(("activation", "expected"), [("sigmoid", np.exp(-20.0)), ("softmax", np.exp(-23.0))])
def test_a_confident_cell_has_the_cross_entropy_that_it_has(activation, expected):
    """log(1 + e), which is e here and 0 if 1 + e is rounded."""
    x = tensor(np.array([[[20.0], [-3.0]]]))
    y = tensor(np.array([[[1.0], [0.0]]]))
    sums = device.sums(x, y, labels=False, activation=activation, **ALL)
    # the interpreter has no fused multiplication, which e^x needs for its last digits
    rtol = 1e-6 if DEVICE == "cuda" else 3e-6
    np.testing.assert_allclose(as_read(sums[3, 0, 0]), np.log1p(expected), rtol=rtol)


def layouts(x):
    """Return tensors of the same values in other orders of memory."""
    crop = x.new_zeros(*x.shape[:2], x.shape[2] + 2, x.shape[3] + 3)
    crop = crop[:, :, 1:-1, 2:-1]
    crop.copy_(x)
    steps = x.new_zeros(*x.shape[:3], 2 * x.shape[3])[..., ::2]
    steps.copy_(x)
    return {
        "channels last": x.contiguous(memory_format=torch.channels_last),
        "crop": crop,
        "every other": steps,
        "transposed": x.transpose(2, 3).contiguous().transpose(2, 3),
        "classes first": x.transpose(0, 1).contiguous().transpose(0, 1),
    }


@pytest.mark.parametrize("layout", ["channels last", "crop", "every other", "transposed", "classes first"])
def test_any_order_of_memory(layout):
    x = tensor(logits(2, 3, 8, 9))
    y = tensor(soft_target(2, 3, 8, 9))
    other = layouts(x)[layout]
    assert other.stride() != x.stride()
    check(other, y, as_read(y), 1.0, "softmax")
    check(x, layouts(y)[layout], as_read(y), 1.0, "softmax")


def test_channels_last_and_a_mask_for_all_classes_are_not_copied():
    x = tensor(logits(2, 3, 8, 9)).contiguous(memory_format=torch.channels_last)
    assert device._in_rows(x).data_ptr() == x.data_ptr()
    where = torch.ones(2, 1, 1, 1, dtype=torch.bool, device=DEVICE).expand(2, 1, 8, 9)
    assert device._in_rows(where).data_ptr() == where.data_ptr()


def test_no_spatial_axis_and_a_single_cell():
    for shape in ((4, 3), (4, 3, 1), (1, 2, 1, 1, 1)):
        y = tensor(soft_target(*shape))
        check(tensor(logits(*shape)), y, as_read(y), 1.0, "softmax")


@pytest.mark.parametrize("n_cells", [9 * 1024 + 100, 9 * 1024, 8 * 1024])
def test_more_tiles_than_one_program_takes(monkeypatch, n_cells):
    """Several programs of four tiles, more than are added at once; the last tile, or program, is full or is not."""
    monkeypatch.setattr(device, "_FULL", 2)
    monkeypatch.setattr(device, "_BLOCK", 2)
    x = tensor(logits(1, 1, n_cells))
    y = tensor(soft_target(1, 1, n_cells))
    check(x, y, as_read(y), 1.0, "sigmoid")


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_full_tiles_of_what_is_not_counted(activation):
    n_classes = 1 if activation == "sigmoid" else 3
    x = tensor(logits(2, n_classes, 1024))
    y = tensor(soft_target(2, n_classes, 1024))
    where = random(2, 1, 1024, seed=4) > 0.3
    x[0, 0, torch.as_tensor(~where[0, 0])] = torch.nan
    s = np.broadcast_to(where, x.shape)
    options = {"weights": None, "labels": False, "ignore": None, "form": "product", "entropy": True, "smoothing": 0.0}
    sums = device.sums(x, y, where=tensor(where, torch.bool), activation=activation, **options)
    clean = np.where(s, as_read(x), 0.0)
    assert_sums(sums, plain_sums(clean, as_read(y), s, activation, "product", True, 0.0))


def test_equal_bits_twice():
    x = tensor(logits(2, 3, 3000))
    y = tensor(soft_target(2, 3, 3000))
    sums = [device.sums(x, y, labels=False, activation="softmax", **ALL) for _ in range(2)]
    assert torch.equal(*sums)


def test_what_the_kernels_leave_to_the_array_form():
    assert all(device.can_take(dtype, 3, "softmax") for dtype in (torch.float32, torch.float16, torch.bfloat16))
    assert not device.can_take(torch.float64, 3, "softmax")
    assert not device.can_take(torch.float32, device.MOST_CLASSES + 1, "softmax")
    assert device.can_take(torch.float32, device.MOST_CLASSES + 1, "sigmoid")


@pytest.mark.parametrize("shape", [(0, 3, 5), (2, 3, 0), (2, 3, 4, 0)])
def test_nothing_has_sums_of_0(shape):
    x = tensor(logits(*shape))
    sums = device.sums(x, x, labels=False, activation="softmax", **ALL)
    assert sums.shape == (7, *shape[:2])
    assert (sums == 0).all()
    assert device.sums_gradient(sums, x, x, labels=False, activation="softmax", **ALL).shape == shape


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("n_classes", [1, 2, 3, 4, 7, 14, 33, 64, 118])
def test_a_softmax_has_its_classes_in_one_tile_of_16_values_a_thread(n_classes, dtype):
    x = torch.empty(1, n_classes, 1 << 20, dtype=dtype, device="meta")
    tiles = device.cut(x, "softmax")
    assert n_classes <= tiles.classes < 2 * n_classes
    assert tiles.n_blocks == 1
    assert tiles.cells * tiles.n_tiles == 1 << 20
    threads = 32 * tiles.n_warps
    assert tiles.classes * tiles.cells <= 16 * threads
    assert tiles.vector <= max(tiles.cells // threads, 2)


def test_a_thread_reads_16_bytes_of_one_class():
    for dtype, n_cells in ((torch.float32, 4), (torch.bfloat16, 8)):
        assert device.cut(torch.empty(1, 1, 99, dtype=dtype), "sigmoid").vector == n_cells


@pytest.fixture
def passes(monkeypatch):
    """Take the sums by these kernels wherever tensors are, and count how often."""
    seen = []

    def counted(*arguments):
        seen.append(1)
        return sums(*arguments)

    sums = device.sums
    monkeypatch.setattr(device, "sums", counted)
    monkeypatch.setattr(operators, "_of_device", lambda _: device)
    monkeypatch.setattr(one_pass, "_has_kernels", lambda x, settings: x.dtype != torch.float64)
    return seen


LOSSES = (nn.DiceLoss, nn.FocalTverskyLoss, nn.GeneralisedDiceLoss, nn.DiceCELoss, nn.SquaredDiceLoss)


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
def test_losses_are_as_in_double_precision(loss, batch, passes):
    x = tensor(logits(2, 3, 8, 9))
    labels = torch.as_tensor(np.random.default_rng(3).integers(0, 3, (2, 8, 9)), device=DEVICE)
    where = torch.as_tensor(random(2, 1, 8, 9) > 0.3, device=DEVICE)
    found = []
    for precision in (x, x.double()):
        z = precision.clone().requires_grad_()
        value = loss(from_logits="softmax", batch=batch)(z, labels, where=where)
        found.append((value.detach(), *torch.autograd.grad(value, z)))
    assert passes == [1]
    (value, gradient), (expected, expected_gradient) = found
    assert_gradient(value, as_read(expected))
    assert_gradient(gradient, as_read(expected_gradient))


def test_a_whole_graph_compiles_around_the_kernels(passes):
    loss = nn.DiceCELoss(from_logits="softmax", label_smoothing=0.1)
    x = tensor(logits(2, 3, 8, 9)).requires_grad_()
    labels = torch.zeros(2, 8, 9, dtype=torch.int64, device=DEVICE)
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    (gradient,) = torch.autograd.grad(compiled(x, labels), x)
    (eager,) = torch.autograd.grad(loss(x, labels), x)
    assert passes == [1, 1]
    torch.testing.assert_close(gradient, eager)
