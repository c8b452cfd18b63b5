"""Coordinate files, from their bytes to the backbone angles of every residue."""
