"""Docker Swarm mode: managers that keep tasks where Kubernetes keeps pods; a task is a pod of the state."""
