"""The fields: Ramachandran regions, and those to come."""
