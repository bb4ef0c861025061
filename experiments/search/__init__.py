"""The search for the cheapest candidate that meets the objectives."""
