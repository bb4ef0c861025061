"""How files become values: read with the place of everything, patched, and reported on when something is wrong.

`documents` reads YAML and JSON files, `yaml_values` turns YAML nodes into plain values and keeps their places,
`patches` changes parts of a document, and `problems` says what is wrong and where: every reader raises one `InputError`
with all problems at once. Nothing here knows what an object means.
"""
