"""Texts of agents on pages: Markdown, and nothing that could act on the reader."""

import pytest

from victoros.templatetags.prose import MAX_CHARACTERS, prose


def test_markdown_becomes_structure() -> None:
    html = prose("# Digest\n\n- one\n- **two**\n\n> quoted")
    assert "<h1>Digest</h1>" in html
    assert "<li><strong>two</strong></li>" in html
    assert "<blockquote>" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<b>)",
        "![x](https://evil.example/count.png)",
        "<iframe src='//evil.example'></iframe>",
        "<a href='//evil.example' onclick='x()'>y</a>",
    ],
)
def test_nothing_active_comes_through(text: str) -> None:
    html = prose(text)
    assert not any(tag in html for tag in ("<script", "<img", "<iframe", 'javascript:"', 'onerror="', "<a href='"))
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert 'src="' not in html


def test_links_tell_their_target_nothing() -> None:
    assert 'rel="noopener noreferrer nofollow"' in prose("[x](https://example.org)")


def test_a_huge_text_is_cut_and_says_so() -> None:
    assert f"of {MAX_CHARACTERS + 1:,} characters" in prose("x" * (MAX_CHARACTERS + 1))


def test_no_text_is_no_html() -> None:
    assert prose(None) == ""
