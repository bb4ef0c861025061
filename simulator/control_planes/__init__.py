"""Control planes by the name that a user writes: a file each."""
