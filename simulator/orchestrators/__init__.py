"""What control planes beside Kubernetes have in common."""
