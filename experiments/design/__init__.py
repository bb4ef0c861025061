"""The design of an experiment as values: scenarios, goals, objectives, plans."""
