"""Images as they lie on disk: their files, values and places."""
