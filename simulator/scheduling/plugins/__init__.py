"""Scheduler plugins, one file each, named as in Kubernetes."""
