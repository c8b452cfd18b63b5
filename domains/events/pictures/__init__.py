"""Pictures of events: timelines, curves of detection, axes of time."""
