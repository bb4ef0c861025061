"""The engines that an experiment runs on."""

from collections.abc import Iterator

import pytest

from tests.experiments.runner.engines import clusters


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clusters.Cluster]:
    """A Dask cluster of two processes, for all tests that leave it as it is, or kill a worker."""
    with clusters.processes(tmp_path_factory.mktemp("cluster")) as started:
        yield started


@pytest.fixture
def cluster(standing: clusters.Cluster) -> clusters.Cluster:
    """A Dask cluster of two processes, whose workers are started again if a test has killed them."""
    clusters.wait_for_workers(standing.address, 2)
    return standing


@pytest.fixture(params=["1", "2", pytest.param("dask", marks=pytest.mark.slow)])
def where(request: pytest.FixtureRequest) -> str:
    """Every engine, as `clusters.engine_at` calls it."""
    return str(request.param if request.param != "dask" else request.getfixturevalue("cluster").address)


@pytest.fixture(params=["2", pytest.param("dask", marks=pytest.mark.slow)])
def elsewhere(request: pytest.FixtureRequest) -> str:
    """Every engine of other processes than this one."""
    return str(request.param if request.param != "dask" else request.getfixturevalue("cluster").address)
