"""Node autoscalers, one file each, and what they all work on: the pools, and clusters that might be."""
