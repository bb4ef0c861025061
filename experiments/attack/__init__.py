"""The shortest way to break an application: the fewest failures and operations that take a Service down."""
