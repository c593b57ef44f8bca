"""The rest of the test kit (H3): a clock, run ids, made-up streams, and the comparison with hand-written tracking."""

from __future__ import annotations

import time

import pytest
from ldai.client import LDAIClient
from ldai.tracker import TokenUsage
from ldclient import Context

from ldtrack import _clients, _settings, tracked
from ldtrack._switches import switches
from ldtrack.testing import Clock, FakeStream, assert_same_events, local_launchdarkly, run_ids
from support import CONFIGS, KEY, Reply, register_own_provider

USER = Context.create("test-user")


@pytest.fixture
def ldtrack_configs():
    """The configs of the contract's tests."""
    register_own_provider()
    return CONFIGS


@tracked(KEY)
def stream(source):
    """Pass a made-up stream on."""
    yield from source.sync()


@tracked(KEY)
async def async_stream(source):
    """Pass a made-up stream on."""
    async for chunk in source.asynchronous():
        yield chunk


@tracked(KEY)
def answer():
    """Answer as our own provider."""
    return Reply()


def test_h3_times_come_out_to_the_millisecond(ldtrack_local, ldtrack_clock):
    """What the consumer and the provider take, as the test says."""
    chunks = stream(FakeStream("Hel", "lo"))
    ldtrack_clock.tick(ms=5)
    next(chunks)  # starts the clock; the role
    ldtrack_clock.tick(ms=80)
    next(chunks)
    ldtrack_clock.tick(ms=20)
    list(chunks)

    ldtrack_local.runs().only().with_ttft(80).with_duration(100)


def test_h3_the_clock_is_put_back():
    """Afterwards, and after an exception too."""
    with pytest.raises(LookupError), Clock().used():
        raise LookupError
    with local_launchdarkly(CONFIGS) as local:
        tracked(KEY)(lambda: time.sleep(0.02))()
        assert local.runs().only().record.duration_ms >= 19


def test_h3_a_clock_does_not_go_back():
    """It would make times negative."""
    with pytest.raises(ValueError, match="cannot be turned back: ms=-1"):
        Clock().tick(ms=-1)


def test_h3_run_ids_are_those_of_the_test(ldtrack_local):
    """In order; then random ones again."""
    with run_ids("first", "second"):
        for _ in range(3):
            answer()
    answer()

    ids = [run.run_id for run in ldtrack_local.runs()]
    assert ["first", "second"] == ids[:2]
    assert [36, 36] == [len(value) for value in ids[2:]]


def test_h3_equal_run_ids_are_refused():
    """Their events could not be told apart."""
    with pytest.raises(ValueError, match="an id of its own: one, one"), run_ids("one", "one"):
        pass


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (FakeStream("a", "b", input=3, output=2), ("success", 3, 2)),
        (FakeStream("a"), ("success", None, None)),
        (FakeStream("a", role_first=False, output=2), ("success", None, 2)),
        (FakeStream("a", input=3, output=2, finished=False), ("error", None, None)),
        (FakeStream("a", input=3, error=TimeoutError()), ("error", None, None)),
    ],
    ids=["whole", "no usage", "no role", "no terminal marker", "breaks off"],
)
@pytest.mark.anyio
async def test_h3_made_up_streams_are_read_as_a_providers(source, expected, ldtrack_local):
    """By the registry, for both kinds of iteration, and again."""
    try:
        list(stream(source))
    except TimeoutError:
        assert "error" == expected[0]
    try:
        _ = [chunk async for chunk in async_stream(source)]
    except TimeoutError:
        assert "error" == expected[0]

    got = [(run.outcome, run.input_tokens, run.output_tokens) for run in ldtrack_local.runs()]
    assert [expected, expected] == got
    assert all(run.time_to_first_token_ms is not None for run in ldtrack_local.runs())


@pytest.mark.parametrize(
    ("counts", "told"),
    [({}, None), ({"input": 3}, (3, 0)), ({"output": 2}, (0, 2)), ({"input": 3, "output": 2}, (3, 2))],
)
def test_h3_usage_comes_last_if_it_was_given(counts, told):
    """As a provider sends it that was asked for it."""
    last = list(FakeStream("a", **counts).sync())[-1]
    usage = last.get("usage")

    assert told == (usage and (usage["prompt_tokens"], usage["completion_tokens"]))
    assert (told is None) == bool(last["choices"])


def test_h3_made_up_chunks_can_be_an_sdks():
    """The SDK's class validates them."""
    chunks = pytest.importorskip("openai.types.chat").ChatCompletionChunk
    made = list(FakeStream("a", input=1, output=2, chunk=chunks.model_validate).sync())

    assert [chunks] * 4 == [type(chunk) for chunk in made]
    assert ("a", 3) == (made[1].choices[0].delta.content, made[-1].usage.total_tokens)


def by_hand(local, *, output=5):
    """What `answer` does, tracked by hand."""
    tracker = LDAIClient(local.client).completion_config(KEY, USER).create_tracker()
    tracker.track_duration(999)
    tracker.track_success()
    tracker.track_tokens(TokenUsage(total=3 + output, input=3, output=output))


def test_h3_hand_written_and_decorated_tracking_are_compared(ldtrack_local):
    """Times and run ids differ by nature; anything else is listed."""
    answer()
    decorated = ldtrack_local.events
    ldtrack_local.clear()
    by_hand(ldtrack_local)
    assert_same_events(ldtrack_local.events, decorated)
    ldtrack_local.clear()
    by_hand(ldtrack_local, output=6)

    with pytest.raises(AssertionError) as failed:
        assert_same_events(ldtrack_local.events, decorated)
    only_by_hand, only_decorated = str(failed.value).split("only decorated:")
    assert "1 × run 1  $ld:ai:tokens:output  6  test-user" in only_by_hand
    assert "1 × run 1  $ld:ai:tokens:output  5  test-user" in only_decorated
    assert "duration" not in str(failed.value)


def test_h3_events_of_one_run_are_not_those_of_two(ldtrack_local):
    """The same events spread over two run ids would show as two runs."""
    config = LDAIClient(ldtrack_local.client).completion_config(KEY, USER)
    config.create_tracker().track_success()
    config.create_tracker().track_duration(5)
    tracker = config.create_tracker()
    split = ldtrack_local.events
    ldtrack_local.clear()
    tracker.track_success()
    tracker.track_duration(5)

    with pytest.raises(AssertionError, match="only hand-written:\n  1 × run 2  "):
        assert_same_events(split, ldtrack_local.events)


def test_h3_what_was_configured_before_is_back_afterwards():
    """Settings and switches, also after an exception; and nothing holds the closed client."""
    _settings.configure(context=USER, interrupted="error")
    before = _settings.current
    with pytest.raises(LookupError), local_launchdarkly(CONFIGS) as local:
        tracked(KEY)(lambda: None)()
        assert switches.strict
        assert local.client in _clients.used_clients()
        raise LookupError

    assert before is _settings.current
    assert not switches.strict
    assert local.client not in _clients.used_clients()
    assert [] == [made for _, made in _clients.ready.values() if _clients.base_client(made) is local.client]
