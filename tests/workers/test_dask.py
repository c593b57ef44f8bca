"""G4: Dask's worker processes."""

from __future__ import annotations

import pytest

from events_endpoint import EventsEndpoint
from needs import needs
from tracking_app import finished

needs("distributed")

SUCCESS = "$ld:ai:generation:success"
SCRIPT = """
    from distributed import Client, LocalCluster

    @delivers
    @tracked(KEY, extractor=read_reply, context=USER, client=make_client)
    def local(question):
        return Reply()

    if __name__ == "__main__":
        with LocalCluster(n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None) as cluster:
            with Client(cluster) as client:
                client.run({run})
                print(len(client.gather([client.submit({task}, f"question {{n}}") for n in range(10)])))
"""
TASKS = {
    "by name": ("delivering", "os.getpid"),
    "by value": ("local", "os.getpid"),
    "without @delivers": ("answer", "set_up"),
}


@pytest.mark.parametrize(("task", "run"), TASKS.values(), ids=TASKS)
def test_g4_dask(endpoint: EventsEndpoint, task: str, run: str) -> None:
    """Its workers end as Python does, so that they deliver in the end at the latest."""
    ended = finished(endpoint, SCRIPT.format(task=task, run=run))

    assert "10" == ended.stdout.strip(), ended.stderr
    assert 10 == len(endpoint.metrics(SUCCESS))
