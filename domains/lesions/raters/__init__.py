"""Several raters of one lesion: who agrees, what they say together."""
