"""Lesions: label maps and soft masks of several raters and models, case by case and in cohorts."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
