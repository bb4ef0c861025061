"""The kubelet: from a bound pod to its end, images, probes, crashes and restarts."""
