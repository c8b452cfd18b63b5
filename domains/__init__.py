"""The fields: Ramachandran regions, lesions in images, timed events. Each is a folder, mounted by `domains.cli`."""
