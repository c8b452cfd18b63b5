"""Timed events: what was predicted against what was annotated, under the protocols of several fields."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
