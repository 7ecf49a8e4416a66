"""YAML files, for every kind of file that is written in YAML.

`reader` opens a file and collects what a kind finds in it; `document` knows where its `nodes` stand, `mappings`
resolves merge keys, `comments` finds the ignore comments, `scalars` the characters of a value.
"""
