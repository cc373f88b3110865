"""Tools on files stay inside the swarm's folders and never leave half a file."""

from pathlib import Path

import pytest

from agents.tools import files
from agents.tools.files import FileTrouble, list_files, publish_file, read_file, write_file
from agents.tools.registry import ToolContext
from victoros.lib.errors import InvalidInput


@pytest.fixture
def context(tmp_path: Path) -> ToolContext:
    own, given = tmp_path / "own", tmp_path / "given"
    own.mkdir()
    given.mkdir()
    (given / "report.md").write_text("A report.")
    return ToolContext(1, "worker", 1, 1, 1, own, str(given), "key")


def test_what_is_written_can_be_listed_and_read(context: ToolContext) -> None:
    written = write_file(context, {"path": "notes/a.md", "text": "Grüße"})
    read = read_file(context, {"path": "notes/a.md"})
    assert (read["text"], read["encoding"], read["sha256"]) == ("Grüße", "utf-8", written["sha256"])
    assert list_files(context, {}) == {
        "files": [{"path": "input/report.md", "bytes": 9}, {"path": "notes/a.md", "bytes": 7}],
        "total": 2,
    }


def test_writing_twice_leaves_the_last_text_and_nothing_else(context: ToolContext) -> None:
    for text in ("one", "two"):
        write_file(context, {"path": "a.md", "text": text})
    assert [path.name for path in context.folder.iterdir()] == ["a.md"]
    assert (context.folder / "a.md").read_text() == "two"


def test_publishing_puts_the_text_where_results_are_handed_out(context: ToolContext) -> None:
    publish_file(context, {"path": "digest.md", "text": "news"})
    assert (context.folder / "published" / "digest.md").read_text() == "news"


@pytest.mark.parametrize("path", ["../out.md", "/etc/passwd", "a/../../out.md", "", " ", "a\x00b"])
def test_no_path_leads_outside(context: ToolContext, path: str) -> None:
    with pytest.raises(InvalidInput):
        write_file(context, {"path": path, "text": "x"})
    with pytest.raises(InvalidInput):
        read_file(context, {"path": path})


def test_publishing_cannot_leave_its_folder_tree(context: ToolContext) -> None:
    with pytest.raises(InvalidInput):
        publish_file(context, {"path": "../../x.md", "text": "x"})


def test_a_link_that_leads_outside_is_refused(context: ToolContext, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (context.folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(InvalidInput):
        read_file(context, {"path": "link"})


def test_the_input_folder_is_read_only(context: ToolContext) -> None:
    assert read_file(context, {"path": "input/report.md"})["text"] == "A report."
    with pytest.raises(InvalidInput):
        write_file(context, {"path": "input/report.md", "text": "x"})


def test_what_is_not_there_or_not_text_is_told(context: ToolContext) -> None:
    (context.folder / "picture.png").write_bytes(b"\x89PNG\x00\x00")
    for path in ("missing.md", "picture.png"):
        with pytest.raises(InvalidInput):
            read_file(context, {"path": path})


@pytest.mark.parametrize(
    ("raw", "text", "encoding"),
    [
        ("\ufeffhi".encode(), "hi", "utf-8"),
        ("hä".encode("utf-16"), "hä", "utf-16"),
        ("hä".encode("cp1252"), "hä", "windows-1252"),
        (b"", "", "utf-8"),
    ],
)
def test_the_usual_encodings_are_read(context: ToolContext, raw: bytes, text: str, encoding: str) -> None:
    (context.folder / "a.txt").write_bytes(raw)
    read = read_file(context, {"path": "a.txt"})
    assert (read["text"], read["encoding"]) == (text, encoding)


def test_a_long_file_is_cut_and_says_so_and_a_huge_one_is_refused(
    context: ToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    (context.folder / "long.txt").write_text("x" * (files.MAX_READ + 5))
    read = read_file(context, {"path": "long.txt"})
    assert (len(read["text"]), read["truncated"], read["characters"]) == (files.MAX_READ, True, files.MAX_READ + 5)
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 10)
    with pytest.raises(InvalidInput):
        read_file(context, {"path": "long.txt"})


def test_a_file_system_that_refuses_is_told_as_its_fault(context: ToolContext) -> None:
    (context.folder / "taken").write_text("a file")
    with pytest.raises(FileTrouble):
        write_file(context, {"path": "taken/below.md", "text": "x"})


def test_a_text_that_cannot_be_encoded_is_refused(context: ToolContext) -> None:
    with pytest.raises(InvalidInput):
        write_file(context, {"path": "a.md", "text": "\ud800"})
    assert list(context.folder.iterdir()) == []
