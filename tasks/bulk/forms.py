"""What is asked for with a bulk act."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agents.models import Agent, Swarm
from tasks.bulk.act import Act
from tasks.forms_approvals import RejectForm


class NothingForm(forms.Form):
    """Nothing is asked for."""


class ReasonForm(forms.Form):
    """A word for the record."""

    reason = forms.CharField(label=_("Why (goes into the record)"), required=False, max_length=400)


class PriorityForm(forms.Form):
    """A number."""

    priority = forms.IntegerField(
        label=_("Priority"), min_value=-100, max_value=100, initial=0, help_text=_("Higher goes first; -100 to 100.")
    )


class AgentForm(forms.Form):
    """Who may take the tasks."""

    agent = forms.ModelChoiceField(
        label=_("Agent"), queryset=Agent.objects.none(), required=False, empty_label=_("whoever is free")
    )

    def __init__(self, swarms: list[Swarm], data: Any = None) -> None:
        super().__init__(data)
        agents = (
            Agent.objects.filter(swarm__in=swarms, retired_at=None)
            .select_related("swarm")
            .order_by("swarm__name", "name")
        )
        field = self.fields["agent"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = agents
        if len(swarms) > 1:
            field.help_text = _("The tasks are in several swarms: an agent can take those of its own alone.")


class ReaderForm(AgentForm):
    """Who gets copies of letters."""

    def __init__(self, swarms: list[Swarm], data: Any = None) -> None:
        super().__init__(swarms, data)
        field = self.fields["agent"]
        assert isinstance(field, forms.ModelChoiceField)
        field.required, field.label, field.empty_label = True, _("To"), _("choose an agent")
        if len(swarms) > 1:
            field.help_text = _("The letters are in several swarms: an agent gets those of its own alone.")


def form_for(act: Act, rows: list[Any], data: Any = None) -> forms.Form:
    """Return the form of an act for these rows."""
    if act.asks == "agent":
        return AgentForm(_swarms_of(rows), data)
    if act.asks == "reader":
        return ReaderForm(_swarms_of(rows), data)
    kinds: dict[str, type[forms.Form]] = {"reason": ReasonForm, "priority": PriorityForm, "reject": RejectForm}
    return kinds.get(act.asks, NothingForm)(data)


def given_by(form: forms.Form) -> dict[str, Any]:
    """Return what was given, as it can be kept."""
    kept = {name: value for name, value in form.cleaned_data.items() if name in ("reason", "priority", "agent")}
    return {name: value.pk if isinstance(value, Agent) else value for name, value in kept.items()}


def _swarms_of(rows: list[Any]) -> list[Swarm]:
    """Return the swarms of rows, by name."""
    return sorted({row.swarm.pk: row.swarm for row in rows}.values(), key=lambda swarm: swarm.name)
