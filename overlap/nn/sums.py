"""The sums that every loss of masks is made of, case by case and class by class, from one look at a batch.

Conventions
-----------
- A prediction p and a target y of a cell are in [0, 1]; the cell counts s, its weight, or 0 where it is left out.
- All that a loss adds up over cells is in `Sums`. What follows, an index, a mean, weights of classes, is small.
- Sums add: over the cases of a batch, and over the processes that share one.

References
----------
Milletari, F., Navab, N. & Ahmadi, S.-A. (2016). V-Net. 3DV. arXiv:1606.04797 (the squared form)
Szegedy, C. et al. (2016). Rethinking the Inception architecture. CVPR. arXiv:1512.00567 (label smoothing)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from torch import Tensor

Activation = Literal["sigmoid", "softmax"] | None
Form = Literal["minimum", "product", "lukasiewicz", "squared"]


class Sums(NamedTuple):
    """Sums over the cells of each case and class, ``(batch, class)``; of a pooled batch ``(class,)``.

    Float64 on the host, at least float32 on a device; counts of hard masks are integers.
    """

    both: Tensor
    """Σ s T(p, y), T as the form says."""
    size_a: Tensor
    """Σ s p, or Σ s p² of the squared form."""
    size_b: Tensor
    """Σ s y, or Σ s y² of the squared form."""
    own: Tensor
    """Σ s y′ (−log p), where y′ is the smoothed label; 0 if no cross-entropy was asked for."""
    other: Tensor
    """Σ s (1 − y′) (−log(1 − p)); 0 also of classes that exclude each other."""
    cells: Tensor
    """Σ s."""
    any_class: Tensor
    """Σ of the largest s that a class gives a cell; the same for all classes."""

    def of_classes(self, first: int) -> Sums:
        """Return those of the classes from the first one named."""
        return Sums(*(x[..., first:] for x in self))


@dataclass(frozen=True)
class Settings:
    """How sums are taken."""

    activation: Activation
    """What turns logits into probabilities; None if they are."""
    form: Form
    """How two soft values intersect, or "squared"."""
    pooled: bool = False
    """Whether the cases of a batch are added up."""
    entropy: bool = False
    """Whether the sums of a cross-entropy are taken."""
    label_smoothing: float = 0.0
    """Share of each label that is spread over all classes."""
    ignore_index: int | None = None
    """The label of cells that do not count."""
