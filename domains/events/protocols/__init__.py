"""Protocols: how a community scores events, as four plain functions and their settings."""

from .presets import PROTOCOLS, Protocol, apply, keywords

__all__ = ["PROTOCOLS", "Protocol", "apply", "keywords"]
