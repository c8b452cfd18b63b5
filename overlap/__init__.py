"""Compare shapes by set overlap.

An overlap is three numbers: the sizes of two sets and of what they share. Every index (Dice, IoU, ...) is a
ratio of them, taken once, at the end::

    overlap.dice(overlap.raster.measure(prediction, reference))
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
