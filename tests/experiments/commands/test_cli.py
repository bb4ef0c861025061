import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments.cli import cli, main

pytestmark = pytest.mark.usefixtures("without_plots")

ROOT = Path(__file__).resolve().parents[3]
QUICKSTART = str(ROOT / "experiments" / "configs" / "quickstart.yaml")
SHOP = str(ROOT / "experiments" / "manifests" / "shop.yaml")

BAD = """\
apiVersion: kubenines/v1
kind: Experiment
metadata: {name: x}
spec:
  duration: soon
  cluster: {pools: [{name: general, count: 3, allocatable: {cpu: lots, memory: 16Gi}}]}
  manifests: [app.yaml]
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KUBENINES_DEBUG", raising=False)


@pytest.fixture
def kubenines(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(arguments)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run


def test_help_names_every_command(kubenines: Any) -> None:
    code, out, _ = kubenines("--help")
    assert code == 0
    for command in ("validate", "plan", "run", "show", "explain", "schema", "version", "verify", "bench"):
        assert f"  {command} " in out
        assert kubenines(command, "--help")[0] == 0


def test_a_recording_that_is_none_is_bad_input_and_nothing_is_written(kubenines: Any) -> None:
    Path("recording.json").write_text('{"name": "x", "nodes": [],\n "actions": [{"at": 0, "do": "setle"}], "until": 1}')
    code, out, err = kubenines("replay", "recording.json", "--output", "simulated.json")
    assert (code, out) == (2, "")
    assert err.startswith("recording.json:2:30: actions[0].do: unknown action 'setle'; expected one of")
    assert err.endswith("did you mean 'settle'?\n")
    assert not Path("simulated.json").exists()


def test_times_of_two_kinds_do_not_mix(kubenines: Any) -> None:
    Path("log.csv").write_text("node,start,end\na,1,2\na,5,9\nb,2,7\n")
    code, _, err = kubenines("fit", "log.csv", "--observed-from", "2005-06-21")
    assert code == 2
    assert "expected seconds as a number, as in the log (got '2005-06-21')" in err


def test_no_help_shows_the_marks_of_its_own_layout(kubenines: Any) -> None:
    for command in cli.commands:
        assert r"\b" not in kubenines(command, "--help")[1], command


def test_help_imports_nothing_heavy() -> None:
    heavy = {"numpy", "pandas", "scipy", "matplotlib", "pyarrow", "pydantic", "simpy", "yaml", "rich"}
    code = f"import sys, experiments.cli; experiments.cli.main(['--help']); sys.exit(len({heavy!r} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert found.returncode == 0


@pytest.mark.parametrize("arguments", [("rum",), ("run",), ("run", "--sed", "1", "x"), ("run", "x", "-j", "many")])
def test_wrong_usage_is_bad_input(kubenines: Any, arguments: tuple[str, ...]) -> None:
    code, out, err = kubenines(*arguments)
    assert (code, out) == (2, "")
    assert "Error" in err


@pytest.mark.parametrize(
    ("name", "contents", "message"),
    [
        ("gone.yaml", None, "gone.yaml: no such file or directory"),
        ("empty.yaml", b"", "empty.yaml: the file is empty"),
        ("comment.yaml", b"# nothing\n", "comment.yaml: the file is empty"),
        ("binary.yaml", bytes(range(256)), "binary.yaml"),
        ("list.yaml", b"[1, 2]\n", "list.yaml:1:1: expected a mapping"),
        ("syntax.yaml", b"a: [1\nb: 2\n", "syntax.yaml"),
        ("helm.yaml", b"a: {{ .Values.x }}\n", "Helm"),
        ("bad.yaml", BAD.encode(), "bad.yaml:5:13: spec.duration: expected a duration"),
        ("double.yaml", (BAD + "  seed: 1\n  seed: 2\n").encode(), "double.yaml:9:3: duplicate key 'seed'"),
        ("two.yaml", (BAD + "---\na: 1\n").encode(), "expected one document in an experiment file"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "plan", "run", "show"])
def test_a_file_that_cannot_be_used_is_bad_input(
    kubenines: Any, tmp_path: Path, name: str, contents: bytes | None, message: str, command: str
) -> None:
    if contents is not None:
        (tmp_path / name).write_bytes(contents)
    code, out, err = kubenines(command, name)
    assert code == 2
    assert out == ""
    if command != "validate" or b"kubenines" in (contents or b"kubenines"):
        assert message in err


def test_a_manifest_is_no_experiment(kubenines: Any) -> None:
    code, _, err = kubenines("run", SHOP)
    assert code == 2
    assert "this is a Deployment; expected an experiment" in err
    assert f"`kubenines init {SHOP}` writes one about manifests" in err
    code, _, err = kubenines("run", ".")
    assert (code, err) == (
        2,
        ".: this is a directory; expected an experiment file; `kubenines init .` writes one about manifests\n",
    )


def test_validate_says_what_it_read(kubenines: Any) -> None:
    code, out, err = kubenines("validate", QUICKSTART, SHOP)
    assert (code, err) == (0, "")
    assert "experiment quickstart: 2 policies, 1 Service, 50 replications of 1y" in out
    assert "5 Deployment, 5 Service" in out


def test_validate_reads_directories(kubenines: Any) -> None:
    manifests = (ROOT / "experiments" / "manifests").glob("*.yaml")  # in folders of it there are alternatives
    code, out, _ = kubenines("validate", str(ROOT / "experiments" / "configs"), *map(str, sorted(manifests)))
    assert code == 0
    assert out.count(": experiment ") == len(list((ROOT / "experiments" / "configs").rglob("*.yaml")))
    assert "4 PodDisruptionBudget" in out


def test_validate_in_json_lists_problems_with_their_places(kubenines: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    code, out, err = kubenines("validate", "bad.yaml", "--format", "json")
    found = json.loads(out)
    assert (code, err, found["valid"]) == (2, "", False)
    assert [(p["line"], p["column"], p["path"]) for p in found["problems"]] == [
        (5, 13, "spec.duration"),
        (6, 66, "spec.cluster.pools[0].allocatable.cpu"),
        (7, 15, "spec.manifests[0]"),
    ]
    assert json.loads(kubenines("validate", QUICKSTART, "--format", "json")[1])["valid"] is True


def test_plan_shows_policies_and_costs(kubenines: Any) -> None:
    code, out, _ = kubenines("plan", QUICKSTART, "--set", "duration=10d", "--set", "replications=3")
    assert code == 0
    assert "quickstart: 2 policies x 3 replications of 10d" in out
    assert "two-replicas" in out
    assert "on one core" in out


def test_plan_says_what_becomes_of_rare_outages(kubenines: Any, tmp_path: Path) -> None:
    written = Path(QUICKSTART).read_text()
    written = written.replace("../manifests", str(Path(QUICKSTART).resolve().parents[1] / "manifests"))
    precise = tmp_path / "precise.yaml"
    precise.write_text(written.replace("replications: 50", "precision: {relative: 10%, atMost: 40}"))
    short = ("plan", str(precise), "--set", "duration=10d")
    _, out, _ = kubenines(*short)
    assert (
        "rare outages of a Service and policy for which 40 replications would not do: after 50 plain ones a pilot"
        in out
    )
    assert json.loads(kubenines(*short, "--format", "json")[1])["rareOutages"]["method"] == "auto"
    assert "rare outages" not in kubenines(*short, "--set", "precision.method=plain")[1]


def test_plan_says_what_does_not_fit(kubenines: Any) -> None:
    _, out, _ = kubenines(
        "plan", QUICKSTART, "--set", "duration=1d", "--set", "cluster.pools[general].allocatable.cpu=150m"
    )
    assert "not placed under as-shipped: frontend" in out
    assert "Insufficient cpu" in out


def test_run_needs_nothing_but_a_file(kubenines: Any, tmp_path: Path) -> None:
    code, out, err = kubenines("run", QUICKSTART, "--set", "duration=5d", "-n", "2", "-j", "1", "--progress", "none")
    assert (code, err) == (0, "")
    assert "two-replicas" in out
    folder = tmp_path / "results" / "quickstart"
    resolved = yaml.safe_load((folder / "resolved.yaml").read_text())
    assert resolved["spec"]["duration"] == "5d"
    assert (folder / "experiment.yaml").read_text() == Path(QUICKSTART).read_text()
    code, shown, _ = kubenines("show", "results/quickstart")
    assert (code, shown) == (0, out.replace(str(folder), "results/quickstart"))


def test_run_refuses_to_mix_experiments_until_told(kubenines: Any) -> None:
    short = ("run", QUICKSTART, "-n", "1", "-j", "1", "-q", "--policy", "as-shipped")
    assert kubenines(*short, "--set", "duration=1d")[0] == 0
    code, _, err = kubenines(*short, "--set", "duration=2d")
    assert code == 2
    assert 'spec.duration: "1d" -> "2d"' in err
    assert kubenines(*short, "--set", "duration=2d", "--fresh")[0] == 0


@pytest.mark.parametrize(("at_least", "options", "code"), [("1%", (), 0), ("100%", (), 1), ("100%", ("--no-fail",), 0)])
def test_objectives_decide_the_exit_code(kubenines: Any, at_least: str, options: tuple[str, ...], code: int) -> None:
    settings = (f"objectives=[{{service: frontend, atLeast: {at_least}}}]", "duration=1y")
    arguments = [word for setting in settings for word in ("--set", setting)]
    found, out, _ = kubenines(
        "run", QUICKSTART, "-n", "4", "-j", "1", "-q", "--policy", "as-shipped", *arguments, *options
    )
    assert found == code
    assert "frontend availability >=" in out


def test_an_interrupted_run_says_how_to_go_on(kubenines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from experiments.runner import endings
    from experiments.runner import run as runner

    def interrupted(*_: Any, **__: Any) -> None:
        raise endings.Interrupted(3, 100, "")

    monkeypatch.setattr(runner, "run", interrupted)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    code, _, err = kubenines("run", QUICKSTART, "--fresh", "--set", "seed=4")
    assert code == 130
    assert f"resume: kubenines run {QUICKSTART} --set seed=4 --resume" in err


@pytest.mark.parametrize("while_it_ran", [True, False])
def test_a_run_whose_engine_is_lost_says_why_and_how_to_go_on(
    kubenines: Any, monkeypatch: pytest.MonkeyPatch, while_it_ran: bool
) -> None:
    from experiments.runner import endings
    from experiments.runner import run as runner
    from experiments.runner.engines import EngineLost

    why = "the Dask scheduler is gone"
    error, said = EngineLost(why), why
    if while_it_ran:
        error, said = endings.BrokenOff(3, 100, "", why), f"{why} after 3 of 100 replications"

    def broken_off(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(runner, "run", broken_off)
    code, _, err = kubenines("run", QUICKSTART, "--fresh", "--set", "seed=4")
    assert code == 3
    assert err.endswith(f"{said}\nresume: kubenines run {QUICKSTART} --set seed=4 --resume\n")


def test_to_resume_and_to_start_anew_is_refused_as_a_contradiction(kubenines: Any) -> None:
    code, out, err = kubenines("run", QUICKSTART, "--resume", "--fresh")
    assert (code, out) == (2, "")
    assert "--resume adds to the results that are there, --fresh starts anew: give one of them" in err


@pytest.mark.parametrize("quiet", [True, False])
def test_damaged_replications_are_said_unless_it_is_to_be_quiet(kubenines: Any, quiet: bool) -> None:
    run = ("run", QUICKSTART, "-o", "out", "-n", "1", "-j", "1", "--set", "duration=1d", *(("-q",) if quiet else ()))
    kubenines(*run, "--fresh")
    [chunk] = Path("out/.state").iterdir()
    chunk.write_text("[]")
    err = " ".join(kubenines(*run)[2].split())
    assert ("is not as it was written: its replications are run again" in err) is not quiet


def test_a_second_interrupt_says_how_to_resume(kubenines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*given: Any, **named: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("experiments.runner.run.run", interrupted)
    found = kubenines("run", QUICKSTART, "-n", "3", "--fresh", "-q")
    assert found == (130, "", f"interrupted\nresume: kubenines run {QUICKSTART} -n 3 -q --resume\n")


def test_an_internal_error_is_one_line(kubenines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from experiments.runner import run as runner

    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(runner, "run", broken)
    code, out, err = kubenines("run", QUICKSTART, "-q")
    assert (code, out) == (3, "")
    assert err == "kubenines: internal error: KeyError: 'oops' (KUBENINES_DEBUG=1 shows where)\n"


def test_a_traceback_is_shown_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from experiments.runner import run as runner

    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(runner, "run", broken)
    monkeypatch.setitem(os.environ, "KUBENINES_DEBUG", "")
    assert main(["-v", "run", QUICKSTART, "-q"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_show_prints_the_resolved_experiment(kubenines: Any, tmp_path: Path) -> None:
    code, out, _ = kubenines("show", QUICKSTART, "--set", "seed=9")
    assert code == 0
    resolved = yaml.safe_load(out)
    assert resolved["spec"]["seed"] == 9
    assert resolved["spec"]["behaviour"]["timing"]["nodeMonitorGracePeriod"] == "50s"


@pytest.mark.parametrize("arguments", [("show", "--service", "web"), ("validate", "--fields", "--format", "json")])
def test_options_that_would_do_nothing_are_usage_errors(kubenines: Any, arguments: tuple[str, ...]) -> None:
    command, *options = arguments
    code, _, err = kubenines(command, QUICKSTART, *options)
    assert code == 2
    assert options[0] in err


def test_show_refuses_a_folder_without_results(kubenines: Any, tmp_path: Path) -> None:
    code, _, err = kubenines("show", str(tmp_path))
    assert code == 2
    assert "not a result folder" in err


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "metadata"),
        ("spec", "What breaks."),
        ("spec.failures", "type: nodeCrash"),
        ("failures.nodeCrash.timeToFailure", "kind: weibull"),
        ("operations", "type: rollout"),
        ("spec.policies[0].patches", "strategic-merge"),
        ("behaviour.timing", "nodeMonitorGracePeriod"),
        ("timing", "--node-monitor-grace-period"),
        ("laws", "kind: weibull"),
        ("laws.weibull", "exp(-(t/scale)^shape)"),
        ("failures.timeToFailure", "kind: weibull"),
        ("failures.timeToFailure.weibull", "exp(-(t/scale)^shape)"),
        ("weibull", "exp(-(t/scale)^shape)"),
        ("nodeCrash", "spec.failures.nodeCrash: "),
        ("nodeCrash.timeToRepair", "spec.failures.nodeCrash.timeToRepair: law"),
        ("rollout", "spec.operations.rollout: "),
        ("maxConcurrent", "spec.operations.drain.maxConcurrent: whole number"),
    ],
)
def test_explain_documents_fields(kubenines: Any, path: str, said: str) -> None:
    code, out, _ = kubenines("explain", path)
    assert code == 0
    assert said in out


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("laws.weibul", "weibull"),
        ("failures.nosuch", "nodeCrash"),
        ("nosuch", "laws"),
        ("failures.nodeCrash.x", "name"),
    ],
)
def test_explain_lists_what_there_is_instead_of_a_wrong_path(kubenines: Any, path: str, known: str) -> None:
    code, _, err = kubenines("explain", path)
    assert code == 2
    assert known in err.partition("there is: ")[2].strip().split(", ")


def test_explain_suggests_a_name(kubenines: Any) -> None:
    code, _, err = kubenines("explain", "spec.polices")
    assert code == 2
    assert "did you mean 'policies'?" in err


def test_every_field_of_the_schema_is_explained(kubenines: Any) -> None:
    code, out, _ = kubenines("schema", "experiment")
    assert code == 0
    schema = json.loads(out)
    silent = {
        f"{name}.{field}"
        for name, node in schema["$defs"].items()
        if name in ("SpecFile", "PodBehaviour", "Timing", "NodeCrash", "ZoneOutage", "ContainerCrash", "Rollout")
        for field, about in node["properties"].items()
        if "description" not in about and "$ref" not in about and field not in ("name", "type", "kind", "seed")
    }
    assert silent == set()


def test_version_names_what_it_stands_on(kubenines: Any) -> None:
    assert kubenines("version")[1].startswith("kubenines ")
    assert "numpy" in json.loads(kubenines("version", "--format", "json")[1])


@pytest.mark.parametrize("years", ["nan", "inf"])
def test_bench_wants_a_number_of_years(years: str, kubenines: Any) -> None:
    code, _, err = kubenines("bench", "cluster", "--years", years)
    assert (code, f"{years} is not a number of years" in err) == (2, True)


def test_bench_prints_what_it_measured(kubenines: Any) -> None:
    code, out, _ = kubenines("bench", "cluster", "--nodes", "3", "--pods", "20", "--years", "0.01", "--format", "json")
    assert code == 0
    assert json.loads(out)["nodes"] == 3
    assert (
        "transitions per second" in kubenines("bench", "cluster", "--nodes", "3", "--pods", "20", "--years", "0.01")[1]
    )
    assert "placed: 40\n" in kubenines("bench", "placement", "--nodes", "4", "--pods", "40")[1]
    assert "policy: roundRobin\n" in kubenines("bench", "traffic", "--requests", "500", "--policy", "roundRobin")[1]


UNREAD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  setHostnameAsFQDN: true
  schedulerName: mine
  containers: [{name: c, image: "web:1"}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""

PLAIN = """\
apiVersion: kubenines/v1
kind: Experiment
metadata: {name: x}
spec:
  duration: 1d
  replications: 2
  cluster: {pools: [{name: general, count: 3, allocatable: {cpu: "4", memory: 16Gi}}]}
  manifests: [app.yaml]
"""


@pytest.mark.parametrize("command", ["validate", "plan", "run"])
def test_what_is_not_read_is_named_and_with_strict_an_error(kubenines: Any, command: str, tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(UNREAD)
    (tmp_path / "e.yaml").write_text(PLAIN)
    code, out, _ = kubenines(command, "e.yaml")
    assert code == 0
    assert "not read, too good: Pod spec.setHostnameAsFQDN (once at app.yaml:5:22): the pod does not start" in out
    assert "not read, unknown: Pod spec.schedulerName (once at app.yaml:6:18)" in out
    code, _, err = kubenines(command, "e.yaml", "--strict")
    assert code == 2
    assert [line.split(": ")[:2] for line in err.splitlines()] == [
        ["app.yaml:5:22", "Pod spec.setHostnameAsFQDN"],
        ["app.yaml:6:18", "Pod spec.schedulerName"],
    ]
    (tmp_path / "app.yaml").write_text(UNREAD.replace("  setHostnameAsFQDN: true\n  schedulerName: mine\n", ""))
    assert kubenines(command, "e.yaml", "--strict", *(["--fresh"] if command == "run" else []))[0] == 0


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_pods_that_would_not_start_are_with_strict_an_error(kubenines: Any, command: str, tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
        "spec: {nodeSelector: {disk: ssd}, containers: [{name: c, image: x}]}\n"
    )
    (tmp_path / "e.yaml").write_text(PLAIN)
    assert kubenines(command, "e.yaml")[0] == 0
    code, _, err = kubenines(command, "e.yaml", "--strict")
    assert code == 2
    wrong = [line for line in err.splitlines() if line.startswith("e.yaml: ")]
    assert wrong[0].startswith("e.yaml: not placed under as-shipped: web: 0/3 nodes are available: ")
    assert [" no node has disk=ssd" in line for line in wrong] == [False, True]


def test_results_and_report_carry_what_is_not_read(kubenines: Any, tmp_path: Path) -> None:
    from experiments.results import Results

    (tmp_path / "app.yaml").write_text(UNREAD)
    (tmp_path / "e.yaml").write_text(PLAIN)
    assert kubenines("run", "e.yaml", "-o", "out")[0] == 0
    fields = Results.open("out").fields
    assert list(fields["field"]) == ["Pod spec.setHostnameAsFQDN", "Pod spec.schedulerName"]
    assert list(fields["effect"]) == ["too good", "unknown"]
    assert list(fields["first"]) == ["app.yaml:5:22", "app.yaml:6:18"]
    assert kubenines("report", "out")[0] == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert ">Pod spec.setHostnameAsFQDN</th>" in page
    found = json.loads(kubenines("validate", "e.yaml", "--format", "json")[1])["notRead"]
    assert [(one["field"], one["line"], one["count"]) for one in found] == [
        ("Pod spec.setHostnameAsFQDN", 5, 1),
        ("Pod spec.schedulerName", 6, 1),
    ]


def test_validate_says_what_becomes_of_every_field(kubenines: Any, tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(UNREAD)
    code, out, _ = kubenines("validate", "--fields", "app.yaml")
    assert code == 0
    assert "| app.yaml | 6 | 1 | 2 |" in out
    assert (
        "| `Pod spec.schedulerName` | 1 | unknown | another scheduler places the pod; here the default one does |"
        in out
    )
    assert "| `Service spec.ports[].port` | 1 | a port is a number that clients know |" in out
    assert "| `Service spec.selector.*` | 1 |" in out


@pytest.mark.parametrize("services", ["", "  services: [{name: web}]\n"])
def test_a_service_of_pods_that_nothing_makes_is_an_error(kubenines: Any, tmp_path: Path, services: str) -> None:
    controller = "apiVersion: apps.kruise.io/v1alpha1\nkind: CloneSet\nmetadata: {name: once}\nspec:\n  template:\n"
    controller += "    metadata: {labels: {app: web}}\n    spec: {containers: [{name: c, image: i}]}\n---\n"
    (tmp_path / "app.yaml").write_text(controller + UNREAD.partition("---\n")[2])
    (tmp_path / "e.yaml").write_text(PLAIN + services)
    code, out, err = kubenines("run", "e.yaml", "-q")
    assert (code, out) == (2, "")
    assert "selects pods of CloneSet/once, which is not simulated yet: it has no endpoints" in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_stdout_that_takes_nothing_is_said() -> None:
    command = [sys.executable, "-m", "kubenines", "version"]
    with Path("/dev/full").open("wb") as full:
        found = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (found.returncode, found.stderr) == (2, "kubenines: stdout: No space left on device\n")


@pytest.mark.parametrize("closed", ["| head -c 0", ">&-", ">&- 2>&-"])
def test_a_stdout_that_is_closed_is_no_mistake(closed: str) -> None:
    command = f"set -o pipefail; {sys.executable} -m kubenines version {closed}"
    found = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
