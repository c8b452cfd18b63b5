"""A mutation fuzzer over all public readers: damaged files in, and every call must end well.

Conventions
-----------
- A *target* is a public reader, or a command, with the files that it reads (`targets`). Targets of one kind of file
  make a *family*: structures, grids, images, tables.
- An input is a family and a number. The number seeds everything: which target, which file, which damage (`inputs`).
- Inputs run in one child process that lives on (`child`, `parent`). What is wrong with an outcome is a *finding*
  (`judging`).
"""
