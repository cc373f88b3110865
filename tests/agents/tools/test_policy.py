"""Who may use what: allow, ask first, or refuse; and what an approval or a key is bound to."""

import pytest

from agents.tools.policy import decide, digest_act, effect_key
from agents.tools.registry import EffectClass, Tool, check_tool_names, find_tool, list_tools, register, schema
from victoros.lib.errors import InvalidInput


def tool(effect: EffectClass) -> Tool:
    return Tool("t", "", schema(), effect, lambda context, arguments: {})


@pytest.mark.parametrize(
    ("effect", "verdict"),
    [("read", "allow"), ("reversible", "allow"), ("irreversible", "ask"), ("money", "ask"), ("people", "ask")],
)
def test_the_effect_class_decides_where_nothing_else_is_said(effect: str, verdict: str) -> None:
    assert decide(tool(EffectClass(effect)), agent_tools=["t"], swarm_policy={}) == verdict


def test_the_swarms_word_goes_before_the_effect_class() -> None:
    assert decide(tool(EffectClass.READ), agent_tools=["t"], swarm_policy={"t": "refuse"}) == "refuse"
    assert decide(tool(EffectClass.MONEY), agent_tools=["t"], swarm_policy={"t": "allow"}) == "allow"


def test_what_is_not_on_the_agents_list_is_refused_whatever_the_swarm_says() -> None:
    assert decide(tool(EffectClass.READ), agent_tools=[], swarm_policy={"t": "allow"}) == "refuse"


def test_an_approval_is_bound_to_the_act_and_not_to_the_order_of_words() -> None:
    digest = digest_act("pay", {"to": "Ann", "sum": 1})
    assert digest == digest_act("pay", {"sum": 1, "to": "Ann"})
    assert digest not in {digest_act("pay", {"to": "Ann", "sum": 2}), digest_act("give", {"to": "Ann", "sum": 1})}


def test_a_key_names_task_step_tool_and_arguments() -> None:
    keys = {
        effect_key(*given)
        for given in [(1, 1, "t", {}), (2, 1, "t", {}), (1, 2, "t", {}), (1, 1, "u", {}), (1, 1, "t", {"a": 1})]
    }
    assert len(keys) == 5
    assert effect_key(1, 1, "t", {}) in keys


def test_a_name_is_taken_once() -> None:
    known = find_tool("remember")
    register(known)
    with pytest.raises(ValueError, match="remember"):
        register(Tool("remember", "", schema(), EffectClass.READ, known.run))


def test_unknown_tools_are_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidInput) as refusal:
        find_tool("fly")
    assert "remember" in refusal.value.hint
    assert check_tool_names(["recall", "remember", "recall"]) == ["recall", "remember"]
    assert {"send_mail", "complete", "ask", "subtask", "write_file"} <= {tool.name for tool in list_tools()}
