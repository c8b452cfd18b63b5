"""File formats of images, a file for each."""
