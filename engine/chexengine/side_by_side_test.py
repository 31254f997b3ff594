"""Side by side: the order of results, one torch thread each, and nothing left changed."""

import threading

import pytest
import torch

from chexengine.side_by_side import in_parts, one_thread, side_by_side


@pytest.fixture(autouse=True)
def threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_each_has_one_thread_and_its_place(count):
    seen = []

    def work(number):
        seen.append((torch.get_num_threads(), torch.is_grad_enabled()))
        return number * number

    assert side_by_side(work, range(count)) == [number * number for number in range(count)]
    assert seen == [(1, False)] * count
    assert torch.get_num_threads() == 3


def test_they_are_at_work_at_the_same_time():
    meeting = threading.Barrier(3, timeout=30)  # breaks, and raises, where one would have to end before the next begins
    assert len(side_by_side(lambda _: meeting.wait(), range(3))) == 3


def test_no_more_than_torch_has_threads():
    ran = set()
    side_by_side(lambda _: ran.add(threading.get_ident()), range(50))
    assert len(ran) <= 3
    torch.set_num_threads(1)
    side_by_side(lambda _: ran.add(threading.get_ident()), range(2))
    assert threading.get_ident() in ran


def test_fewer_items_need_no_threads_of_their_own():
    ran = set()
    for count in (2, 3):
        meeting = threading.Barrier(count, timeout=30)
        side_by_side(lambda _, meeting=meeting: ran.add((meeting.wait(), threading.get_ident())[1]), range(count))
    assert len(ran) == 3


def test_an_error_is_the_first_items_and_the_count_is_put_back():
    def work(number):
        if number:
            raise ValueError(str(number))

    with pytest.raises(ValueError, match="1"):
        side_by_side(work, range(5))
    assert torch.get_num_threads() == 3


def test_threads_that_begin_later_have_all():
    side_by_side(lambda _: None, range(3))
    later = []
    thread = threading.Thread(target=lambda: later.append((torch.ones(9).sum(), torch.get_num_threads())))
    thread.start()
    thread.join()
    assert later[0][1] == 3


def test_one_thread_puts_the_count_back():
    def fail():
        with one_thread():
            assert torch.get_num_threads() == 1
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert torch.get_num_threads() == 3


def test_graphs_are_kept_where_they_are_asked_for():
    seen = []

    def work(number):
        seen.append(torch.is_grad_enabled())
        return (torch.ones(1, requires_grad=True) * number).requires_grad

    assert side_by_side(work, range(3), gradients=True) == [True] * 3
    assert side_by_side(work, range(3)) == [False] * 3
    assert seen == [True] * 3 + [False] * 3


def test_inference_goes_on_in_the_threads():
    def work(tensor):
        tensor += 1  # refused outside of inference for what was made inside
        return torch.is_inference_mode_enabled()

    with torch.inference_mode():
        made = [torch.zeros(1) for _ in range(3)]
        assert side_by_side(work, made) == [True] * 3
    assert [float(each) for each in made] == [1, 1, 1]


def test_one_part_has_all_threads_and_several_one_each():
    def work(_part):
        return torch.get_num_threads(), torch.is_grad_enabled()

    assert in_parts(work, [0], gradients=True) == [(3, True)]
    assert in_parts(work, [0, 1], gradients=True) == [(1, True)] * 2
    assert in_parts(work, [0], gradients=False) == [(3, False)]
