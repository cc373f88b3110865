"""Evidence is told in few words, whatever was left there."""

from tasks.selectors.evidence import describe_evidence


def test_what_others_verified_comes_first_and_hashes_are_short() -> None:
    lines = describe_evidence({"path": "a.md", "sha256": "ab" * 32, "verification": {"quotes": 3, "by": "checker"}})

    assert lines == [
        ("verification quotes", "3"),
        ("verification by", "checker"),
        ("path", "a.md"),
        ("sha256", "abababababab…"),
    ]


def test_empty_values_are_left_out_and_truth_is_a_word() -> None:
    assert describe_evidence({"orders": "", "terms": [], "none": None, "truncated": False}) == [("truncated", "no")]


def test_long_texts_and_lists_are_cut() -> None:
    lines = dict(describe_evidence({"text": "x" * 1000, "few": ["a", "b"], "quotes": ["y" * 200] * 3}))

    assert len(lines["text"]) < 300
    assert lines["few"] == "a, b"
    assert lines["quotes"] == "3 in all"


def test_nothing_gives_nothing() -> None:
    assert describe_evidence({}) == []
