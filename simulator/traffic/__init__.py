"""Traffic: what the requests to a Service meet, worked out from what happened to its endpoints."""
