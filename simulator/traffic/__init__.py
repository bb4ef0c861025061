"""What becomes of the requests to a Service while its endpoints come and go.

What happened to the endpoints, when clients learn of it and whom they may be sent to is worked out here for both ways
to follow requests: `fluid` (exact expectations) and `requests` (each by itself). `routing` says which endpoints a
client may be sent to, `balancing` to which of them a request goes; `run` is the entrance.
"""
