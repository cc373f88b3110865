"""Answers of people to what agents ask, and to what the engine could not know."""

from django.db import transaction

from audit.actors import Actor
from audit.attention import settle_item
from audit.events import Fact, Kind, record
from audit.models import AttentionItem
from audit.topics import bump, gather
from tasks.engine.points import Point, reach
from tasks.models import Attempt, Effect, Recall
from tasks.recalls import note_let_go
from tasks.transitions import wake
from tasks.wakeups import call_for_work
from victoros.lib import clock
from victoros.lib.database import again_after_deadlock
from victoros.lib.errors import Conflict, InvalidInput
from victoros.lib.sentences import in_english
from victoros.lib.sentences import sentence as _


@transaction.atomic
def answer_question(*, actor: Actor, item: AttentionItem, text: str) -> AttentionItem:
    """Answer an agent's question; its attempt goes on with the answer."""
    if item.kind != AttentionItem.Kind.QUESTION:
        raise InvalidInput(_("This is not a question."), hint=_("Open it to see what it asks for."))
    if not text.strip():
        raise InvalidInput(_("The answer is empty."), hint=_("Write what the agent should know."))
    _settle(actor, item, text.strip())
    reach(Point.ANSWER_GIVING)
    _record(Kind.QUESTION_ANSWERED, actor, item, text)
    return _go_on(actor, item, "answer")


@transaction.atomic
def settle_uncertain_effect(*, actor: Actor, item: AttentionItem, happened: bool) -> AttentionItem:
    """Tell the engine whether an act that was cut off took place; it is not repeated if it did."""
    if item.kind != AttentionItem.Kind.UNCERTAIN_EFFECT:
        raise InvalidInput(_("This is not about an uncertain act."), hint=_("Open it to see what it asks for."))
    effect = Effect.objects.filter(attempt=item.object_ref, status="intended").first()
    _settle(actor, item, "happened" if happened else "did not happen")
    if effect and happened:
        Effect.objects.filter(pk=effect.pk, status="intended").update(
            status="done", settled_at=clock.now(), result={"note": f"{actor.name} says that it happened."}
        )
    elif effect:
        Effect.objects.filter(pk=effect.pk, status="intended").update(status="failed", settled_at=clock.now())
    reach(Point.EFFECT_SETTLING)
    _record(Kind.EFFECT_DONE if happened else Kind.EFFECT_FAILED, actor, item, "settled by a person")
    return _go_on(actor, item, "effect")


@again_after_deadlock
@transaction.atomic
def dismiss(*, actor: Actor, item: AttentionItem) -> bool:
    """Take note of an item that asks for nothing more (failed, blocked, quarantined, dead letter)."""
    if item.kind in (AttentionItem.Kind.APPROVAL, AttentionItem.Kind.QUESTION, AttentionItem.Kind.UNCERTAIN_EFFECT):
        raise Conflict(_("An agent waits for this; it cannot be dismissed."), hint=_("Answer it, or cancel the task."))
    with gather():
        changed = settle_item(actor=actor, item=item, answer="seen")
        if changed and item.kind == AttentionItem.Kind.NOT_STOPPED:
            _note_unstopped(actor, item)
        bump({"attention"})
    return changed


def _note_unstopped(actor: Actor, item: AttentionItem) -> None:
    """Let go, in the person's name, of what cells owe that had ended before they were told of it; nobody else could ever do so.

    What living cells owe is told again should they end without their word, and what was not told yet is told.
    """
    told = Recall.objects.filter(swarm=item.object_ref, at__lt=item.created_at)
    note_let_go(told.filter(cell__ended_at__lt=item.created_at), Attempt.LetGo.PERSON, actor=actor)
    told.filter(cell__status__in=["alive", "draining"]).update(noted_at=clock.now())


def _settle(actor: Actor, item: AttentionItem, answer: str) -> None:
    if not settle_item(actor=actor, item=item, answer=answer):
        raise Conflict(_("Somebody has already answered this."), hint=_("Reload the page to see the answer."))


def _record(kind: Kind, actor: Actor, item: AttentionItem, text: str) -> None:
    detail = {"task": item.task_ref, "text": text[:400]}
    record(Fact(kind, actor, "attention", item.pk, in_english(item.title), swarm_ref=item.swarm_ref, detail=detail))


def _go_on(actor: Actor, item: AttentionItem, waiting_for: str) -> AttentionItem:
    topics = wake(waiting_for=waiting_for, refs=[item.pk], actor=actor)
    bump(topics | {"attention", f"task:{item.task_ref}"})
    call_for_work()
    item.refresh_from_db()
    return item
