"""The cache of rows against a dictionary of what was written, and the room that it takes."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from bltgen.model.cache import PlaneShape, RowCache, Span, ranges

CPU = torch.device("cpu")
SHAPES = (PlaneShape(2, 1, 3, torch.float32), PlaneShape(1, 2, 2, torch.float64))


def everything(row: int) -> int:
    """All positions may still be read."""
    return 0


def cache_of(rows: int, oldest=everything) -> RowCache:
    """Two planes: of two layers in float32, and of two heads in float64."""
    return RowCache(SHAPES, rows, oldest, CPU)


def write(cache: RowCache, span: Span, model: dict, marks: random.Random) -> None:
    """Random vectors at the new positions of all planes, kept in `model` by (plane, layer, row, position)."""
    for plane, shape in enumerate(SHAPES):
        for layer in range(shape.layers):
            values = torch.tensor(
                [
                    [[marks.random() for _ in range(shape.width)] for _ in range(shape.groups)]
                    for _ in range(span.total)
                ],
                dtype=shape.dtype,
            )
            cache.write(plane, layer, span, values)
            at = 0
            for row, position, count in zip(span.rows, span.positions, span.counts, strict=True):
                for offset in range(count):
                    model[plane, layer, row, position + offset] = values[at]
                    at += 1


def check(cache: RowCache, model: dict, oldest) -> None:
    """What was written is still there, from the oldest position that may be read."""
    for plane, shape in enumerate(SHAPES):
        for layer in range(shape.layers):
            for row in range(cache.rows):
                assert cache.first[row] <= max(oldest(row), 0) or cache.first[row] <= cache.length[row]
                for position in range(
                    max(oldest(row), cache.first[row]), cache.length[row] + cache.ahead[row]
                ):
                    expected = model[plane, layer, row, position]
                    slot = position - cache.first[row]
                    assert torch.equal(cache.planes[plane][layer][row, :, slot], expected)


def test_ranges_are_runs_of_numbers():
    """One after the other; of one each, the starts."""
    assert ranges([5, 0], [2, 1]) == [5, 6, 0]
    assert ranges([5, 9], [1, 1]) == [5, 9]
    assert ranges((5, 9), [1, 1]) == [5, 9]
    assert ranges([5, 9], [1, 0]) == [5]
    assert ranges([5, 9], [0, 3]) == [9, 10, 11]


def test_a_span_knows_its_positions():
    """How many, whether of one row, whether one each; where rows end and where vectors lie."""
    span = Span([0, 2], [2, 1], [7, 4], [3, 4], 16, CPU)
    assert (span.total, span.single, span.steps) == (3, False, False)
    assert span.ends.tolist() == [1, 2]
    assert span.slots(1).tolist() == [3, 4, 2 * 16 + 4]
    assert span.slots(2).tolist() == [3, 16 + 3, 4, 16 + 4, 64 + 4, 64 + 16 + 4]
    assert span.slots(2) is span.slots(2)
    one = Span([1], [1], [0], [0], 16, CPU)
    assert (one.single, one.steps, one.reaches) == (True, True, {})
    assert Span([1], [2], [0], [0], 16, CPU).steps is False
    assert Span([0, 1], [1, 1], [0, 0], [0, 0], 16, CPU).steps is True


def test_a_new_cache_is_zero_and_shared_with_numpy_where_it_can_be():
    """Sixteen slots a row; memory counts all planes; float64 has no arrays."""
    cache = cache_of(3)
    assert (cache.rows, cache.capacity, cache.first, cache.length, cache.ahead) == (
        3,
        16,
        [0] * 3,
        [0] * 3,
        [0] * 3,
    )
    assert [[layer.shape for layer in plane] for plane in cache.planes] == [
        [(3, 1, 16, 3)] * 2,
        [(3, 2, 16, 2)],
    ]
    assert cache.nbytes == 2 * 3 * 16 * 3 * 4 + 3 * 2 * 16 * 2 * 8
    assert not any(layer.any() for plane in cache.planes for layer in plane)
    assert (len(cache.arrays[0]), cache.arrays[1]) == (2, [])
    cache.planes[0][1][2, 0, 5, 1] = 7.0
    assert cache.arrays[0][1][2, 0, 5, 1] == 7.0
    assert cache_of(0).rows == 0
    meta = RowCache(SHAPES, 1, everything, torch.device("meta"))
    assert (meta.planes[0][0].device.type, meta.arrays) == ("meta", [[], []])


def test_reserved_positions_follow_the_length():
    """Of the rows named, each by its count; nothing ahead is left."""
    cache = cache_of(3)
    span = cache.reserve([0, 2], [3, 1])
    assert (list(span.rows), list(span.counts), span.positions, span.begins) == (
        [0, 2],
        [3, 1],
        [0, 0],
        [0, 0],
    )
    assert cache.length == [3, 0, 1]
    ahead = cache.reserve_ahead([0], [2])
    assert (ahead.positions, ahead.begins, cache.length, cache.ahead) == ([3], [3], [3, 0, 1], [2, 0, 0])
    more = cache.reserve_ahead([0, 1], [1, 1])
    assert (more.positions, cache.ahead) == ([5, 0], [3, 1, 0])
    again = cache.reserve([0], [1])
    assert (again.positions, cache.length, cache.ahead) == ([3], [4, 0, 1], [0, 1, 0])
    assert cache.span([2], [1], [0]).begins == [0]


def test_vectors_are_read_back_where_they_were_written():
    """One position, several of a row, several rows."""
    cache, model, marks = cache_of(2), {}, random.Random(0)
    for rows, counts in (([1], [1]), ([0], [3]), ([0, 1], [1, 2]), ([0, 1], [1, 1])):
        write(cache, cache.reserve(rows, counts), model, marks)
        check(cache, model, everything)
    assert torch.equal(cache.read(0, 1, 0, 1, 3), torch.stack([model[0, 1, 0, at][0] for at in (1, 2)]))
    flat = cache.flat(1, 0)
    assert flat.shape == (2 * 2 * cache.capacity, 2)
    assert torch.equal(flat[(1 * 2 + 1) * cache.capacity + 3], model[1, 0, 1, 3][1])
    assert flat.data_ptr() == cache.planes[1][0].data_ptr()


def test_a_cache_grows_by_a_quarter_or_sixteen():
    """Only where the room is spent; what was there stays."""
    cache, model, marks = cache_of(1), {}, random.Random(0)
    write(cache, cache.reserve([0], [16]), model, marks)
    assert cache.capacity == 16
    write(cache, cache.reserve([0], [1]), model, marks)
    assert cache.capacity == 17 + 16
    write(cache, cache.reserve([0], [183]), model, marks)
    assert cache.capacity == 200 + 50
    check(cache, model, everything)
    assert cache.first == [0]


def test_what_is_gone_does_not_come_back():
    """A row that began late begins there still, however far back its oldest position is said to be now."""
    cache, model, marks = cache_of(2), {}, random.Random(0)
    write(cache, cache.reserve([0], [16]), model, marks)
    cache._drop_before(0, 5)
    write(cache, cache.reserve([0], [5]), model, marks)
    assert (cache.first, cache.capacity) == ([5, 0], 16)
    write(cache, cache.reserve([0], [1]), model, marks)
    assert (cache.first, cache.length, cache.capacity) == ([5, 0], [22, 0], 17 + 16)
    check(cache, model, lambda row: cache.first[row])


def test_an_empty_row_begins_at_its_beginning():
    """Whatever its oldest position will be; what is ahead of it is kept as others grow."""
    cache, model, marks = cache_of(2, lambda row: 5), {}, random.Random(0)
    write(cache, cache.reserve_ahead([1], [3]), model, marks)
    write(cache, cache.reserve([0], [40]), model, marks)
    assert (cache.first, cache.ahead) == ([0, 0], [0, 3])
    check(cache, model, everything)


def test_rows_whose_past_is_not_read_take_bounded_room():
    """A window of 8: first moves on, old slots are used again, nothing that may be read is lost."""
    cache, model, marks = windowed(2, 8), {}, random.Random(0)
    for _ in range(200):
        write(cache, cache.reserve([0, 1], [1, 2]), model, marks)
        check(cache, model, cache.oldest)
    assert cache.capacity <= 48
    assert cache.first[0] > 150
    assert cache.length == [200, 400]


def test_only_rows_without_room_are_moved():
    """Where others have room they stay where they are."""
    cache = windowed(2, 2)
    cache.reserve([0, 1], [30, 1])
    held = cache.capacity
    cache.reserve([0], [held - 30])
    cache.reserve([0, 1], [1, 1])
    assert (cache.first[0] > 0, cache.first[1]) == (True, 0)
    assert cache.capacity == held


def windowed(rows: int, window: int) -> RowCache:
    """A cache of which the last `window` positions of a row may be read."""
    made: list[RowCache] = []
    made.append(cache_of(rows, lambda row: max(0, made[0].length[row] - window) if made else 0))
    return made[0]


@pytest.mark.parametrize(("window", "grown"), [(29, False), (30, True)])
def test_room_is_made_by_dropping_where_a_quarter_stays_free(window, grown):
    """At 30 of 46 positions, of which 16 are to be free; at 31 the cache grows."""
    cache = windowed(1, window)
    cache.reserve([0], [30])
    assert cache.capacity == 46
    cache.reserve([0], [16])
    before = cache.planes[0][0].data_ptr()
    cache.reserve([0], [1])
    assert (cache.planes[0][0].data_ptr() != before) == grown
    assert cache.first == [46 - window]


def test_a_row_that_has_dropped_its_past_is_not_moved_while_it_has_room():
    """It begins where it began."""
    cache = windowed(2, 2)
    cache.reserve([0, 1], [16, 16])
    cache.reserve([0], [1])
    cache.reserve([1], [1])
    began = list(cache.first)
    assert all(began)
    cache.reserve([0], [cache.capacity - (cache.length[0] - cache.first[0])])
    cache.reserve([0, 1], [1, 1])
    assert cache.first[0] > began[0]
    assert cache.first[1] == began[1]


def test_a_row_that_cannot_hold_its_source_alone_makes_room():
    """Where the copy fits with sixteen to spare, the memory stays."""
    for length, grown in ((17, False), (18, True)):
        cache, source = cache_of(1), cache_of(1)
        cache.reserve([0], [17])
        assert cache.capacity == 33
        source.reserve([0], [length])
        before = cache.planes[0][0].data_ptr()
        cache.replace(0, source, 0)
        assert (cache.planes[0][0].data_ptr() != before) == grown


def test_a_row_that_is_cut_forgets_what_follows():
    """What was ahead too; a cut before the first kept position moves it."""
    cache, model, marks = cache_of(1), {}, random.Random(0)
    write(cache, cache.reserve([0], [5]), model, marks)
    cache.reserve_ahead([0], [2])
    cache.truncate(0, 3)
    assert (cache.length, cache.ahead, cache.first) == ([3], [0], [0])
    assert cache.reserve([0], [1]).positions == [3]
    cache.first[0] = 3
    cache.truncate(0, 2)
    assert (cache.first, cache.length) == ([2], [2])


@pytest.mark.parametrize("length", [5, 15, 40, 100])
def test_a_row_becomes_a_copy_of_another_cache_s(length):
    """Grown where it must; other rows keep theirs."""
    source, found, marks = cache_of(2), {}, random.Random(1)
    write(source, source.reserve([1], [length]), found, marks)
    write(source, source.reserve_ahead([1], [2]), found, marks)
    cache, model = cache_of(2), {}
    write(cache, cache.reserve([0, 1], [3, 9]), model, marks)
    cache.replace(1, source, 1)
    held = length + 2
    model |= {(p, layer, 1, at): found[p, layer, 1, at] for p, layer, _, at in list(found)}
    check(cache, model, everything)
    assert (cache.first, cache.length, cache.ahead) == ([0, 0], [3, length], [0, 2])
    assert cache.capacity == (16 if held + 16 <= 16 else held + max(16, held // 4))
    source.planes[0][0].zero_()
    check(cache, model, everything)


def test_a_replaced_row_begins_where_its_source_began():
    """Dropped positions are not copied."""
    source = cache_of(1)
    source.reserve([0], [12])
    source.first[0] = 9
    source.planes[0][0][0, 0, :3] = torch.arange(9.0).view(3, 3)
    cache = cache_of(1)
    cache.reserve([0], [4])
    cache.replace(0, source, 0)
    assert (cache.first, cache.length, cache.capacity) == ([9], [12], 19)
    assert torch.equal(cache.read(0, 0, 0, 9, 12), torch.arange(9.0).view(3, 3))


def test_joined_rows_are_copies_in_order():
    """Of several caches, any rows, some of none."""
    one, two, marks = cache_of(3), cache_of(1), random.Random(2)
    first, second = {}, {}
    write(one, one.reserve([0, 1, 2], [4, 30, 1]), first, marks)
    write(one, one.reserve_ahead([0], [2]), first, marks)
    write(two, two.reserve([0], [7]), second, marks)
    joined = one.join([(one, [1, 0]), (one, []), (two, [0, 0])], everything)
    assert (joined.length, joined.ahead, joined.first) == ([30, 4, 7, 7], [0, 2, 0, 0], [0] * 4)
    assert joined.capacity == 30 + 16
    model = {}
    for row, (found, old) in enumerate(((first, 1), (first, 0), (second, 0), (second, 0))):
        model |= {(p, layer, row, at): value for (p, layer, r, at), value in found.items() if r == old}
    check(joined, model, everything)
    assert joined.oldest is everything
    assert one.join([], everything).rows == 0
    assert one.join([], everything).capacity == 16
    long = cache_of(1)
    long.reserve([0], [100])
    assert long.join([(long, [0])], everything).capacity == 125
    one.planes[0][0].zero_()
    check(joined, model, everything)


@pytest.mark.parametrize("seed", range(4))
def test_any_history_keeps_what_may_be_read(seed):
    """Appends, drafts ahead, cuts, copies and joins at random, in a window."""
    marks, window = random.Random(seed), 12
    state: dict = {}

    def oldest(row):
        return max(0, state["cache"].length[row] - window)

    state["cache"], model = cache_of(2, oldest), {}
    for _ in range(60):
        cache = state["cache"]
        action = marks.randrange(5)
        if action <= 1:
            rows = marks.sample(range(cache.rows), marks.randint(1, cache.rows))
            write(cache, cache.reserve(rows, [marks.randint(1, 9) for _ in rows]), model, marks)
        elif action == 2:
            write(cache, cache.reserve_ahead([0], [marks.randint(1, 3)]), model, marks)
        elif action == 3:
            row = marks.randrange(cache.rows)
            cache.truncate(row, max(cache.first[row], cache.length[row] - marks.randint(0, 3)))
        elif cache.rows < 4:
            order = [marks.randrange(cache.rows) for _ in range(marks.randint(1, 3))]
            state["cache"] = cache.join([(cache, order)], oldest)
            model = {
                (p, la, row, at): v
                for row, old in enumerate(order)
                for (p, la, r, at), v in model.items()
                if r == old
            }
        check(state["cache"], model, lambda row: max(state["cache"].first[row], oldest(row)))
        assert np.all(
            np.array(state["cache"].length) + state["cache"].ahead - state["cache"].first
            <= state["cache"].capacity
        )


def test_every_row_has_a_count_and_every_plane_its_like():
    """Rows, counts and positions are as many; caches that are joined have the same planes and layers."""
    cache = cache_of(2)
    for call in (
        lambda: cache.reserve([0, 1], [1]),
        lambda: cache.reserve_ahead([0, 1], [1]),
        lambda: cache.span([0, 1], [1, 1], [0]),
        lambda: ranges([1], [2, 3]),
        lambda: Span([0, 1], [2, 1], [0, 0], [0], 16, CPU).slots(1),
    ):
        with pytest.raises(ValueError, match=r"zip\(\)"):
            call()
    for shapes in (SHAPES[:1], (PlaneShape(1, 1, 3, torch.float32), SHAPES[1])):
        other = RowCache(shapes, 1, everything, CPU)
        other.reserve([0], [1])
        for call in (
            lambda other=other: cache.replace(0, other, 0),
            lambda other=other: cache.join([(other, [0])], everything),
        ):
            with pytest.raises(ValueError, match=r"zip\(\)"):
                call()
