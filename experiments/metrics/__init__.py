"""What is measured of a run, one file per metric: pure functions of an observed Service or cluster."""
