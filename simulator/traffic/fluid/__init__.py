"""Fluid traffic: the expected number of requests lost, exact given what happened to the endpoints; nothing is drawn."""
