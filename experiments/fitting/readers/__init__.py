"""Readers of the logs of a live cluster, a file each.

A reader says which values of YAML or JSON it reads, and adds what they tell to the observations. `@reads` in a file of
this package is all that it takes.
"""
