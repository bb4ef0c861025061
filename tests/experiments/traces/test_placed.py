"""A trace that was placed: its table, its words, and its machines as manifests."""

from pathlib import Path

import pytest

from experiments.cli import main
from experiments.traces.placed import PlacedTrace
from models.manifests import build_cluster, read_manifests

NODES = "sn,cpu_milli,memory_mib,gpu,model\na,32000,262144,0,\nb,64000,262144,2,P100\n"
PODS = (
    "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"
    "late,4000,1024,2,1000,P100,LS,Running,50,90,50\nearly,4000,1024,2,1000,P100,LS,Running,5,60,5\n"
    "huge,99000,1024,0,0,,LS,Running,7,,\nbrief,99000,1024,0,0,,LS,Running,8,9,\n"
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    nodes, pods = tmp_path / "nodes.csv", tmp_path / "pods.csv"
    nodes.write_text(NODES)
    pods.write_text(PODS)
    return nodes, pods


def test_every_pod_has_a_row_in_the_order_of_creation(files: tuple[Path, Path]) -> None:
    frame = PlacedTrace.of_openb(*files).to_frame()
    assert frame["pod"].tolist() == ["early", "huge", "brief", "late"]
    assert frame["node"].tolist() == ["b", "", "", "b"]
    assert frame["bound_s"].tolist()[3] == pytest.approx(60.02)
    assert frame["bound_s"].isna().tolist() == [False, True, True, False]
    assert frame["reason"].tolist()[1].startswith("0/2 nodes are available: ")


def test_the_summary_names_those_that_were_not_placed(files: tuple[Path, Path]) -> None:
    lines = list(PlacedTrace.of_openb(*files).summary())
    assert lines[0] == "2 nodes, 4 pods: 2 placed"
    assert lines[2].startswith("not placed at the end, 1 pods: 0/2 nodes are available: ")
    assert lines[3] == "gone before they were placed: 1 pods"


def test_the_manifests_read_back_as_the_same_nodes(files: tuple[Path, Path], tmp_path: Path) -> None:
    trace = PlacedTrace.of_openb(*files)
    trace.save(tmp_path)
    assert list(build_cluster(read_manifests([str(tmp_path / "nodes.yaml")]).objects).cluster.nodes) == trace.nodes


def test_the_command_writes_both_files(files: tuple[Path, Path], tmp_path: Path) -> None:
    assert main(["import", *map(str, files), "-o", str(tmp_path / "out")]) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"nodes.yaml", "placements.csv"}
