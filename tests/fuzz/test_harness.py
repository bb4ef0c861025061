from pathlib import Path

from tests.fuzz import faulty, harness


def test_every_fault_is_found_with_its_bytes_and_the_rest_goes_on(tmp_path: Path) -> None:
    count = 12
    tried = [faulty.TARGET.mutant(6, i, []) for i in range(count)]
    assert set(tried) == set(faulty.FAULTS)

    outcome = harness.run("tests.fuzz.faulty", count, tmp_path, seed=6, cpu_seconds=0.5)

    assert (outcome.valid, outcome.refused) == (tried.count(b"fine"), tried.count(b"refused"))
    found = {path.with_suffix(".input").read_bytes(): path.read_text("utf-8") for path in outcome.findings}
    assert {data: story.splitlines()[0].partition(" at ")[0] for data, story in found.items()} == {
        b"raises": "KeyError",
        b"takes memory": "MemoryError",
        b"dies": "SIGABRT",
        b"takes time": "too much CPU time",
    }


def test_a_mutant_depends_on_its_target_seed_and_number_only() -> None:
    mutants = [faulty.TARGET.mutant(2, i, []) for i in range(50)]
    assert mutants == [faulty.TARGET.mutant(2, i, []) for i in range(50)]
    assert mutants != [faulty.TARGET.mutant(3, i, []) for i in range(50)]
