"""Where a pod is held up for want of an object that it refers to."""

from enum import Enum


class Stage(Enum):
    """Where a pod is held up for want of an object: (what becomes of it, the reason that Kubernetes gives)."""

    ADMISSION = ("no pod is made", "")
    SCHEDULING = ("the pod is not placed", "")
    MOUNT = ("the pod does not start", "FailedMount: ")
    CONFIG = ("the container does not start", "CreateContainerConfigError: ")
    IMAGE = ("the image is never pulled", "")
    PULL = ("private images are not pulled", "FailedToRetrieveImagePullSecret: ")

    @property
    def acts(self) -> bool:
        """Whether it is simulated where objects are missing: which images are private, or exist, is not known."""
        return self not in (Stage.PULL, Stage.IMAGE)

    @property
    def becomes(self) -> str:
        """What becomes of the pod."""
        return self.value[0]

    def said(self, words: str) -> str:
        """The words with Kubernetes' reason before them."""
        return self.value[1] + words
