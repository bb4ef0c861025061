"""What was checked as text for people, JSON, JUnit XML, SARIF, and annotations of GitHub."""
