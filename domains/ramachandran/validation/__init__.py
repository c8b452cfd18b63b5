"""Residues against the empirical regions: scores and labels, findings, summaries, tables and pictures."""
