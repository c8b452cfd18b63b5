"""How well predicted events agree with annotated ones, under one protocol."""
