"""A script that another process imports by its name in `VICTOR_SCRIPTS`."""

from agents.llm.scripted import register_script, say

register_script("polite", lambda request, n: say(f"Thank you for: {request.turns[-1].text}"))
