"""Names of objects and of their parts, as the API server checks them (apimachinery/pkg/util/validation)."""

import re

from models.manifests.manifest import Field

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_DNS_LABEL = re.compile(_LABEL)
_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def wrong_subdomain(name: str) -> str:
    """What is wrong with the name of an object; "" if nothing is."""
    if len(name) <= 253 and _SUBDOMAIN.fullmatch(name):
        return ""
    return (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
        f"start and end with an alphanumeric character (got {name!r})"
    )


def wrong_dns_label(name: str) -> str:
    """What is wrong with the name of a namespace or a container; "" if nothing is."""
    if len(name) <= 63 and _DNS_LABEL.fullmatch(name):
        return ""
    return (
        "a lowercase RFC 1123 label must consist of at most 63 lower case alphanumeric characters or '-', and must "
        f"start and end with an alphanumeric character (got {name!r})"
    )


def dns_label(field: Field) -> str:
    """The text, which must be there; notes a problem if it is no DNS label."""
    name = field.required().text()
    if name and (wrong := wrong_dns_label(name)):
        field.problem(wrong)
    return name
