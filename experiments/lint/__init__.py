"""Availability smells of manifests, found without simulating failures: rules, what they find, how it is mended."""
