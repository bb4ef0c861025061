"""Reports as text for people, JSON, SARIF, and annotations of GitHub."""
