"""Several annotators of the same recordings: how well they agree, as numbers and as a job over files."""
