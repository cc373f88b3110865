"""Taking the sample away: everything that hangs on its workspace, found by the foreign keys, and nothing else."""

import shutil
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import SET_NULL, Model, QuerySet

from agents.models import Agent, Message, Provider, Swarm, Workspace
from audit import topics
from audit.actors import Actor
from audit.events import Fact, Kind, record
from audit.models import Topic
from tasks.models import Attempt, Cell, Task
from victoros.demo.cast import PROVIDER
from victoros.demo.fill import SAMPLE_HOST, Progress
from victoros.lib.inserting import ROWS_AT_ONCE

AT_ONCE = ROWS_AT_ONCE
LARGE: tuple[type[Model], ...] = (Task, Message, Agent)
"""Tables taken away in batches, in this order: children first. What hangs on their rows goes with them."""
OWNERS = {"swarm_ref": Swarm, "workspace_ref": Workspace}
"""Fields that name a row without a foreign key, and whose it is."""


def remove_demo(*, actor: Actor, progress: Progress = lambda what, done, total: None) -> dict[str, int]:
    """Take away all sample data, also half-made; returns how many rows of each kind went, nothing when there were none.

    What people added to the sample goes with it. Records `demo.removed`.
    """
    gone: dict[str, int] = {}
    for workspace in Workspace.objects.filter(sample__isnull=False).order_by("pk"):
        _remove(workspace, gone, progress)
        with transaction.atomic():
            record(
                Fact(
                    Kind.DEMO_REMOVED,
                    actor,
                    "workspace",
                    workspace.pk,
                    workspace.name,
                    detail={"rows": sum(gone.values())},
                )
            )
            topics.bump({"swarms", "attention", "cells", "providers", "audit"})
    return gone


def _remove(workspace: Workspace, gone: dict[str, int], progress: Progress) -> None:
    swarms = list(Swarm.objects.filter(workspace=workspace).values_list("pk", flat=True))
    providers = list(Provider.objects.filter(pk__in=Swarm.objects.filter(pk__in=swarms).values("provider")))
    total = sum(_of_swarms(model, swarms).count() for model in LARGE)
    _let_go(swarms)
    for model in LARGE:
        for ids in _batches(_of_swarms(model, swarms)):
            with transaction.atomic():
                _forget_topics(model, ids)
                delete_with_all(model, ids, gone)
            progress("rows", sum(gone.get(label_of(model), 0) for model in LARGE), total)
    _remove_named(workspace, swarms, gone)
    folders = [Swarm(pk=pk).folder for pk in swarms]
    with transaction.atomic():
        _forget_topics(Swarm, swarms)
        delete_with_all(Workspace, [workspace.pk], gone)
        _remove_providers(providers, gone)
        _count(gone, Cell, Cell.objects.filter(host=SAMPLE_HOST, attempts=None).delete()[0])
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _let_go(swarms: Sequence[int]) -> None:
    """End whatever a cell may drive of it just now: what it still sends is refused."""
    Swarm.objects.filter(pk__in=swarms).update(desired_state="stopped")
    for attempt in Attempt.objects.filter(swarm__in=swarms, status="running").only("pk", "fence"):
        Attempt.objects.filter(pk=attempt.pk).update(status="stopped", cell=None, fence=attempt.fence + 1)


def _of_swarms(model: type[Model], swarms: Sequence[int]) -> QuerySet[Any]:
    return model._default_manager.filter(swarm__in=swarms)


def _batches(rows: QuerySet[Any]) -> Iterator[list[int]]:
    """The newest first: what points at an earlier row of the same table goes before it."""
    while ids := list(rows.order_by("-pk").values_list("pk", flat=True)[:AT_ONCE]):
        yield ids


def delete_with_all(model: type[Model], ids: Sequence[Any], gone: dict[str, int]) -> None:
    """Delete rows and all that points at them by foreign keys, whatever tables there are; only `SET_NULL` is set to null."""
    for relation in relations_to(model):
        child, name = relation.related_model, relation.field.name
        rows = child._default_manager.filter(**{f"{name}__in": ids})
        if getattr(relation, "on_delete", None) is SET_NULL:
            rows.update(**{name: None})
        elif relations_to(child):
            for below in _batches(rows):
                delete_with_all(child, below, gone)
        else:
            _count(gone, child, rows._raw_delete(rows.db))
    rows = model._default_manager.filter(pk__in=ids)
    _count(gone, model, rows._raw_delete(rows.db))


def relations_to(model: type[Model]) -> list[Any]:
    """Return the foreign keys that point at a model, those without a name on its side too."""
    fields: list[Any] = list(model._meta.get_fields(include_hidden=True))
    return [field for field in fields if field.auto_created and not field.concrete and not field.many_to_many]


def _remove_named(workspace: Workspace, swarms: Sequence[int], gone: dict[str, int]) -> None:
    """Delete rows that name a swarm or the workspace without a foreign key: entries, attention items, ..."""
    ids = {Swarm: list(swarms), Workspace: [workspace.pk]}
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.name not in OWNERS:
                continue
            rows = model._default_manager.filter(**{f"{field.name}__in": ids[OWNERS[field.name]]})
            for batch in _batches(rows):
                with transaction.atomic():
                    delete_with_all(model, batch, gone)


def _forget_topics(model: type[Model], ids: Sequence[int]) -> None:
    Topic.objects.filter(name__in=[f"{label_of(model)}:{pk}" for pk in ids]).delete()


def _remove_providers(providers: Sequence[Provider], gone: dict[str, int]) -> None:
    """Delete the sample's own provider, unless somebody let others ask it too."""
    for provider in providers:
        is_ours = provider.name.startswith(PROVIDER) and provider.kind == Provider.Kind.SCRIPTED
        is_used = Agent.objects.filter(provider=provider).exists() or Swarm.objects.filter(provider=provider).exists()
        if is_ours and not is_used and not provider.is_default:
            delete_with_all(Provider, [provider.pk], gone)


def _count(gone: dict[str, int], model: type[Model], number: int) -> None:
    if number:
        gone[label_of(model)] = gone.get(label_of(model), 0) + number


def label_of(model: type[Model]) -> str:
    """Return the word for a row: `task`, `attempt`, `step`."""
    return str(model._meta.verbose_name)
