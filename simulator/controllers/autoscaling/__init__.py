"""Horizontal pod autoscaling: what a metric asks for, and what the controller dares."""
