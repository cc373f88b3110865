"""What each page is for: one paragraph, what one does there, and the tutorials that show it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class PageHelp:
    """The answer to “what is this page?”."""

    name: str
    url_name: str
    """Where it is; empty for pages that need an id."""
    title: Any
    what: Any
    does: tuple[Any, ...]
    prefixes: str
    """URL names that belong to it, separated by spaces; one that ends in `_` is a beginning."""
    lessons: tuple[str, ...] = ()
    docs: str = ""
    """The file of the documentation that tells more."""
    for_site: bool = False
    """Whether only administrators of the site may open it."""


PAGES = {
    page.name: page
    for page in (
        PageHelp(
            "board",
            "home",
            _("Board"),
            _("What needs you, what is wrong, what everyone does and what it costs, now."),
            (_("Answer what stands under Needs me without leaving."), _("Every figure opens down to its rows.")),
            "home",
            ("stop", "spending"),
            "docs/architecture.md",
        ),
        PageHelp(
            "needs-me",
            "approval_list",
            _("Needs me"),
            _(
                "Everything that waits for a person: approvals, questions, failures. What "
                "waits costs nothing meanwhile."
            ),
            (
                _("Approve or reject the exact act; the agent reads your reason."),
                _("j and k move, a approves, r rejects."),
            ),
            "approval_ attention_",
            ("approval",),
            "docs/roles.md",
        ),
        PageHelp(
            "mail",
            "mail_room",
            _("Mail room"),
            _("Letters between agents and people. Who sent one is proven by the server, never claimed by the sender."),
            (_("Write to an agent, send a dead letter on, acknowledge what was sent to the operators."),),
            "mail_",
            (),
            "docs/glossary.md",
        ),
        PageHelp(
            "tasks",
            "task_list",
            _("Tasks"),
            _(
                "The work: what is to be done, who does it, and how it went. Completed means the doer says "
                "so, verified that somebody else found evidence."
            ),
            (
                _("Filter by state, swarm or words; the address keeps the choice."),
                _("Open one to see each attempt step by step."),
            ),
            "task_ attempt_",
            ("work", "failure"),
            "docs/glossary.md",
        ),
        PageHelp(
            "agents",
            "agent_list",
            _("Agents"),
            _(
                "Who works. Three facts about each, never mixed: alive (its cell's lease is fresh), "
                "advancing (it finishes steps), right (others verified its work)."
            ),
            (_("Pause or stop one, change its instructions, see what it works on."),),
            "agent_",
            ("spending",),
            "docs/glossary.md",
        ),
        PageHelp(
            "swarms",
            "swarm_list",
            _("Swarms"),
            _("Groups of agents with one folder, one mail room and one policy."),
            (_("Make one from a template or empty."), _("Start, pause and stop it as a whole.")),
            "swarm_",
            ("stop", "work"),
            "docs/roles.md",
        ),
        PageHelp(
            "people",
            "",
            _("People"),
            _(
                "Who may look, operate or administer. Roles are given on a swarm, or on its "
                "workspace for all swarms in it."
            ),
            (
                _("Open a swarm and press People to give somebody a role; superusers may add the account there too."),
                _("On the server: ./victor person add NAME prints the link to come in with."),
            ),
            "swarm_people",
            (),
            "docs/roles.md",
        ),
        PageHelp(
            "audit",
            "audit_list",
            _("Audit"),
            _(
                "The record: every change by a person, an agent or the system left an entry, in the "
                "transaction that made it true."
            ),
            (_("Filter by kind, by who did it, by what it is about."),),
            "audit_",
            ("spending",),
            "docs/events.md",
        ),
        PageHelp(
            "costs",
            "costs",
            _("Costs"),
            _("What language models cost, by day, agent, task, model and swarm."),
            (_("Every sum opens to the work it was spent on."),),
            "costs",
            ("spending",),
            "docs/language-models.md",
        ),
        PageHelp(
            "providers",
            "provider_list",
            _("Providers"),
            _("The ways to language models, with the verdict of each one's last test."),
            (_("Add one, test it, make it the default. Keys go in sealed and never come out."),),
            "provider_",
            ("model",),
            "docs/providers.md",
        ),
        PageHelp(
            "cells",
            "cell_list",
            _("Cells"),
            _(
                "The processes that drive attempts, and the hosts they are on. One that falls silent is "
                "declared dead, and its work goes on elsewhere."
            ),
            (_("Look here when nothing advances."),),
            "cell_",
            ("failure",),
            "docs/engine.md",
        ),
        PageHelp(
            "settings",
            "settings",
            _("Settings"),
            _("What this installation was told and by whom; what is kept as rows and can be changed on a page."),
            (_("Change the environment and start ./victor up again: settings are read once, at the start."),),
            "settings workspace_",
            (),
            "docs/settings.md",
            for_site=True,
        ),
        PageHelp(
            "account",
            "account",
            _("Account"),
            _("Your name, your password and how the pages look in this browser."),
            (_("Set a password, so that you need no sign-in link."),),
            "account set_password set_look notification_ device_ channel_",
            (),
            "docs/onboarding.md",
        ),
    )
}


def help_for(url_name: str) -> PageHelp | None:
    """Return the help of the page with this URL name; the most exact one wins."""
    fitting = [
        (len(prefix), page)
        for page in PAGES.values()
        for prefix in page.prefixes.split()
        if url_name == prefix or (prefix.endswith("_") and url_name.startswith(prefix))
    ]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def may_fill(user: Any) -> bool:
    """Tell whether somebody may fill in and remove sample data."""
    return bool(user.is_superuser)
