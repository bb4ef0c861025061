"""Plain hosts: systemd, HAProxy, keepalived and a playbook where Kubernetes has its loops; a unit is a pod."""
