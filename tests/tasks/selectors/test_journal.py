"""Steps are paged by number, drawn on one axis, and opened to the prompt exactly as it was sent."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Entry
from tasks.models import Attempt, Effect
from tasks.selectors.journal import Journal, breaks_of, lanes_of, read_journal
from tasks.selectors.journal_rows import Pause
from tasks.selectors.step import read_step
from tasks.selectors.window import RunChoice
from tests.tasks.pages.rows import make_attempt, make_step, make_steps

pytestmark = pytest.mark.django_db


def read(attempt: Attempt, **choice: Any) -> Journal:
    return read_journal(attempt, RunChoice(**choice), now=timezone.now())


def test_the_newest_page_comes_first_and_leads_back() -> None:
    attempt = make_attempt(status="running")
    make_steps(attempt, 250)
    newest = read(attempt)
    before = read(attempt, until=newest.earlier)
    again = read(attempt, start=before.later)

    assert (newest.first, newest.last, newest.later) == (151, 250, None)
    assert (before.first, before.last, before.earlier, before.later) == (51, 150, 50, 151)
    assert (again.first, again.last, again.later) == (151, 250, None)
    assert newest.now is not None
    assert before.now is None


def test_a_short_journal_is_one_page() -> None:
    attempt = make_attempt()
    make_steps(attempt, 100)
    journal = read(attempt)

    assert (journal.first, journal.last) == (1, 100)
    assert not journal.is_paged


def test_an_attempt_without_steps_shows_what_it_waits_for() -> None:
    journal = read(make_attempt(status="ready"))

    assert journal.lines == []
    assert journal.now is not None
    assert journal.now.title == "waiting for a cell"


def test_a_wait_goes_on_until_now_and_is_drawn_as_a_wait() -> None:
    since = timezone.now() - timedelta(hours=3)
    attempt = make_attempt(status="waiting", waiting_for="approval", waiting_since=since)
    make_steps(attempt, 4, begin=since - timedelta(seconds=4))
    journal = read(attempt)

    assert journal.now is not None
    assert (journal.now.title, journal.now.shape, journal.now.since) == ("waiting for approval", "wait", since)
    assert journal.is_shortened


def test_an_ended_attempt_has_nothing_going_on() -> None:
    assert read(make_attempt(status="completed")).now is None


def test_a_failed_step_says_why() -> None:
    attempt = make_attempt()
    make_step(
        attempt, 1, "think", outcome="failed", result={"error": {"category": "timeout", "message": "no answer in 60 s"}}
    )
    line = read(attempt).lines[0]

    assert (line.is_failed, line.shape, line.note) == (True, "failed", "timeout: no answer in 60 s")


def test_a_pause_between_steps_is_drawn_and_told() -> None:
    attempt = make_attempt()
    begin = timezone.now() - timedelta(hours=1)
    make_step(attempt, 1, "act", started_at=begin, finished_at=begin + timedelta(seconds=1))
    make_step(attempt, 2, "act", started_at=begin + timedelta(seconds=61), finished_at=begin + timedelta(seconds=62))
    make_step(attempt, 3, "act", started_at=begin + timedelta(seconds=62), finished_at=begin + timedelta(seconds=63))
    lines = read(attempt).lines

    assert [line.gap_s for line in lines] == [0, 60, 0]
    assert [line.gap is not None for line in lines] == [False, True, False]


def test_an_open_step_is_in_the_window_and_has_steps_before_it() -> None:
    attempt = make_attempt(status="running")
    make_steps(attempt, 250)

    assert (read(attempt, step=40).first, read(attempt, step=3).first, read(attempt, step=240).first) == (30, 1, 151)


def test_tries_are_numbered_and_a_fall_back_is_named() -> None:
    attempt = make_attempt()
    begin = timezone.now() - timedelta(minutes=1)
    error = {"error": {"category": "timeout", "message": "no answer"}}
    for n, (name, outcome) in enumerate([("large", "failed"), ("large", "failed"), ("small", "done")], start=1):
        moment = begin + timedelta(seconds=5 * n)
        made = {"started_at": moment, "finished_at": moment + timedelta(seconds=1), "outcome": outcome}
        make_step(attempt, n, "think", name=name, result=error if outcome == "failed" else {"text": "Yes."}, **made)
    make_step(attempt, 4, "think", name="small")

    assert [line.retry for line in read(attempt).lines] == [
        "",
        "try 2 after 4.0 s",
        "fall-back to small after 4.0 s",
        "",
    ]


def test_the_record_tells_what_was_waited_for_and_that_finished_steps_were_read_again() -> None:
    begin = timezone.now() - timedelta(hours=1)
    attempt = make_attempt(status="running", created_at=begin)
    make_step(attempt, 1, "act", started_at=begin, finished_at=begin + timedelta(seconds=1))
    tell(attempt, "attempt.waited", begin + timedelta(seconds=1), waiting_for="approval")
    tell(attempt, "attempt.resumed", begin + timedelta(minutes=14), after_step=1, cell=7)
    make_step(attempt, 2, "act", started_at=begin + timedelta(minutes=15), finished_at=begin + timedelta(minutes=16))
    Attempt.objects.filter(pk=attempt.pk).update(steps=2)
    attempt.refresh_from_db()
    journal = read(attempt)
    pause = journal.rows[1]

    assert isinstance(pause, Pause)
    assert (pause.title, pause.is_wait, round(pause.took_s)) == ("waited for approval", True, 839)
    assert pause.note == "went on in cell 7; 1 finished step read from the journal, none done again"
    assert pause.bar.cut is not None
    assert [len(bars) for bars in lanes_of(journal).values()] == [1, 2, 1]
    assert breaks_of(journal) == {"pause-1": pause.bar.cut}


def test_a_process_that_died_is_named_between_the_steps_and_other_attempts_are_not() -> None:
    begin = timezone.now() - timedelta(minutes=1)
    attempt = make_attempt(status="running", created_at=begin)
    make_step(attempt, 1, "act", started_at=begin, finished_at=begin + timedelta(seconds=1))
    tell(attempt, "attempt.released", begin + timedelta(seconds=2), why="process 41 died")
    tell(attempt, "attempt.waited", begin + timedelta(seconds=3), attempt=9, waiting_for="mail")
    tell(attempt, "attempt.resumed", begin + timedelta(seconds=5), after_step=1)
    make_step(attempt, 2, "act", started_at=begin + timedelta(seconds=6), finished_at=begin + timedelta(seconds=7))

    assert [row.title for row in read(attempt).rows if isinstance(row, Pause)] == ["process 41 died"]


def tell(made: Attempt, kind: str, at: datetime, **detail: Any) -> None:
    Entry.objects.create(
        kind=kind,
        at=at,
        actor_kind="system",
        actor_name="system",
        object_kind="task",
        object_ref=made.task_id,
        detail={"attempt": made.n} | detail,
    )


def test_an_act_is_described_by_what_it_was_called_with() -> None:
    attempt = make_attempt()
    make_step(attempt, 1, "act", name="write_file", request={"arguments": {"text": "long", "path": "digest.md"}})
    line = read(attempt).lines[0]

    assert (line.title, line.note) == ("write file", "digest.md")


def test_a_think_step_opens_to_prompt_tools_answer_and_call() -> None:
    attempt = make_attempt()
    make_step(
        attempt,
        1,
        "think",
        request={"system": "Be brief.", "turns": [{"role": "user", "text": "Read it."}], "tools": ["read_file"]},
        result={"text": "", "call": {"name": "read_file", "arguments": {"path": "a.md"}, "id": "1"}},
    )
    opened = read_step(attempt, 1)

    assert opened is not None
    assert opened.prompt is not None
    assert opened.prompt.system == "Be brief."
    assert [(turn.role, turn.text) for turn in opened.prompt.turns] == [("user", "Read it.")]
    assert opened.prompt.tools == ["read_file"]
    assert opened.call is not None
    assert opened.call.shown_arguments == [("path", '"a.md"')]


def _converse(attempt: Attempt) -> None:
    call = {"name": "read_file", "arguments": {"path": "a.md"}, "id": "1"}
    first = {"system": "Be brief.", "turns": [{"role": "user", "text": "Read it."}], "tools": ["read_file", "complete"]}
    make_step(attempt, 1, "think", request=first, result={"call": call})
    make_step(attempt, 2, "act", name="read_file", request={"arguments": {"path": "a.md"}}, result={"text": "contents"})
    make_step(
        attempt, 3, "think", request={"since_step": 1}, outcome="failed", result={"error": {"message": "garbage"}}
    )
    make_step(attempt, 4, "think", request={"since_step": 1}, result={"text": "Nearly done."})
    make_step(attempt, 5, "think", request={"since_step": 4}, result={"text": "Done."})


def test_a_later_prompt_is_rebuilt_from_the_steps_between() -> None:
    attempt = make_attempt()
    _converse(attempt)
    opened = read_step(attempt, 5)

    assert opened is not None
    assert opened.prompt is not None
    assert opened.prompt.system == "Be brief."
    assert opened.prompt.tools == ["read_file", "complete"]
    assert [(turn.role, turn.text or turn.tool) for turn in opened.prompt.turns] == [
        ("user", "Read it."),
        ("assistant", "read_file"),
        ("tool", '{"text": "contents"}'),
        ("assistant", "Nearly done."),
        ("user", "Call a tool; call complete when the task is done."),
    ]


def test_an_act_opens_to_arguments_result_and_effect() -> None:
    attempt = make_attempt()
    text = "a line\nand another"
    make_step(
        attempt,
        1,
        "act",
        name="write_file",
        request={"arguments": {"path": "a.md", "text": text}},
        result={"bytes": 18},
    )
    Effect.objects.create(key="k" * 64, attempt=attempt, step_n=1, tool="write_file", status="done")
    opened = read_step(attempt, 1)

    assert opened is not None
    assert [block.name for block in opened.asked] == ["Called with", "Called with: text"]
    assert opened.asked[1].text == text
    assert opened.came[0].text == '{\n  "bytes": 18\n}'
    assert opened.effect is not None
    assert opened.prompt is None


def test_what_a_model_made_up_is_shown_as_it_is() -> None:
    attempt = make_attempt()
    make_step(attempt, 1, "think", request={"turns": ["?", {"role": "user"}]}, result={"call": {"arguments": ["x"]}})
    make_step(attempt, 2, "think", request={}, result={"call": "nonsense", "data": {"gist": "y" * 100, "n": 1}})
    make_step(attempt, 3, "act", request={"arguments": "none"}, result={"text": "z" * 100_000})
    first, second, third = (read_step(attempt, n) for n in (1, 2, 3))

    assert first is not None
    assert first.call is not None
    assert first.call.arguments == {"arguments": ["x"]}
    assert second is not None
    assert [block.name for block in second.came] == ["Answer", "Answer: gist"]
    assert third is not None
    assert third.came[0].text.endswith("60,000 more characters")
    assert len(read(attempt).lines) == 3


def test_a_step_that_has_not_finished_cannot_be_opened() -> None:
    assert read_step(make_attempt(), 1) is None
