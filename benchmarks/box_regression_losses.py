"""Losses of boxes as their papers write them, and their exact slopes: sympy differentiates, numba compiles.

Conventions
-----------
- A loss is written in the lengths of a `Pair`: sides, what is shared, the enclosing box C, from centre to centre.
- What stands in `held` is a constant to the gradient. Its value is the same.
- Any loss can be told to hold the enclosing box.

References
----------
Tychsen-Smith, L., Petersson, L. (2018). arXiv:1711.00164 (bounded IoU)
Rezatofighi, H. et al. (2019). arXiv:1902.09630 (GIoU)
Zheng, Z. et al. (2020). arXiv:1911.08287 (DIoU, CIoU), arXiv:2005.03572 (CIoU with a gate)
Zhang, Y.-F. et al. (2022). arXiv:2101.08158 (EIoU, Focal-EIoU)
He, J. et al. (2021). arXiv:2110.13675 (alpha-IoU)
Gevorgyan, Z. (2022). arXiv:2205.12740 (SIoU)
Tong, Z. et al. (2023). arXiv:2301.10051 (Wise-IoU)
Ma, S., Xu, Y. (2023). arXiv:2307.07662 (MPDIoU)
Zhang, H. et al. (2023). arXiv:2311.02877 (Inner-IoU), arXiv:2312.17663 (Shape-IoU), arXiv:2401.10525 (Focaler-IoU)
Liu, C. et al. (2024). Powerful-IoU. Neural Networks 170, 276.
Le, D. et al. (2025). arXiv:2504.16443 (MGIoU)
Yang, X. et al. (2021). arXiv:2101.11952 (GWD), arXiv:2106.01883 (KLD)
Llerena, J. et al. (2021). arXiv:2106.06072 (ProbIoU)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import sympy as sp
from box_regression_published import Box, compiled
from sympy import Abs, Expr, Piecewise, atan, exp, log, pi, sqrt

LENGTHS = sp.symbols("w h w_t h_t s_w s_h C_w C_h d_x d_y", real=True)
MOVED = [x for x in LENGTHS if x.name not in ("w_t", "h_t")]
"""The lengths that a loss is differentiated by; the target stays."""


class held(sp.Function):  # type: ignore[misc]
    """A value that gradients take for a constant."""

    def fdiff(self, argindex: int = 1) -> Expr:
        return sp.S.Zero


class Pair(NamedTuple):
    """The lengths of a box and its target (`_t`): sides, shared, of the enclosing box, from centre to centre."""

    w: Expr
    h: Expr
    w_t: Expr
    h_t: Expr
    s_w: Expr
    s_h: Expr
    C_w: Expr
    C_h: Expr
    d_x: Expr
    d_y: Expr

    @property
    def union(self) -> Expr:
        return self.w * self.h + self.w_t * self.h_t - self.s_w * self.s_h

    @property
    def iou(self) -> Expr:
        return self.s_w * self.s_h / self.union

    @property
    def rho_squared(self) -> Expr:
        return self.d_x**2 + self.d_y**2

    @property
    def c_squared(self) -> Expr:
        return self.C_w**2 + self.C_h**2


Loss = Callable[[Pair], Expr]
Rule = Callable[[Box, Box], Box]
"""The step of a box towards its target, for a rate of 1."""


# ---- the family of `overlap.losses.box_loss`


def iou(b: Pair) -> Expr:
    return 1 - b.iou


def giou(b: Pair) -> Expr:
    enclosing = b.C_w * b.C_h
    return 1 - b.iou + (enclosing - b.union) / enclosing


def diou(b: Pair) -> Expr:
    return 1 - b.iou + b.rho_squared / b.c_squared


def ciou(b: Pair) -> Expr:
    return diou(b) + held(_alpha(b)) * _v(b)


def eiou(b: Pair) -> Expr:
    return diou(b) + (b.w - b.w_t) ** 2 / b.C_w**2 + (b.h - b.h_t) ** 2 / b.C_h**2


def _v(b: Pair) -> Expr:
    return 4 / pi**2 * (atan(b.w_t / b.h_t) - atan(b.w / b.h)) ** 2


def _alpha(b: Pair) -> Expr:
    v = _v(b)
    # of equal boxes it is 0 / 0
    return Piecewise((v / (1 - b.iou + v), v > 0), (0, True))


# ---- their relatives


def ciou_gated(b: Pair) -> Expr:
    """CIoU whose α counts from an IoU of a half, as in the journal."""
    alpha = Piecewise((_alpha(b), b.iou >= 0.5), (0, True))
    return diou(b) + held(alpha) * _v(b)


def ciou_full(b: Pair) -> Expr:
    """CIoU whose α is differentiated too."""
    return diou(b) + _alpha(b) * _v(b)


def alpha_iou(b: Pair) -> Expr:
    return 1 - b.iou**3


def alpha_diou(b: Pair) -> Expr:
    return 1 - b.iou**3 + (b.rho_squared / b.c_squared) ** 3


def focal_eiou(b: Pair) -> Expr:
    """Easy boxes count most: IoU^γ, γ = 1/2."""
    return held(sqrt(b.iou)) * eiou(b)


def hard_eiou(b: Pair) -> Expr:
    """Hard boxes count most: (1 − IoU)^γ, γ = 1/2."""
    return held(sqrt(Abs(1 - b.iou))) * eiou(b)


def focaler_iou(b: Pair) -> Expr:
    """IoU stretched from [0, 0.95] to [0, 1]."""
    return 1 - _least(b.iou / 0.95, 1)


def bounded_iou(b: Pair) -> Expr:
    """For each number of the box the IoU that it allows at best, through a smooth L1 of β = 0.2."""
    x = 1 - _most((b.w_t - 2 * Abs(b.d_x)) / (b.w_t + 2 * Abs(b.d_x)), 0)
    y = 1 - _most((b.h_t - 2 * Abs(b.d_y)) / (b.h_t + 2 * Abs(b.d_y)), 0)
    w = 1 - _least(b.w / b.w_t, b.w_t / b.w)
    h = 1 - _least(b.h / b.h_t, b.h_t / b.h)
    return sum(_smooth(part, 0.2) for part in (x, y, w, h))


def siou(b: Pair) -> Expr:
    # sin(2 asin(|d| / ρ)) is twice sine times cosine
    angle = 2 * Abs(b.d_x * b.d_y) / (b.rho_squared + sp.Float(1e-300))
    gamma = 2 - angle
    distance = 2 - exp(-gamma * (b.d_x / b.C_w) ** 2) - exp(-gamma * (b.d_y / b.C_h) ** 2)
    return 1 - b.iou + (distance + _shape_cost(b, 1, 1)) / 2


def shape_iou(b: Pair) -> Expr:
    """Shape-IoU with the weights of its scale 1: w_t and h_t as shares of their mean."""
    mean = (b.w_t + b.h_t) / 2
    ww = b.w_t / mean
    hh = b.h_t / mean
    distance = (hh * b.d_x**2 + ww * b.d_y**2) / b.c_squared
    return 1 - b.iou + distance + _shape_cost(b, hh, ww) / 2


def _shape_cost(b: Pair, weight_w: Any, weight_h: Any) -> Expr:
    omega_w = weight_w * Abs(b.w - b.w_t) / _most(b.w, b.w_t)
    omega_h = weight_h * Abs(b.h - b.h_t) / _most(b.h, b.h_t)
    return (1 - exp(-omega_w)) ** 4 + (1 - exp(-omega_h)) ** 4


def mpdiou(b: Pair) -> Expr:
    """Squared distances of corners over the squared diagonal of C."""
    return 1 - b.iou + _between_corners(b) / b.c_squared


def mpdiou_image(b: Pair) -> Expr:
    """The same over the diagonal of an image, as published: here one of 20 × 20."""
    return 1 - b.iou + _between_corners(b) / (20**2 + 20**2)


def _between_corners(b: Pair) -> Expr:
    left, right, top, bottom = _between_edges(b)
    return left**2 + top**2 + right**2 + bottom**2


def _between_edges(b: Pair) -> tuple[Expr, Expr, Expr, Expr]:
    wider = (b.w - b.w_t) / 2
    higher = (b.h - b.h_t) / 2
    return b.d_x - wider, b.d_x + wider, b.d_y - higher, b.d_y + higher


def wise_iou(b: Pair) -> Expr:
    return exp(b.rho_squared / held(b.c_squared)) * (1 - b.iou)


def powerful_iou(b: Pair) -> Expr:
    left, right, top, bottom = _between_edges(b)
    p = ((Abs(left) + Abs(right)) / b.w_t + (Abs(top) + Abs(bottom)) / b.h_t) / 4
    return 2 - b.iou - exp(-(p**2))


def inner_iou(b: Pair) -> Expr:
    """EIoU, its IoU that of both boxes shrunk to 0.8 of their sides."""
    ratio = sp.Float(0.8)
    shared_w = _inner(b.d_x, ratio * b.w, ratio * b.w_t)
    shared_h = _inner(b.d_y, ratio * b.h, ratio * b.h_t)
    shared = shared_w * shared_h
    inner = shared / (ratio**2 * (b.w * b.h + b.w_t * b.h_t) - shared)
    return eiou(b) + b.iou - inner


def _inner(between: Expr, side: Expr, side_t: Expr) -> Expr:
    high = _least(between + side / 2, side_t / 2)
    low = _most(between - side / 2, -side_t / 2)
    return _most(high - low, 0)


def mgiou(b: Pair) -> Expr:
    """1 minus the mean GIoU of the shadows on both axes, from −1 to 1 each; its half, as published."""
    along_x = (b.w + b.w_t - b.C_w) / b.C_w
    along_y = (b.h + b.h_t - b.C_h) / b.C_h
    return (1 - (along_x + along_y) / 2) / 2


# ---- boxes as Gaussians


def gwd(b: Pair) -> Expr:
    distance_squared = b.rho_squared + ((b.w - b.w_t) ** 2 + (b.h - b.h_t) ** 2) / 4
    return _tamed(distance_squared)


def kld(b: Pair) -> Expr:
    by_place = 4 * (b.d_x / b.w) ** 2 + 4 * (b.d_y / b.h) ** 2
    by_size = (b.w_t / b.w) ** 2 + (b.h_t / b.h) ** 2 + log((b.w / b.w_t) ** 2) + log((b.h / b.h_t) ** 2)
    return _tamed((by_place + by_size) / 2 - 1)


def prob_iou(b: Pair) -> Expr:
    variance_w = b.w**2 + b.w_t**2
    variance_h = b.h**2 + b.h_t**2
    by_place = 3 * b.d_x**2 / variance_w + 3 * b.d_y**2 / variance_h
    by_size = log(variance_w * variance_h / (4 * Abs(b.w * b.h) * b.w_t * b.h_t)) / 2
    return sqrt(_most(1 - exp(-by_place - by_size), 0) + sp.Float(1e-15))


def _tamed(divergence: Expr) -> Expr:
    return 1 - 1 / (1 + log(1 + sqrt(_most(divergence, 0) + sp.Float(1e-15))))


# ---- of the four numbers


def l1(b: Pair) -> Expr:
    return Abs(b.d_x) + Abs(b.d_y) + Abs(b.w - b.w_t) + Abs(b.h - b.h_t)


def smooth_l1(b: Pair) -> Expr:
    return sum(_smooth(Abs(part), 1.0) for part in (b.d_x, b.d_y, b.w - b.w_t, b.h - b.h_t))


def _smooth(size: Expr, beta: float) -> Expr:
    return Piecewise((size**2 / (2 * beta), size < beta), (size - beta / 2, True))


def _least(a: Expr, b: Any) -> Expr:
    return Piecewise((a, a < b), (b, True))


def _most(a: Expr, b: Any) -> Expr:
    return Piecewise((a, a > b), (b, True))


# ---- steps


def exact(loss: Loss, *, hold_enclosing: bool = False) -> Rule:
    """Return the step down the exact gradient of a loss. At a tie an edge counts for neither side."""
    slopes = compiled(slopes_of(loss, hold_enclosing=hold_enclosing))

    @compiled
    def step(box, target):
        left = box.x - box.w / 2
        right = box.x + box.w / 2
        top = box.y - box.h / 2
        bottom = box.y + box.h / 2
        # the target lies round the origin
        half_w = target.w / 2
        half_h = target.h / 2
        shared_w = min(right, half_w) - max(left, -half_w)
        shared_h = min(bottom, half_h) - max(top, -half_h)
        enclosing_w = max(right, half_w) - min(left, -half_w)
        enclosing_h = max(bottom, half_h) - min(top, -half_h)
        s_w = max(shared_w, 0.0)
        s_h = max(shared_h, 0.0)
        lengths = (box.w, box.h, target.w, target.h, s_w, s_h, enclosing_w, enclosing_h, box.x, box.y)
        _, by_w, by_h, by_s_w, by_s_h, by_c_w, by_c_h, by_d_x, by_d_y = slopes(*lengths)
        # which edges of the box bound what is shared, and which bound C
        in_left = 1.0 if shared_w > 0 and left > -half_w else 0.0
        in_right = 1.0 if shared_w > 0 and right < half_w else 0.0
        in_top = 1.0 if shared_h > 0 and top > -half_h else 0.0
        in_bottom = 1.0 if shared_h > 0 and bottom < half_h else 0.0
        out_left = 1.0 if left < -half_w else 0.0
        out_right = 1.0 if right > half_w else 0.0
        out_top = 1.0 if top < -half_h else 0.0
        out_bottom = 1.0 if bottom > half_h else 0.0
        by_x = by_d_x + by_s_w * (in_right - in_left) + by_c_w * (out_right - out_left)
        by_y = by_d_y + by_s_h * (in_bottom - in_top) + by_c_h * (out_bottom - out_top)
        by_width = by_w + (by_s_w * (in_right + in_left) + by_c_w * (out_right + out_left)) / 2
        by_height = by_h + (by_s_h * (in_bottom + in_top) + by_c_h * (out_bottom + out_top)) / 2
        return Box(-by_x, -by_y, -by_width, -by_height)

    rule: Rule = step
    return rule


def slopes_of(loss: Loss, *, hold_enclosing: bool = False) -> Callable[..., tuple[float, ...]]:
    """Return a function of the `LENGTHS`: the loss, and its slopes by those `MOVED`."""
    b = Pair(*LENGTHS)
    if hold_enclosing:
        b = b._replace(C_w=held(b.C_w), C_h=held(b.C_h))
    value = loss(b)
    slopes = [sp.diff(value, x) for x in MOVED]
    formulas = [sp.sympify(x).replace(held, lambda constant: constant) for x in (value, *slopes)]
    function: Callable[..., tuple[float, ...]] = sp.lambdify(LENGTHS, tuple(formulas), modules="math", cse=True)
    return function
