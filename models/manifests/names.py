"""How objects may be called."""

import re

_SUBDOMAIN = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")


def is_subdomain(name: str) -> bool:
    """Whether it is a lowercase RFC 1123 subdomain, as the names of most objects must be."""
    return len(name) <= 253 and _SUBDOMAIN.fullmatch(name) is not None
