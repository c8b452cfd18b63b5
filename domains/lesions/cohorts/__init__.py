"""Many cases: pairs of files, their scores, what is said of all, and of two models on the same."""
