"""One prediction and one reference: scores of each label."""
