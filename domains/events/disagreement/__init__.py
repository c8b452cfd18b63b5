"""How far the protocols disagree about the same events, and why: numbers, picture and page."""
