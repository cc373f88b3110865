"""Steps are paged by number, drawn on one axis, and opened to the prompt exactly as it was sent."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tasks.models import Attempt, Effect
from tasks.selectors.journal import read_journal
from tasks.selectors.step import read_step
from tests.tasks.pages.rows import make_attempt, make_step, make_steps

pytestmark = pytest.mark.django_db


def test_the_newest_page_comes_first_and_leads_back() -> None:
    attempt = make_attempt(status="running")
    make_steps(attempt, 250)
    newest = read_journal(attempt, start=None, now=timezone.now())
    before = read_journal(attempt, start=newest.earlier, now=timezone.now())

    assert (newest.first, newest.last, newest.later) == (201, 250, None)
    assert (before.first, before.last, before.later) == (101, 200, 201)
    assert newest.now is not None
    assert before.now is None


def test_a_short_journal_is_one_page() -> None:
    attempt = make_attempt()
    make_steps(attempt, 100)
    journal = read_journal(attempt, start=None, now=timezone.now())

    assert (journal.first, journal.last) == (1, 100)
    assert not journal.is_paged


def test_an_attempt_without_steps_shows_what_it_waits_for() -> None:
    journal = read_journal(make_attempt(status="ready"), start=None, now=timezone.now())

    assert journal.lines == []
    assert journal.now is not None
    assert journal.now.title == "waiting for a cell"


def test_a_wait_goes_on_until_now_and_is_drawn_as_a_wait() -> None:
    since = timezone.now() - timedelta(hours=3)
    attempt = make_attempt(status="waiting", waiting_for="approval", waiting_since=since)
    make_steps(attempt, 4, begin=since - timedelta(seconds=4))
    journal = read_journal(attempt, start=None, now=timezone.now())

    assert journal.now is not None
    assert (journal.now.title, journal.now.shape, journal.now.since) == ("waiting for approval", "wait", since)
    assert journal.is_shortened


def test_an_ended_attempt_has_nothing_going_on() -> None:
    assert read_journal(make_attempt(status="completed"), start=None, now=timezone.now()).now is None


def test_a_failed_step_says_why() -> None:
    attempt = make_attempt()
    make_step(
        attempt, 1, "think", outcome="failed", result={"error": {"category": "timeout", "message": "no answer in 60 s"}}
    )
    line = read_journal(attempt, start=None, now=timezone.now()).lines[0]

    assert (line.is_failed, line.shape, line.note) == (True, "failed", "timeout: no answer in 60 s")


def test_a_pause_between_steps_is_drawn_and_told() -> None:
    attempt = make_attempt()
    begin = timezone.now() - timedelta(hours=1)
    make_step(attempt, 1, "act", started_at=begin, finished_at=begin + timedelta(seconds=1))
    make_step(attempt, 2, "act", started_at=begin + timedelta(seconds=61), finished_at=begin + timedelta(seconds=62))
    make_step(attempt, 3, "act", started_at=begin + timedelta(seconds=62), finished_at=begin + timedelta(seconds=63))
    lines = read_journal(attempt, start=None, now=timezone.now()).lines

    assert [line.gap_s for line in lines] == [0, 60, 0]
    assert [line.gap is not None for line in lines] == [False, True, False]


def test_an_act_is_described_by_what_it_was_called_with() -> None:
    attempt = make_attempt()
    make_step(attempt, 1, "act", name="write_file", request={"arguments": {"text": "long", "path": "digest.md"}})
    line = read_journal(attempt, start=None, now=timezone.now()).lines[0]

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
    assert len(read_journal(attempt, start=None, now=timezone.now()).lines) == 3


def test_a_step_that_has_not_finished_cannot_be_opened() -> None:
    assert read_step(make_attempt(), 1) is None
