"""The checker of the desk: holds every quote against its source, mechanically. No language model is asked."""

from typing import Any

from tasks.engine.orders import Completed
from tasks.engine.run import Run
from tasks.programs.desk_text import find_quotable, stands_in
from victoros.lib.errors import Category, VictorError


class NothingToCheck(VictorError):
    """The task names no result that this checker understands."""

    category = Category.VALIDATION


async def run_checker(run: Run) -> Completed:
    """Verify or refute the result the task is about, and tell the editor of what was verified."""
    await run.act("read_mail", {"limit": 50})
    target = await run.act("look_at_task", {"task": run.task.verifies_id or run.task.data.get("task", 0)})
    if "error" in target:
        raise NothingToCheck(target["error"]["message"], hint="Create checks through the desk template.")
    evidence = target["evidence"]
    if evidence.get("kind") == "unpublished":
        return Completed(f"There is nothing to check: {evidence['why']}")
    check = {"reading": _check_reading, "digest": _check_digest}.get(evidence.get("kind", ""))
    if check is None:
        raise NothingToCheck(f"Task {target['task']} holds no evidence that can be checked.", hint="Verify it by hand.")
    faults, found = await check(run, evidence)
    if faults:
        await run.act("refute", {"task": target["task"], "reason": " ".join(faults)[:400]})
        return Completed("Refuted: " + " ".join(faults), {"faults": faults, **found})
    note = (
        f"{found['quotes']} of {found['quotes']} quotes stand in their source."
        if found.get("quotes")
        else found["note"]
    )
    await run.act("verify", {"task": target["task"], "evidence": found, "note": note})
    await _tell_editor(run, target, note)
    return Completed(f"Verified: {note}", found)


async def _check_reading(run: Run, evidence: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    read = await run.act("read_file", {"path": evidence["path"]})
    if evidence.get("skipped"):
        return _check_skipped(read)
    if "error" in read:
        return [f"{evidence['path']} cannot be read: {read['error']['message']}"], {}
    faults = [
        f"This does not stand in {evidence['path']}: “{quote}”"
        for quote in evidence["quotes"]
        if not stands_in(quote, read["text"])
    ]
    if read["sha256"] != evidence["sha256"]:
        faults.append(f"{evidence['path']} has changed since it was read.")
    if not evidence["quotes"]:
        faults.append("There is no quote.")
    return faults, {"quotes": len(evidence["quotes"]), "sha256": read["sha256"]}


def _check_skipped(read: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    if "error" in read:
        return [], {"note": f"Rightly skipped: {read['error']['message']}"}
    if find_quotable(read["text"]):
        return ["The file can be read and holds sentences, but was skipped."], {}
    return [], {"note": "Rightly skipped: it holds no full sentences."}


async def _check_digest(run: Run, evidence: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """Check each quote of the digest against its source, that each file is named once, and that the published file is it."""
    read = await run.act("read_file", {"path": evidence["path"]})
    if "error" in read:
        return [f"{evidence['path']} cannot be read: {read['error']['message']}"], {}
    faults, count = [], 0
    if evidence.get("sha256") and read["sha256"] != evidence["sha256"]:
        faults.append(f"{evidence['path']} is not the text that was approved.")
    for entry in evidence["entries"]:
        faults += await _check_entry(run, read["text"], entry)
        count += len(entry["quotes"])
    found = {"quotes": count, "files": len(evidence["entries"]), "sha256": read["sha256"]}
    return faults[:5], found


async def _check_entry(run: Run, digest: str, entry: dict[str, Any]) -> list[str]:
    name = entry["path"].removeprefix("input/")
    if digest.count(f"### {name}\n") != 1:
        return [f"{name} is not mentioned exactly once."]
    source = await run.act("read_file", {"path": entry["path"]})
    if "error" in source:
        return [f"{name} cannot be read any more."]
    return [
        f"A quote of {name} does not stand in its source."
        for quote in entry["quotes"]
        if not stands_in(quote, source["text"]) or not stands_in(quote, digest)
    ]


async def _tell_editor(run: Run, target: dict[str, Any], note: str) -> None:
    to = str(target["data"].get("editor", ""))
    if not to:
        return
    evidence = target["evidence"]
    kept = {
        name: evidence.get(name)
        for name in ("path", "gist", "gist_by", "quotes", "terms", "skipped", "orders", "truncated")
    }
    await run.act(
        "send_mail",
        {
            "to": to,
            "kind": "handover",
            "subject": f"Verified: {target['title']}"[:200],
            "body": note,
            "data": kept | {"task": target["task"]},
        },
    )
