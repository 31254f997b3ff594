"""Rows in parts: all of them, in order, about equal, as many parts as threads."""

import itertools

import pytest

from chexengine.row_parts import PART_TOKENS, parts_of


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_every_row_is_in_one_part_and_no_part_is_empty(threads):
    for lengths in itertools.product([1, 50, 700, 3000], repeat=4):
        parts = parts_of(list(lengths), threads)
        assert [row for part in parts for row in range(part.start, part.stop)] == [0, 1, 2, 3]
        assert all(part.stop > part.start for part in parts)
        assert len(parts) >= min(threads, 4)


def test_parts_are_about_equal_in_tokens():
    assert parts_of([100] * 4, 2) == [slice(0, 2), slice(2, 4)]
    assert parts_of([300, 100, 100, 100], 2) == [slice(0, 1), slice(1, 4)]
    assert parts_of([100, 100, 100, 300], 2) == [slice(0, 3), slice(3, 4)]


def test_a_part_has_a_limit_and_a_row_alone_may_pass_it():
    assert len(parts_of([PART_TOKENS // 2] * 8, 1)) == 4
    assert parts_of([5 * PART_TOKENS], 1) == [slice(0, 1)]
