"""Tools on the files of a swarm: its own folder, and the input folder it was given to read."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from agents.tools.registry import Arguments, EffectClass, Tool, ToolContext, register, schema, text
from victoros.lib.errors import Category, InvalidInput, LimitReached, VictorError

MAX_READ = 60_000
"""Characters handed to an agent at most."""
MAX_FILE_BYTES = 20_000_000
MAX_LISTED = 2_000


class FileTrouble(VictorError):
    """The file system refused."""

    category = Category.RESOURCE


def list_files(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """List the files an agent can read, each with its size in bytes."""
    files = [(f"input/{p}", s) for p, s in _walk(Path(context.input_folder))] if context.input_folder else []
    files += _walk(context.folder)
    return {"files": [{"path": path, "bytes": size} for path, size in files[:MAX_LISTED]], "total": len(files)}


def read_file(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Read a text file whole, or its first `MAX_READ` characters. Says which encoding it took."""
    path = locate(context, arguments["path"], write=False)
    raw = _read_bytes(path, arguments["path"])
    content, encoding = decode(raw, arguments["path"])
    return {
        "path": arguments["path"],
        "text": content[:MAX_READ],
        "truncated": len(content) > MAX_READ,
        "characters": len(content),
        "encoding": encoding,
        "sha256": hashlib.sha256(raw).hexdigest(),
    }


def write_file(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Write a text file in the swarm's folder, replacing what is there. The file is whole or absent, never half."""
    return _write(context, arguments["path"], arguments["text"])


def publish_file(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Put a text into the folder `published`, where the swarm's results are handed out."""
    return _write(context, f"published/{arguments['path']}", arguments["text"])


def locate(context: ToolContext, path: str, *, write: bool) -> Path:
    """Return the real path behind an agent's path; one that leads outside its folders is refused."""
    if "\x00" in path or not path.strip():
        raise InvalidInput("The path is empty or not a path.", hint="Give a relative path such as notes/a.md.")
    root, rest = _split(context, path, write)
    target = (root / rest).resolve()
    if not target.is_relative_to(root.resolve()):
        raise InvalidInput(f"{path} leads outside the swarm's folders.", hint="Use a relative path without '..'.")
    return target


def decode(raw: bytes, name: str) -> tuple[str, str]:
    """Return text and encoding: UTF-8, UTF-16 with a mark, else Windows-1252; a binary file is refused."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace"), "utf-16"
    if b"\x00" in raw[:8192]:
        raise InvalidInput(f"{name} is not a text file.", hint="Only text and Markdown files can be read.")
    try:
        return raw.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace"), "windows-1252"


def _split(context: ToolContext, path: str, write: bool) -> tuple[Path, str]:
    if path.startswith("input/") and context.input_folder:
        if write:
            raise InvalidInput("The input folder is read-only.", hint="Write beside it, without 'input/'.")
        return Path(context.input_folder), path.removeprefix("input/")
    return context.folder, path


def _read_bytes(path: Path, name: str) -> bytes:
    try:
        if not path.is_file():
            raise InvalidInput(f"There is no file {name}.", hint="List the files to see what there is.")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InvalidInput(
                f"{name} has {path.stat().st_size:,} bytes; {MAX_FILE_BYTES:,} can be read.", hint="Split the file."
            )
        return path.read_bytes()
    except OSError as error:
        raise FileTrouble(f"{name} cannot be read: {error.strerror}.", hint="Check its permissions.") from error


def _write(context: ToolContext, path: str, content: str) -> dict[str, Any]:
    target = locate(context, path, write=True)
    raw = _encode(content)
    _require_room(context.folder, target, len(raw))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".writing-")
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError as error:
        raise FileTrouble(
            f"{path} cannot be written: {error.strerror}.", hint="Check disk space and permissions."
        ) from error
    return {"path": path, "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}


def _require_room(folder: Path, target: Path, more_bytes: int) -> None:
    """Refuse a file for which the swarm's folder has no room. What it replaces makes room."""
    files = [(path, size) for path, size in _measure(folder) if path != str(target)]
    most_bytes = settings.VICTOR_FOLDER_MB * 1_000_000
    if len(files) >= settings.VICTOR_FOLDER_FILES or sum(size for _, size in files) + more_bytes > most_bytes:
        raise LimitReached(
            f"The swarm's folder is full: it may hold {settings.VICTOR_FOLDER_FILES:,} files and "
            f"{settings.VICTOR_FOLDER_MB:,} MB.",
            hint="Write over a file that is no longer needed, or ask a person to make room.",
        )


def _measure(folder: Path) -> Iterator[tuple[str, int]]:
    """Go through all files of a folder with their sizes, hidden ones too; a file that vanishes meanwhile is passed over."""
    if not folder.is_dir():
        return
    for entry in os.scandir(folder):
        with contextlib.suppress(FileNotFoundError):
            if entry.is_dir(follow_symlinks=False):
                yield from _measure(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield entry.path, entry.stat(follow_symlinks=False).st_size


def _encode(content: str) -> bytes:
    try:
        return content.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"The text holds half a character at position {error.start}.", hint="Send whole Unicode characters."
        ) from None


def _walk(root: Path) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            path = Path(folder, name)
            if not name.startswith(".") and path.is_file():
                found.append((str(path.relative_to(root)), path.stat().st_size))
    return found


register(
    Tool("list_files", "List the files you can read.", schema(), EffectClass.READ, list_files),
    Tool(
        "read_file",
        "Read a text file.",
        schema(["path"], path=text("A path as list_files shows it.", 400)),
        EffectClass.READ,
        read_file,
    ),
    Tool(
        "write_file",
        "Write a text file in the swarm's folder, replacing what is there.",
        schema(["path", "text"], path=text("A relative path.", 400), text=text("The whole content.", 400_000)),
        EffectClass.REVERSIBLE,
        write_file,
    ),
    Tool(
        "publish_file",
        "Hand a finished text out to the readers of this swarm. A person is asked first.",
        schema(["path", "text"], path=text("A file name.", 400), text=text("The whole content.", 400_000)),
        EffectClass.IRREVERSIBLE,
        publish_file,
    ),
)
