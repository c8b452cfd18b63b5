"""Ramachandran regions: backbone angles of structures against empirical and predicted regions."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
