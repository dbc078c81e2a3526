from hypothesis import given
from hypothesis import strategies as st

from marquee.experiments.pareto import pareto_front

points = st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=3), max_size=12)


def test_what_is_worse_in_everything_is_off_the_front() -> None:
    assert pareto_front([(1, 5), (5, 1), (5, 5)]) == [True, True, False]


def test_what_is_equal_in_one_and_worse_in_the_other_is_off_the_front() -> None:
    assert pareto_front([(1, 1), (1, 2)]) == [True, False]


def test_equal_points_are_on_the_front_together() -> None:
    assert pareto_front([(1, 2), (1, 2)]) == [True, True]


def test_a_number_that_nobody_has_is_left_out() -> None:
    assert pareto_front([(1, None), (2, None)]) == [True, False]


def test_a_point_that_lacks_a_number_neither_beats_nor_is_beaten() -> None:
    assert pareto_front([(1, None), (2, 3), (3, 4)]) == [None, True, False]


def test_no_points_have_no_front() -> None:
    assert pareto_front([]) == []


@given(points)
def test_some_point_is_always_on_the_front(values: list[list[int]]) -> None:
    assert any(pareto_front(values)) or not values


@given(points)
def test_the_front_does_not_depend_on_the_order(values: list[list[int]]) -> None:
    assert pareto_front(values[::-1]) == pareto_front(values)[::-1]


@given(points)
def test_no_point_of_the_front_is_beaten_and_every_other_is_by_one_of_it(
    values: list[list[int]],
) -> None:
    marks = pareto_front(values)
    front = [point for point, on in zip(values, marks, strict=True) if on]

    def beaten(point: list[int]) -> bool:
        return any(
            all(a <= b for a, b in zip(other, point, strict=True)) and other != point
            for other in front
        )

    assert [not beaten(point) for point in values] == marks
