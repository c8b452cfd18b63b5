"""Regions and densities that are computed or learned, not counted."""
