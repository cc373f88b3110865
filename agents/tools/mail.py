"""Tools with which agents write to one another and to their operators."""

from typing import Any

from agents.models import Agent, Message, Swarm
from agents.services.mail import read_mailbox, send_message
from agents.tools.registry import Arguments, EffectClass, Tool, ToolContext, register, schema, text
from audit import actors
from victoros.lib.errors import InvalidInput

OPERATORS = "operators"


def send_mail(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Send a letter to a colleague by name, or to `operators`."""
    message, fresh = send_message(
        actor=actors.agent(context.agent_id, context.agent_name),
        swarm=Swarm.objects.get(pk=context.swarm_id),
        recipient=_find_recipient(context, arguments["to"]),
        kind=arguments.get("kind", "inform"),
        subject=arguments["subject"],
        body=arguments.get("body", ""),
        data=arguments.get("data"),
        task_ref=context.task_id,
        reply_to=_find_letter(context, arguments.get("reply_to")),
        key=context.key,
        sender_agent=Agent.objects.get(pk=context.agent_id),
    )
    return {"message": message.pk, "to": arguments["to"], "sent": fresh}


def read_mail(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Return the unread letters of the agent and mark them read."""
    letters = read_mailbox(agent=Agent.objects.get(pk=context.agent_id), limit=arguments.get("limit", 50))
    return {"letters": [describe_letter(letter) for letter in letters]}


def describe_letter(letter: Message) -> dict[str, Any]:
    """Return a letter as an agent sees it."""
    return {
        "message": letter.pk,
        "from": letter.sender_name,
        "kind": letter.kind,
        "subject": letter.subject,
        "body": letter.body,
        "data": letter.data,
        "task": letter.task_ref,
    }


def _find_recipient(context: ToolContext, name: str) -> Agent | None:
    if name.strip().lower() == OPERATORS:
        return None
    colleagues = Agent.objects.filter(swarm_id=context.swarm_id, retired_at=None)
    found = colleagues.filter(name=name.strip()).first()
    if found is None:
        names = ", ".join(colleagues.order_by("name").values_list("name", flat=True)[:20])
        raise InvalidInput(f"Nobody here is named {name!r}.", hint=f"Write to one of: {names}, {OPERATORS}.")
    return found


def _find_letter(context: ToolContext, ref: int | None) -> Message | None:
    if ref is None:
        return None
    letter = Message.objects.filter(pk=ref, swarm_id=context.swarm_id).first()
    if letter is None:
        raise InvalidInput(f"There is no message {ref} in this swarm.", hint="Leave reply_to out.")
    return letter


register(
    Tool(
        "send_mail",
        "Send a message to a colleague, or to 'operators'.",
        schema(
            ["to", "subject"],
            to=text("Name of an agent, or 'operators'.", 80),
            subject=text("One line.", 200),
            body=text("The message.", 8000),
            kind={"type": "string", "enum": ["request", "inform", "handover", "question", "answer"]},
            reply_to={"type": "integer", "description": "Number of the message you answer."},
            data={"type": "object", "description": "Facts for a program to read."},
        ),
        EffectClass.REVERSIBLE,
        send_mail,
        inside=True,
    ),
    Tool(
        "read_mail",
        "Read your unread messages.",
        schema(limit={"type": "integer", "minimum": 1, "maximum": 200}),
        EffectClass.READ,
        read_mail,
        inside=True,
    ),
)
