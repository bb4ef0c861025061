"""Request-level traffic: every request by itself, with queues, time-outs, retries and kept connections."""
