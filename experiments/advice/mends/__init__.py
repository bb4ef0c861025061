"""The mends that are tried, a file each: see `experiments.advice.candidate.mend`."""
