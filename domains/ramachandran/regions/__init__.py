"""Regions of the torus: read from files, made of densities, energies, ranks, angles and outlines."""
