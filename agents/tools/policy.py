"""Whether an agent may use a tool: allow, ask first, or refuse."""

import hashlib
import json
from typing import Any

from agents.tools.registry import EffectClass, Tool

ALLOW, ASK, REFUSE = "allow", "ask", "refuse"

BY_EFFECT = {
    EffectClass.READ: ALLOW,
    EffectClass.REVERSIBLE: ALLOW,
    EffectClass.IRREVERSIBLE: ASK,
    EffectClass.MONEY: ASK,
    EffectClass.PEOPLE: ASK,
}
VERDICTS = (ALLOW, ASK, REFUSE)


def decide(tool: Tool, *, agent_tools: list[str], swarm_policy: dict[str, str]) -> str:
    """Return `allow`, `ask` or `refuse`: not on the agent's list is refused, then the swarm's word, then the effect class."""
    if tool.name not in agent_tools:
        return REFUSE
    return swarm_policy.get(tool.name, BY_EFFECT[tool.effect])


def canonical(arguments: dict[str, Any]) -> str:
    """Return the one JSON text of these arguments."""
    return json.dumps(arguments, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_act(tool: str, arguments: dict[str, Any]) -> str:
    """Return what an approval is bound to: sha256 of the tool and its canonical arguments."""
    return hashlib.sha256(f"{tool}\n{canonical(arguments)}".encode()).hexdigest()


def effect_key(task_id: int, place: int, tool: str, arguments: dict[str, Any]) -> str:
    """Return the idempotency key of an act: sha256 of task, place, tool and canonical arguments.

    `place` counts the steps that came to something, from 1: a try that failed before gives the act no other key.
    """
    return hashlib.sha256(f"{task_id}\n{place}\n{tool}\n{canonical(arguments)}".encode()).hexdigest()
