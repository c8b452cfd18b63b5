"""What is done to a table of events before or after it is scored: the steps, and what they do to rows."""
