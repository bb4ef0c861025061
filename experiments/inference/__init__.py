"""Inference: from a sample to an interval. Arrays only, no tables."""
