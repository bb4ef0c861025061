"""The runner: replications on engines, kept as they finish, resumed where they stopped."""
