"""Two ranks against one: sums of gradients, a shared decision, and nobody waiting for ever.

The ranks are engines in threads of this process with gloo between them; as processes under torchrun's variables they
are in the TypeScript specs.
"""

import datetime
import threading

import grpc
import pytest
import torch
import torch.distributed as dist

from chexengine import joint_step, testing
from chexengine.engine import Engine
from chexengine.errors import EngineError
from chexengine.gen import engine_pb2 as pb
from chexengine.ranks import Ranks

PATIENCE_SECONDS = 60.0
RELATIVE = 1e-6
TEXTS = ("Findings?", "Are the lungs clear?")


def meeting(size=2, seconds=PATIENCE_SECONDS):
    """The ranks of one group."""
    store = dist.HashStore()
    made: list[Ranks | None] = [None] * size

    def join(rank):
        options = dist.ProcessGroupGloo._Options()
        options._devices = [dist.ProcessGroupGloo.create_device(hostname="127.0.0.1")]
        options._timeout = datetime.timedelta(seconds=PATIENCE_SECONDS)
        group = dist.ProcessGroupGloo(dist.PrefixStore("torch", store), rank, size, options)
        made[rank] = Ranks(rank, size, store, lambda tensor: group.allreduce([tensor]).wait(), 1, seconds)

    at_once(*[lambda rank=rank: join(rank) for rank in range(size)])
    return made


def at_once(*calls):
    """What each call gives, or the EngineError it ends with."""
    results = [None] * len(calls)

    def run(at):
        try:
            results[at] = calls[at]()
        except EngineError as error:
            results[at] = error

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()
    return results


def engine(folder, ranks=None, seed=5):
    """A float64 engine with a policy and the two prompts; alone unless it is given a place among ranks."""
    made = Engine("test", ranks) if ranks else Engine("test")
    made.load(pb.LoadRequest(source=str(folder), dtype="float64", random_weights=True, seed=7, threads=1))
    testing.new_policy(made, seed=seed)
    requests = [testing.prompt(text, testing.picture(number)) for number, text in enumerate(TEXTS)]
    return made, testing.groups(testing.prepare(made, *requests))


def policy(made):
    return testing.parts_of(made)[2].get("policy")


def go(made, groups, factor=1.0):
    """Forward with known gradients, which differ from token to token."""
    for group in groups:
        for number, completion in enumerate(group.completions):
            values = [factor * (0.3 * at - number - 0.5) for at in range(len(completion.tokens))]
            completion.gradient[:] = values
    made.forward(pb.ForwardRequest(groups=groups, adapter="policy"))


def step(made, number=1, **settings):
    return made.step(testing.step_request("policy", number, **settings))


def step_all(engines, number=1, **settings):
    return at_once(*[lambda made=made: step(made, number, **settings) for made, _ in engines])


def relative(found, wanted):
    return float((found - wanted).norm() / wanted.norm())


@pytest.fixture
def two(gemma_folder):
    return [engine(gemma_folder, ranks) for ranks in meeting()]


def test_the_sum_over_two_ranks_is_one_ranks_gradient(folder):
    ranks = meeting()
    two = [engine(folder, each) for each in ranks]
    alone, groups = engine(folder)
    for number, (made, own) in enumerate(two):
        go(made, [own[number]])
    go(alone, groups)
    wanted = testing.gradients(alone, "policy")
    names = list(policy(alone).parameters)
    half = testing.gradients(two[0][0], "policy")
    assert min(relative(half[name], wanted[name]) for name in names) > 0.01
    pairs = [(each, policy(made)) for each, (made, _) in zip(ranks, two, strict=True)]
    at_once(*[lambda pair=pair: joint_step.add_gradients(*pair, names) for pair in pairs])
    for made, _ in two:
        found = testing.gradients(made, "policy")
        assert list(found) == list(wanted)
        assert max(relative(found[name], wanted[name]) for name in names) < RELATIVE


def test_adapters_stay_equal_and_go_where_one_rank_goes(two, gemma_folder, monkeypatch):
    # Many buckets, the last not full.
    monkeypatch.setattr(joint_step, "BUCKET_ELEMENTS", 300)
    alone, groups = engine(gemma_folder)
    before = {name: value.detach().clone() for name, value in policy(alone).parameters.items()}
    for number in (1, 2, 3):
        for at, (made, own) in enumerate(two):
            go(made, [own[at]])
        go(alone, groups)
        wanted = step(alone, number, clip_norm=1.0, weight_decay=0.1)
        answers = step_all(two, number, clip_norm=1.0, weight_decay=0.1)
        assert answers[0] == answers[1]
        assert answers[0].gradient_norm == pytest.approx(wanted.gradient_norm, rel=RELATIVE)
        assert (answers[0].step, answers[0].outcome) == (number, pb.STEP_OUTCOME_APPLIED)
    first, second = (policy(made) for made, _ in two)
    assert (first.version, first.step, first.updates) == (second.version, second.step, second.updates)
    for name, value in policy(alone).parameters.items():
        assert torch.equal(first.parameters[name], second.parameters[name])
        assert all(torch.equal(*pair) for pair in zip(first.moments[name], second.moments[name], strict=True))
        moved = value.detach() - before[name]
        assert relative(first.parameters[name].detach() - before[name], moved) < RELATIVE


def test_a_rank_without_a_gradient_adds_zeros(two, gemma_folder):
    alone, groups = engine(gemma_folder)
    go(alone, groups)
    go(two[1][0], two[1][1])
    wanted = step(alone)
    answers = step_all(two)
    assert [one.gradient_norm for one in answers] == pytest.approx([wanted.gradient_norm] * 2, rel=RELATIVE)
    for name, value in policy(alone).parameters.items():
        assert torch.equal(policy(two[0][0]).parameters[name], policy(two[1][0]).parameters[name])
        assert relative(policy(two[0][0]).parameters[name].detach(), value.detach()) < RELATIVE


def test_no_gradient_anywhere_leaves_all_weights_alone(two):
    before = [value.detach().clone() for value in policy(two[0][0]).parameters.values()]
    answers = step_all(two, weight_decay=0.5)
    assert [one.gradient_norm for one in answers] == [0, 0]
    for made, _ in two:
        assert all(torch.equal(a, b) for a, b in zip(before, policy(made).parameters.values(), strict=True))


def test_all_skip_what_is_not_finite_on_one(two):
    before = [value.detach().clone() for value in policy(two[0][0]).parameters.values()]
    go(two[0][0], two[0][1])
    go(two[1][0], two[1][1], factor=float("inf"))
    answers = step_all(two)
    assert [one.outcome for one in answers] == [pb.STEP_OUTCOME_SKIPPED_NON_FINITE] * 2
    for made, _ in two:
        assert all(torch.equal(a, b) for a, b in zip(before, policy(made).parameters.values(), strict=True))
        assert (policy(made).step, policy(made).updates, policy(made).gradients) == (1, 0, {})


def test_a_repeated_step_is_answered_from_memory_by_all(two):
    for made, groups in two:
        go(made, groups)
    answers = step_all(two)
    assert step_all(two) == answers
    go(two[0][0], two[0][1])
    assert step_all(two) == answers
    assert policy(two[0][0]).gradients  # those of the next step stay


def test_what_one_rank_refuses_none_makes(two):
    for made, groups in two:
        go(made, groups)
    first, second = (made for made, _ in two)
    for wrong in (
        lambda: step(second, 4),
        lambda: second.step(testing.step_request("nobody", 1)),
        lambda: step(second, 1, epsilon=0.0),
    ):
        answers = at_once(lambda: step(first), wrong)
        assert all(isinstance(answer, EngineError) for answer in answers)
        assert str(answers[0]).startswith(f"Step: rank 1 refused it, so no rank made it: {answers[1]}")
        assert answers[0].code == grpc.StatusCode.FAILED_PRECONDITION
    assert [policy(made).step for made in (first, second)] == [0, 0]
    assert all(policy(made).gradients for made in (first, second))
    # And nothing is out of step afterwards.
    answers = step_all(two)
    assert answers[0] == answers[1]
    assert answers[0].step == 1


def test_ranks_that_do_not_stand_alike_are_refused(two):
    first, second = (made for made, _ in two)
    for text, prepare, calls in (
        ("different Steps", lambda: None, (lambda: step(first), lambda: step(second, learning_rate=0.5))),
        ("different weights", lambda: nudge(second), (lambda: step(first), lambda: step(second))),
    ):
        prepare()
        answers = at_once(*calls)
        assert all(isinstance(answer, EngineError) and text in str(answer) for answer in answers)
    assert [policy(made).step for made in (first, second)] == [0, 0]


def nudge(made):
    """The least change of one weight."""
    weights = next(iter(policy(made).parameters.values())).data.view(-1)
    weights[3] = torch.nextafter(weights[3], torch.tensor(9.0, dtype=weights.dtype))


def test_a_rank_that_does_not_come_is_named_in_bounded_time(gemma_folder):
    made, groups = engine(gemma_folder, meeting(seconds=0.5)[0])
    go(made, groups)
    with pytest.raises(EngineError, match=r"rank 1 did not come within 0\.5 s") as refusal:
        step(made)
    assert refusal.value.code == grpc.StatusCode.INTERNAL
    assert policy(made).step == 0
    with pytest.raises(EngineError, match="no longer stand alike"):
        step(made)


def test_meetings_leave_nothing_behind():
    ranks = meeting(size=3)
    store = ranks[0]._store
    for number in range(5):
        said = [{"rank": each.rank, "at": number} for each in ranks]
        calls = [lambda each=each, own=own: each.agree(own) for each, own in zip(ranks, said, strict=True)]
        assert at_once(*calls) == [said] * 3
    assert not store.check(["meeting-2/1"])
    assert store.check(["meeting-4/1"])


def test_one_seed_gives_one_adapter_everywhere(two):
    lora = pb.Lora(rank=4, alpha=8, seed=11)
    for made, _ in two:
        torch.rand(3 if made is two[0][0] else 5)  # whatever was drawn before
        made.new_adapter(pb.NewAdapterRequest(name="drawn", lora=lora, trainable=True))
    first, second = (testing.parts_of(made)[2].get("drawn").parameters for made, _ in two)
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert any(bool(value.any()) for value in first.values())


def test_describe_says_which_rank_it_is(two):
    assert [(made.describe("", 0).rank, made.describe("", 0).world_size) for made, _ in two] == [(0, 2), (1, 2)]
    assert "gloo" in two[0][0].describe("", 0).rank_backends


@pytest.mark.parametrize(("local_size", "threads", "wanted"), [(2, 8, 4), (3, 8, 2), (9, 8, 1)])
def test_ranks_of_one_machine_share_its_cores(monkeypatch, local_size, threads, wanted):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        Ranks(0, local_size, local_size=local_size).share_threads()
        assert torch.get_num_threads() == wanted
        torch.set_num_threads(threads)
        Ranks().share_threads()
        assert torch.get_num_threads() == threads
        monkeypatch.setenv("OMP_NUM_THREADS", str(threads))
        Ranks(0, local_size, local_size=local_size).share_threads()
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
