"""Events from files and into files: one file, folders of them, and from one format into another."""
