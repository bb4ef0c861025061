"""Where the downtime comes from: every lost second by its cause and its stage, and what a shorter stage would save."""
