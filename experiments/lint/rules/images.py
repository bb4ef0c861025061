"""Images: which version a pod runs, and what it needs the registry for.

Source: pkg/kubelet/images/image_manager.go, pkg/apis/core/v1/defaults.go.
"""

from collections.abc import Iterator

from experiments.lint.application import Application
from experiments.lint.finding import Severity
from experiments.lint.patch import Patch
from experiments.lint.rule import Smell, rule

_TAG = "give a tag that stays what it is, or a digest"


@rule(
    "latest-tag",
    Severity.WARNING,
    effect="a restart or a move to another node is a release that nobody decided, and none of it can be rolled back",
)
def latest_tag(app: Application) -> Iterator[Smell]:
    """The image of a container has the tag latest, or none; what that does depends on its pull policy.

    Always, the default for such tags: each start asks the registry and runs what is there by then, and no container
    starts while the registry is away. IfNotPresent: each node keeps what it pulled first, so that replicas run
    different versions. Containers of Jobs are not judged.
    """
    for workload, place in app.running():
        image = place.means.image
        if not is_latest(image):
            continue
        policy = place.means.image_pull_policy
        does = {
            "Always": "each start runs what the registry has by then, and fails while it is away",
            "IfNotPresent": "each node runs what it pulled first: replicas may run different versions",
        }.get(policy, "each node runs what somebody put there")
        message = f"container {place.means.name}: {image} with imagePullPolicy {policy}: {does}"
        yield Smell(workload.manifest, (*place.path, "image"), message, _TAG)


@rule(
    "always-pulls",
    Severity.INFO,
    effect="while the registry is away no container starts, though its image is on the node",
)
def always_pulls(app: Application) -> Iterator[Smell]:
    """The pull policy Always is written for an image with a tag or a digest of its own.

    It checks the credentials of whoever uses the image, which is why other rules ask for it. Only for a digest, which
    cannot change, the mend is a patch: a tag may be meant to move. Containers of Jobs are not judged.
    """
    for workload, place in app.running():
        image, path = place.means.image, (*place.path, "imagePullPolicy")
        if place.written.get("imagePullPolicy") == "Always" and not is_latest(image):
            message = f"container {place.means.name} asks the registry at each start for {image}"
            patch = Patch.of(workload.manifest, path, "IfNotPresent") if "@" in image else None
            mend = "imagePullPolicy: IfNotPresent, if the tag never changes its image"
            yield Smell(workload.manifest, path, message, mend, patch)


def is_latest(image: str) -> bool:
    """Whether the image is the latest that there is: by its tag, or for want of one."""
    _, colon, tag = image.rpartition("/")[2].partition(":")
    return "@" not in image and (not colon or tag == "latest")
