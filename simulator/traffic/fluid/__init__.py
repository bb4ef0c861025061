"""Fluid traffic: shares of requests, integrated exactly between the changes of a cluster."""
