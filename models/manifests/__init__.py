"""Upstream Kubernetes manifests, read as they are.

Two steps, so that a policy can patch objects in between:

    base = read_manifests(["shop.yaml", "budgets/"])       # every object, validated, with its place in the file
    patched = [m.with_value(...) if ... else m for m in base.objects]
    built = build_cluster(patched, nodes)                  # a models.Cluster, and what they say that is not in it

Both raise `models.input.problems.InputError`, which carries every problem with file, line and column. Defaults are
filled as the API server fills them. To give another kind a model, write its converter in a file beside these and
decorate it with `conversion.converts`; what it does not read of them is reviewed in models/schemas/fields.yaml.
"""

from models.manifests.account import Named
from models.manifests.cluster import ClusterInput, Podless, build_cluster
from models.manifests.manifest import Manifest
from models.manifests.reading import Manifests, read_manifests

__all__ = [
    "ClusterInput",
    "Manifest",
    "Manifests",
    "Named",
    "Podless",
    "build_cluster",
    "read_manifests",
]
