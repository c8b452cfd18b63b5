"""Maps over the torus as other programs write them, one module for each family of formats.

Conventions
-----------
- A reader takes the text of a file and what the user declared, and returns a `Surface`: the map, what its values are
  and in which unit, as the format says. What the format leaves open is declared by the user or refused, never guessed.
- Every line that is neither empty nor a comment is a node of the map, or an error that names it.
- Errors do not name the file: `domains.ramachandran.regions.io` does.
"""
