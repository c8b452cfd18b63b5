"""Which arrays are read on the host, and which are left to the array path."""

from __future__ import annotations

import importlib.util
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import overlap as ov
from overlap import _arrays


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


X = np.arange(6.0).reshape(2, 3)


# ---------------------------------------------------------------- one library


def test_operands_of_one_library(backend):
    x = backend.asarray(X)
    xp = _arrays.namespace("f", a=x)
    assert xp is _arrays.library(x)
    assert backend.to_numpy(xp.sum(x)) == 15


def test_operands_of_two_libraries_are_named(torch):
    with pytest.raises(TypeError, match=r"f: the operands come from different array libraries \(a: numpy.ndarray, b: "):
        _arrays.namespace("f", a=X, b=torch.as_tensor(X))


CHUNKED = {
    "raster.measure": lambda a: ov.raster.measure(a > 0, a > 1),
    "boxes.measure": lambda a: ov.boxes.measure(a, a),
    "losses.dice_loss": lambda a: ov.losses.dice_loss(a / 10, a > 1),
    "Overlap": lambda a: ov.Overlap(a, a, a),
}


@pytest.mark.parametrize("operation", CHUNKED)
def test_chunks_of_unknown_size_are_refused_with_the_remedy(operation):
    da = pytest.importorskip("dask.array")
    table = np.array([[0, 0, 2, 2], [1, 1, 3, 4], [0, 1, 2, 2]])
    lazy = da.from_array(table, chunks=(2, 4))
    rows = lazy[lazy[:, 0] == 0]
    with pytest.raises(ValueError, match=rf"{operation}: \w+ has chunks of unknown size.*compute_chunk_sizes\(\)"):
        CHUNKED[operation](rows)
    rows.compute_chunk_sizes()
    compute = CHUNKED[operation]
    expected = compute(table[table[:, 0] == 0])
    if isinstance(expected, ov.Overlap):
        np.testing.assert_array_equal(compute(rows).intersection.compute(), expected.intersection)
    else:
        np.testing.assert_array_equal(np.asarray(compute(rows)), expected)


def test_what_is_no_plain_array_is_refused_with_the_remedy():
    xr = pytest.importorskip("xarray")
    with pytest.raises(TypeError, match=r"f: a is a list, not an array; pass numpy.asarray\(a\)"):
        _arrays.namespace("f", a=[1.0])
    with pytest.raises(TypeError, match=r"f: b is an xarray DataArray; use overlap.labelled"):
        _arrays.namespace("f", a=X, b=xr.DataArray(X))
    with pytest.raises(TypeError, match=r"f: a is a masked array.*where=~a.mask"):
        _arrays.namespace("f", a=np.ma.masked_array(X))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: ov.intervals.measure(x, [[0.0, 2.0]]),
        lambda x: ov.intervals.union(x),
        lambda x: ov.polygons.from_raster(x),
        lambda x: ov.matching.match(x, threshold=0.5),
        lambda x: ov.plotting.agreement(x, x),
    ],
    ids=["measure", "union", "from_raster", "match", "agreement"],
)
def test_a_mask_is_never_lost_on_the_host(call):
    """Where lists are read, numpy would drop it without a word."""
    plain = np.array([[0.0, 1.0], [0.0, 0.5]])
    call(plain)
    with pytest.raises(
        TypeError, match="a masked array, whose mask would be lost; leave out what is masked, or fill it"
    ):
        call(np.ma.masked_array(plain, mask=[[False, False], [False, True]]))


@pytest.mark.parametrize(
    ("package", "columns"), [("boxes", 4), ("oriented", 5), ("cuboids", 7)], ids=["boxes", "oriented", "cuboids"]
)
@pytest.mark.parametrize("function", ["measure", "pairwise", "giou"])
def test_boxes_have_no_labels_and_no_cells(package, columns, function):
    """What helps a raster is no remedy here."""
    xr = pytest.importorskip("xarray")
    call = getattr(getattr(ov, package), function)
    plain = np.ones((2, columns))
    with pytest.raises(TypeError, match=r"a is an xarray DataArray, and rows are known by their number; pass a.values"):
        call(xr.DataArray(plain), plain)
    with pytest.raises(TypeError, match=r"a is a masked array.*; leave out what is masked, or fill it: a.filled"):
        call(np.ma.masked_array(plain), plain)


def test_a_sparse_tensor_is_no_table(torch):
    box = torch.tensor([[0.0, 0.0, 2.0, 2.0]])
    with pytest.raises(TypeError, match=r"boxes.measure: a is a sparse tensor; pass a.to_dense\(\)"):
        ov.boxes.measure(box.to_sparse(), box)
    assert ov.boxes.iou(box.to_sparse().to_dense(), box).tolist() == [1]


def test_what_numpy_cannot_read_of_a_tensor_has_its_remedy(torch):
    x = torch.tensor([[0.0, 2.0], [1.0, 3.0]])
    for tensor in (x.bfloat16(), x.to_sparse(), x.clone().requires_grad_(), x.bfloat16().to_sparse()):
        with pytest.raises(
            ValueError, match=r"intervals.measure: a is no array .*; pass tensors as x\.detach"
        ) as error:
            ov.intervals.measure(tensor, tensor)
        _, remedy = str(error.value).split("pass tensors as ")
        plain = eval(remedy, {"x": tensor})
        assert float(ov.intervals.measure(plain, plain).intersection) == 3


# ---------------------------------------------------------------- on the host


def test_plain_arrays_are_read_on_the_host(torch):
    assert _arrays.as_host(X) is not None
    assert _arrays.is_host(X)
    for x in (torch.as_tensor(X), torch.zeros(0), torch.ones(()).expand(3)):
        assert _arrays.is_host(x)
        np.testing.assert_array_equal(_arrays.as_host(x), x.numpy())


def test_arrays_that_are_not_there_yet():
    dask = pytest.importorskip("dask.array")
    assert not _arrays.is_host(dask.ones(3))
    assert not _arrays.is_host(X, dask.ones(3))
    assert _arrays.as_host(dask.ones(3)) is None


TRANSFORMS = {
    "vmap": lambda func, f, x: func.vmap(f)(x),
    "grad": lambda func, f, x: func.grad(f)(x),
    "vjp": lambda func, f, x: func.vjp(f, x),
    "jvp": lambda func, f, x: func.jvp(f, (x,), (x,)),
    "jacrev": lambda func, f, x: func.jacrev(f)(x),
    "jacfwd": lambda func, f, x: func.jacfwd(f)(x),
    "hessian": lambda func, f, x: func.hessian(f)(x),
    "vmap of grad": lambda func, f, x: func.vmap(func.grad(f))(x),
    "functionalize": lambda func, f, x: func.functionalize(f)(x),
}


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
@pytest.mark.parametrize("name", TRANSFORMS)
def test_inside_a_transform_nothing_is_looked_at(torch, name):
    answers = []

    def seen(x):
        answers.append((_arrays.is_host(x), _arrays.as_host(x)))
        return x.sum()

    TRANSFORMS[name](torch.func, seen, torch.as_tensor(X))
    assert answers
    assert all(answer == (False, None) for answer in answers)


@pytest.mark.slow
def test_under_compile_nothing_is_looked_at(torch):
    answers = []

    def seen(x):
        answers.append(_arrays.is_host(x))
        return x.sum()

    torch.compile(seen, backend="eager")(torch.as_tensor(X))
    assert not any(answers)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
def test_tensors_that_numpy_cannot_view(torch):
    x = torch.as_tensor(X)
    assert _arrays.as_host(x.clone().requires_grad_()) is None
    np.testing.assert_array_equal(_arrays.as_host(x.clone().requires_grad_(), detach=True), X)
    for other in (x.bfloat16(), x.to_sparse(), torch._neg_view(x), torch.view_as_complex(x[:, :2].contiguous()).conj()):
        assert _arrays.as_host(other) is None
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(x, torch.ones_like(x))
        assert _arrays.as_host(dual) is None
        assert _arrays.as_host(dual, detach=True) is None


def test_a_subclass_is_read_as_the_tensor_it_is(torch):
    class Annotated(torch.Tensor):
        """Like MONAI's MetaTensor: something is handed on with the cells."""

    x = torch.as_tensor(X).requires_grad_()
    (plain,) = _arrays.plain(x.as_subclass(Annotated))
    assert type(plain) is torch.Tensor
    plain.sum().backward()
    assert x.grad.sum() == X.size
    given = (x, torch.nn.Parameter(x), X, None)
    for found, same in zip(_arrays.plain(*given), given, strict=True):
        assert found is same


def test_a_subclass_whose_cells_are_elsewhere_stays(torch):
    with torch._subclasses.FakeTensorMode() as mode:
        fake = mode.from_tensor(torch.as_tensor(X))
        assert _arrays.plain(fake)[0] is fake


# ---------------------------------------------------------------- numbers


def test_sums_are_wide(torch):
    half = torch.zeros(2, dtype=torch.float16)
    assert _arrays.sum_dtype((half,), torch) == torch.float64
    on_device = torch.zeros(2, device="meta")
    assert _arrays.sum_dtype((on_device, half), torch) == torch.float32
    assert _arrays.sum_dtype((on_device, half.double()), torch) == torch.float64


def test_counts_become_numbers_that_hold_them():
    whole, single = _arrays.real(np, np.array([2**53]), np.ones(1, np.float32))
    assert whole.dtype == np.float64
    assert whole[0] == 2**53
    assert single.dtype == np.float32


def test_nothing_over_nothing(torch):
    below = torch.tensor([0.0, 2.0], requires_grad=True)
    ratio = _arrays.safe_ratio(torch.tensor([0.0, 1.0]), below, 7.0, torch)
    assert ratio.tolist() == [7.0, 0.5]
    ratio.sum().backward()
    assert torch.isfinite(below.grad).all()


def test_a_message_shows_plain_numbers(torch):
    assert _arrays.number(np.array(1.5)) == 1.5
    assert _arrays.number(torch.tensor(1.5, requires_grad=True)) == 1.5


# ---------------------------------------------------------------- constants to gradients

PAIRS = np.array([[[0.0, 0.0, 1.0, 1.0], [3.0, 0.5, 4.5, 1.5]], [[0.0, 0.0, 2.0, 3.0], [1.0, 0.5, 4.5, 1.5]]])
"""Two predictions and their targets: one pair apart, one that overlaps."""
OPTIONS = [
    {"kind": "giou"},
    {"kind": "giou", "detach_enclosing": True},
    {"kind": "diou"},
    {"kind": "diou", "detach_enclosing": False},
    {"kind": "ciou"},
    {"kind": "eiou"},
    {"kind": "iou", "gamma": 1.0},
    {"kind": "eiou", "gamma": 0.5, "focus": "easy"},
]


@pytest.fixture
def jax():
    """Return jax with 64 bits, and without them again afterwards."""
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", before)


@pytest.fixture
def stand_in(monkeypatch):
    """Return array-api-strict, taken for jax, and the constants that were made in it."""
    strict = pytest.importorskip("array_api_strict")
    if importlib.util.find_spec("jax") is not None:
        pytest.skip("needs an environment without jax")
    made = []

    def stop_gradient(x):
        made.append(x)
        return x

    monkeypatch.setattr(_arrays.compat, "is_jax_array", lambda x: isinstance(x, type(strict.asarray(0.0))))
    config = SimpleNamespace(jax_enable_x64=True)
    lax = SimpleNamespace(stop_gradient=stop_gradient)
    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(lax=lax, config=config))
    return strict, made


@pytest.fixture
def stranger(monkeypatch):
    """Return array-api-strict as a library that is not known."""
    strict = pytest.importorskip("array_api_strict")
    monkeypatch.setattr(_arrays, "_WITHOUT_GRADIENTS", ())
    return strict


def boxes_of(asarray):
    return asarray(PAIRS[:, 0]), asarray(PAIRS[:, 1])


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_gradients_of_jax_are_those_of_torch(jax, torch, options):
    a, b = boxes_of(torch.tensor)
    a.requires_grad_()
    ov.losses.box_loss(a, b, reduction="sum", **options).backward()
    x, y = boxes_of(jax.numpy.asarray)
    slope = jax.grad(lambda x: ov.losses.box_loss(x, y, reduction="sum", **options))
    for call in (slope, jax.jit(slope)):
        np.testing.assert_allclose(call(x), a.grad, atol=1e-12)


def test_where_one_mask_lies_in_the_other_the_gradients_of_jax_are_those_of_torch(jax, torch):
    p = np.array([0.5, 0.2, 0.7, 1.0])
    y = np.array([True, False, True, True])
    expected = torch.tensor(p, requires_grad=True)
    ov.losses.dice_loss(expected, torch.tensor(y)).backward()
    got = jax.grad(lambda p: ov.losses.dice_loss(p, jax.numpy.asarray(y)))(jax.numpy.asarray(p))
    np.testing.assert_allclose(got, expected.grad, atol=1e-12)


@pytest.mark.parametrize(
    ("options", "n"),
    [({"kind": "giou"}, 0), ({"kind": "eiou"}, 3), ({"kind": "ciou"}, 6), ({"gamma": 1.0}, 4)],
    ids=str,
)
def test_constants_are_made_by_the_library(stand_in, options, n):
    strict, made = stand_in
    a, b = boxes_of(strict.asarray)
    value = ov.losses.box_loss(a, b, **options)
    assert float(value) == pytest.approx(float(ov.losses.box_loss(*boxes_of(np.asarray), **options)), rel=1e-14)
    # C along two axes and its longest side, α and the longest side of either box, and the weight
    assert len(made) == n


@pytest.mark.parametrize("options", [{}, {"kind": "ciou"}, {"kind": "giou", "gamma": 1.0}], ids=str)
def test_a_library_that_is_not_known_is_refused(stranger, options):
    a, b = boxes_of(stranger.asarray)
    with pytest.raises(TypeError, match=r"^losses\.box_loss: .* arrays of array_api_strict may have gradients"):
        ov.losses.box_loss(a, b, **options)
    # the remedy
    giou = ov.losses.box_loss(a, b, kind="giou", gamma=0)
    assert float(giou) == float(ov.losses.box_loss(*boxes_of(np.asarray), kind="giou"))


@pytest.mark.parametrize("name", ["giou", "diou", "eiou"])
def test_so_are_scores_that_hold_the_enclosing_box(stranger, name):
    a, b = boxes_of(stranger.asarray)
    score = getattr(ov.boxes, name)
    with pytest.raises(TypeError, match=rf"^boxes\.{name}: .*; pass detach_enclosing=False, or numpy"):
        score(a, b, detach_enclosing=True)
    expected = score(*boxes_of(np.asarray))
    np.testing.assert_array_equal(np.asarray(score(a, b, detach_enclosing=False)), expected)


def test_so_is_what_else_holds_a_constant(stranger):
    a, b = boxes_of(stranger.asarray)
    with pytest.raises(TypeError, match=r"^boxes\.ciou: "):
        ov.boxes.ciou(a, b)
    with pytest.raises(TypeError, match=r"^expected\.expected_dice: "):
        ov.expected.expected_dice(stranger.asarray([True, False]), stranger.asarray([0.5, 0.1]))


# ---------------------------------------------------------------- counts of jax without 64 bits


def test_counts_of_jax_are_exact_or_refused(jax):
    jax.config.update("jax_enable_x64", False)
    n = 33_554_432
    a = jax.numpy.ones(n, dtype=bool)
    b = a.at[0].set(False)
    small = ov.iou(ov.raster.measure(a[:1000], b[:1000]))
    assert float(small) == pytest.approx(0.999, abs=1e-7)
    with pytest.raises(ValueError, match=r"^indices: jax as it is set has no float64"):
        ov.iou(ov.raster.measure(a, b))
    with pytest.raises(ValueError, match="nor can traced counts be looked at"):
        jax.jit(lambda a, b: ov.iou(ov.raster.measure(a, b)))(a[:10], b[:10])
    # the remedy
    jax.config.update("jax_enable_x64", True)
    whole = ov.iou(ov.raster.measure(jax.numpy.ones(n, dtype=bool), jax.numpy.asarray(np.arange(n) > 0)))
    assert float(whole) == 1 - 1 / n


@pytest.mark.parametrize("traced", [False, True])
def test_counts_of_a_library_without_doubles(stand_in, traced):
    strict, _ = stand_in
    library = sys.modules["jax"]
    library.config.jax_enable_x64 = False
    library.core = SimpleNamespace(Tracer=object if traced else ())
    few = strict.asarray([0, 1 << 24])
    many = strict.asarray([0, (1 << 24) + 1])
    if traced:
        with pytest.raises(ValueError, match="nor can traced counts"):
            _arrays.real(strict, few)
        return
    (exact,) = _arrays.real(strict, few)
    assert exact.dtype == strict.float32
    assert float(exact[1]) == 1 << 24
    with pytest.raises(ValueError, match="float32 is not exact for counts above 16777216"):
        _arrays.real(strict, many)
    library.config.jax_enable_x64 = True
    (exact,) = _arrays.real(strict, many)
    assert float(exact[1]) == (1 << 24) + 1
