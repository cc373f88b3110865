"""Words of the rows (states, kinds, nouns) in the language of whoever reads the page."""

from django.utils.functional import Promise
from django.utils.translation import ngettext

from victoros.lib.sentences import Sentence, sentence

Phrase = str | Promise
"""A text, or one that is translated when it is shown."""


def say_word(name: str) -> Sentence:
    """Return a name from the rows as words: `in_progress` is `in progress`, `task.completed` is `task completed`."""
    words = str(name).replace("_", " ").replace(".", " ")
    return sentence(words)


def say_many(count: int, noun: str) -> str:
    """Return `1 swarm`, `2 swarms`, `1,234 swarms`; the noun is the English one, in the singular."""
    return ngettext(f"%(count)s {noun}", f"%(count)s {noun}s", count) % {"count": f"{count:,}"}
