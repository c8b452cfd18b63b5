"""Frames and events: from masks, labels and scores to events and back, and how times become whole frames."""
