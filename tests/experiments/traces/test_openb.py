"""The openb trace, where it is at hand, and its reader."""

from pathlib import Path

import pytest

from experiments.traces import openb
from models.input.problems import InputError
from simulator.placement import place

TRACE = Path(__file__).parents[4] / "shared" / "data" / "traces" / "openb"
NODES, PODS = (
    "sn,cpu_milli,memory_mib,gpu,model",
    ("name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time"),
)


def test_pods_go_where_their_gpus_are(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text(f"{NODES}\na,32000,262144,0,\nb,64000,262144,2,P100\nc,64000,262144,8,G2\n")
    (tmp_path / "pods.csv").write_text(
        f"{PODS}\np,4000,1024,1,460,G2,LS,Running,0,100,0\nq,4000,1024,2,1000,P100|T4,LS,Running,5,50,5\n"
        "r,4000,1024,2,1000,P100,LS,Running,6,90,50\ns,99000,1024,0,0,,LS,Running,7,,\n"
    )
    placed = place(openb.nodes(tmp_path / "nodes.csv"), openb.arrivals(tmp_path / "pods.csv"))
    assert placed.nodes == [2, 1, 1, -1]
    assert placed.waited[2] == pytest.approx(44.0, abs=0.1)
    assert list(placed.reasons) == [3]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nodes.csv"
    path.write_text("name,cpu\n")
    with pytest.raises(InputError, match=r"nodes.csv:1:1: expected the columns sn, .* \(there is no column 'sn'"):
        openb.nodes(path)


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (bytes(range(1, 256)), "nodes.csv:2:118: not UTF-8 text; expected CSV"),
        (f"{NODES}\na,lots,1,0,\n".encode(), "nodes.csv:2:1: cpu_milli: expected a whole number (got 'lots')"),
        (f"{NODES}\na,1,1,0,\nb,1\n".encode(), "nodes.csv:3:1: expected 5 fields, as in the first line (got 2)"),
        (f"{NODES}\na,9e99,1,0,\n".encode(), "nodes.csv:2:1: cpu_milli: expected a whole number (got '9e99')"),
        (f"{NODES}\na,{'9' * 30},1,0,\n".encode(), "expected a whole number (got '999999999999999999999999999999')"),
        (f"{NODES}\na,1,1,0,\na,1,1,0,\n".encode(), "nodes.csv:3:1: sn: the name 'a' is taken (line 2)"),
        (f"{NODES}\n=1+1,1,1,0,\n".encode(), "with an alphanumeric character (got '=1+1')"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, contents: bytes, said: str) -> None:
    path = tmp_path / "nodes.csv"
    path.write_bytes(contents)
    with pytest.raises(InputError) as error:
        openb.nodes(path)
    assert str(error.value).endswith(said)


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ("nan,5", "creation_time: expected seconds (got 'nan')"),
        ("-1,5", "creation_time: expected seconds (got '-1')"),
        ("0,1e400", "deletion_time: expected seconds (got '1e400')"),
        ("7,5", "deletion_time: before the creation (got 5)"),
    ],
)
def test_times_that_cannot_be_are_named(tmp_path: Path, times: str, said: str) -> None:
    path = tmp_path / "pods.csv"
    path.write_text(f"{PODS}\np,1,1,0,0,,LS,Running,{times},0\n")
    with pytest.raises(InputError) as error:
        openb.arrivals(path)
    assert str(error.value).endswith(f"pods.csv:2:1: {said}")


@pytest.mark.slow
@pytest.mark.skipif(not TRACE.is_dir(), reason="the trace is not at hand")
def test_the_whole_trace_is_placed() -> None:
    nodes = openb.nodes(TRACE / "openb_node_list_all_node.csv")
    arrivals = openb.arrivals(TRACE / "openb_pod_list_default.csv")
    assert (len(nodes), len(arrivals)) == (1523, 8152)
    placed = place(nodes, arrivals)
    assert placed.reasons == {}
    lasting = sum(arrival.until > arrival.at for arrival in arrivals)
    assert placed.placed == lasting
