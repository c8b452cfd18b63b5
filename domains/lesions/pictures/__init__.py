"""Masks in slices as radiologists see them, scores of cohorts and models, and pages for a browser."""
