"""G4: tasks of Ray, which ends its workers without any exit hook."""

from __future__ import annotations

import pytest

from events_endpoint import EventsEndpoint
from needs import needs
from tracking_app import finished

needs("ray")

SUCCESS = "$ld:ai:generation:success"
SCRIPT = """
    import ray

    @delivers
    @tracked(KEY, extractor=read_reply, context=USER, client=make_client)
    def local(question):
        return Reply()

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    print(len(ray.get([ray.remote({task}).remote("question") for _ in range(10)])))
    ray.shutdown()
"""


@pytest.mark.parametrize("task", ["delivering", "local"], ids=["by name", "by value"])
def test_g4_ray(endpoint: EventsEndpoint, task: str) -> None:
    """Each task delivers before it returns; what travels by value carries no client, but what makes one."""
    ended = finished(endpoint, SCRIPT.format(task=task))

    assert "10" == ended.stdout.strip(), ended.stderr
    assert 10 == len(endpoint.metrics(SUCCESS))
