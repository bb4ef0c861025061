"""One control loop of Kubernetes a file: woken by transitions, level-triggered, never polling."""
