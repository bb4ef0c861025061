"""One outage, replayed: what happened, in which order, as values that a terminal and a page show."""
