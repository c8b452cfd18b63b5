"""Two regions or densities beside each other: sizes, masses, basins, hints and pictures."""
