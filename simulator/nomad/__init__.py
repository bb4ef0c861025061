"""HashiCorp Nomad: servers that keep allocations of task groups; an allocation is a pod of the state."""
