"""What is known of provisioners and CSI drivers: where their volumes can be reached, and whether they are attached.

The sources are the drivers' own manuals. Of drivers that are not in the list it is assumed that their volumes are disks
of a zone, as those of the large clouds are.
"""

from typing import NamedTuple

from models.manifests.objects import Objects
from models.node import HOSTNAME_LABEL, ZONE_LABEL
from models.volume import NO_PROVISIONER


class Driver(NamedTuple):
    """What holds of the volumes of one driver."""

    topology_key: str
    """They are reached by nodes with the same value of this label as the one they were made for; "": by all."""
    attaches: bool
    """They are attached to nodes, by the attach/detach controller."""


ZONAL_DISK = Driver(ZONE_LABEL, True)
_NETWORK_DISK = Driver("", True)
_SHARE = Driver("", False)
_ON_NODE = Driver(HOSTNAME_LABEL, False)
_KNOWN = {
    NO_PROVISIONER: _ON_NODE,
    **dict.fromkeys(
        (
            *("ebs.csi.aws.com", "ebs.csi.eks.amazonaws.com", "kubernetes.io/aws-ebs"),
            *("pd.csi.storage.gke.io", "kubernetes.io/gce-pd"),
            *("disk.csi.azure.com", "kubernetes.io/azure-disk"),
            *("cinder.csi.openstack.org", "kubernetes.io/cinder"),
            *("diskplugin.csi.alibabacloud.com", "vpc.block.csi.ibm.io"),
        ),
        ZONAL_DISK,
    ),
    **dict.fromkeys(
        (
            *("rbd.csi.ceph.com", "kubernetes.io/rbd", "driver.longhorn.io", "io.openebs.csi-mayastor"),
            *("csi.vsphere.vmware.com", "kubernetes.io/vsphere-volume"),
            *("dobs.csi.digitalocean.com", "csi.hetzner.cloud", "linodebs.csi.linode.com"),
        ),
        _NETWORK_DISK,
    ),
    **dict.fromkeys(
        (
            *("efs.csi.aws.com", "fsx.csi.aws.com", "filestore.csi.storage.gke.io"),
            *("file.csi.azure.com", "kubernetes.io/azure-file", "smb.csi.k8s.io"),
            *("cephfs.csi.ceph.com", "nfs.csi.k8s.io", "kubernetes.io/glusterfs", "csi.juicefs.com"),
        ),
        _SHARE,
    ),
    **dict.fromkeys(
        (
            *("rancher.io/local-path", "k8s.io/minikube-hostpath", "microk8s.io/hostpath", "docker.io/hostpath"),
            *("hostpath.csi.k8s.io", "kubernetes.io/host-path", "topolvm.io", "topolvm.cybozu.com"),
            *("local.csi.aliyun.com", "openebs.io/local", "local.csi.openebs.io", "zfs.csi.openebs.io"),
        ),
        _ON_NODE,
    ),
}


def driver(name: str, objects: Objects) -> Driver | None:
    """What is known of the driver; None: nothing. A CSIDriver among the objects says whether its volumes are attached.

    Rook puts its namespace before the names of Ceph's drivers, and many provisioners of NFS have names of their own.
    """
    known = _KNOWN.get(name) or next((_KNOWN[end] for end in _CEPH if name.endswith(f".{end}")), None)
    if known is None and "nfs" in name:
        known = _SHARE
    given = objects.get("CSIDriver", "", name)
    if given is None:
        return known
    spec = given.value.get("spec")
    attaches = not (isinstance(spec, dict) and spec.get("attachRequired") is False)
    return Driver((known or (ZONAL_DISK if attaches else _SHARE)).topology_key, attaches)


_CEPH = ("rbd.csi.ceph.com", "cephfs.csi.ceph.com")
