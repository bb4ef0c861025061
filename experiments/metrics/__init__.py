"""What is measured of a run: one file per metric, each a pure function of what was observed of one Service."""
