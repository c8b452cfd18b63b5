"""What a probability map is worth: the best mask under it, and whether its probabilities hold."""
