"""How the run `limits` judges what a provider was asked."""

from victoros.ops.chaos.runs.limits import _judge, most_within


def test_the_fullest_window_is_found_wherever_it_begins() -> None:
    assert most_within([0.0, 3.9, 4.1, 4.2, 7.8], 4.0) == 4
    assert most_within([0.0, 4.0, 8.0], 4.0) == 1
    assert most_within([], 4.0) == 0


def test_one_too_many_is_a_violation() -> None:
    assert _judge(30, 80) == []
    assert len(_judge(31, 81)) == 2
