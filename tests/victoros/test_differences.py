"""Two versions of a text side by side."""

from victoros.lib.differences import compare


def kinds(old: str, new: str) -> list[str]:
    return [pair.kind for pair in compare(old, new)]


def test_equal_texts_are_one_stretch_that_is_not_shown() -> None:
    assert kinds("a\nb\nc", "a\nb\nc") == ["skipped"]
    assert compare("", "") == []


def test_a_changed_line_names_the_words_that_changed() -> None:
    (pair,) = compare("Be brief.", "Be very brief.")

    assert [piece.text for piece in pair.new if piece.is_changed] == [" very"]
    assert not any(piece.is_changed for piece in pair.old)


def test_what_came_and_what_went_stands_alone() -> None:
    assert kinds("a", "a\nb") == ["same", "came"]
    assert kinds("a\nb", "a") == ["same", "gone"]


def test_long_equal_stretches_are_cut_to_their_context() -> None:
    text = "\n".join(str(n) for n in range(100))

    pairs = compare(text, f"{text}\nmore")

    assert [pair.kind for pair in pairs] == ["skipped", "same", "same", "same", "came"]
    assert pairs[0].skipped == 97
