"""Reading prose without a language model: sentences, what stands out, what recurs, and whether a claim is grounded.

Pure functions. The ranking is the usual centrality idea (a sentence counts as much as its words recur in the document),
with a small bonus for the opening and for words that announce a cause or a remedy.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import chain

SHORTEST, LONGEST = 6, 45
"""Words a quotable sentence has."""
MOST_SENTENCES = 600

_MARKUP = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+|^\*\*[^*]{1,60}\*\*:?\s*|^(?:\d{1,2}:\d{2}(?::\d{2})?)\s+")
_SKIP = ("#", "|", "---", "===", "```", ">", "<")
_END = re.compile(r"(?<=[.!?])[\"')]*\s+|(?<=[。！？])")
_ABBREVIATED = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|no|nr|fig|dr|mr|mrs|ms|st|sec)|\b[a-z])\.$", re.IGNORECASE
)
_WORD = re.compile(r"\w[\w.'-]*\w|\w")
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instructions?|orders?|prompts?|rules?)\b"
    r"|\byou are now\b|\bsystem prompt\b|\bas an? (?:ai|assistant|language model)\b"
    r"|\b(?:approve|publish|send|mail|tell)\b.{0,60}\b(?:yourself|everyone|everybody)\b",
    re.IGNORECASE,
)
_TELLING = frozenset(
    "because caused cause since due reason failed expired filled stopped lost fixed restored replaced rolled now "
    "therefore must will never always important result results".split()
)
_COMMON = frozenset(
    "a about after again all also an and any are as at be been before both but by can could did do does for from had has "
    "have he her his how i if in into is it its just like may more most no nor not of on one only or other our out over own "
    "per same she should so some such than that the their them then there these they this those through to too two under "
    "until up us was we were what when where which while who whom whose why will with would you your".split()
)


def split_sentences(text: str) -> list[str]:
    """Return the quotable sentences in reading order, each a verbatim piece of one line; tables and headings are left out."""
    found: list[str] = []
    for line in text.splitlines():
        rest = line.strip()
        if not rest or rest.startswith(_SKIP):
            continue
        while (shorter := _MARKUP.sub("", rest)) != rest:
            rest = shorter
        found += [part for part in _cut(rest) if _is_sentence(part)]
        if len(found) >= MOST_SENTENCES:
            break
    return found[:MOST_SENTENCES]


def join_wrapped_lines(text: str) -> str:
    """Return the text with hard-wrapped paragraphs put on one line each, as licence texts and mails need it."""
    lines = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text)]
    return "\n".join(lines)


def find_sentences(text: str) -> list[str]:
    """Return the quotable sentences; a text wrapped at a fixed width is unwrapped first."""
    direct = split_sentences(text)
    unwrapped = split_sentences(join_wrapped_lines(text))
    return unwrapped if len(" ".join(unwrapped)) > 1.3 * len(" ".join(direct)) else direct


def find_quotable(text: str) -> list[str]:
    """Return the sentences one may quote: those that seem to give agents orders are not worth repeating."""
    return [sentence for sentence in find_sentences(text) if not _ORDERS.search(sentence)]


def rank_sentences(sentences: Sequence[str], most: int) -> list[str]:
    """Return up to `most` sentences, the most telling first, none twice."""
    bags = [Counter(stems(sentence)) for sentence in sentences]
    spread = Counter(stem for bag in bags for stem in bag)

    def weigh(index: int) -> float:
        bag = bags[index]
        central = sum(math.log1p(spread[stem]) for stem in bag if spread[stem] > 1) / math.sqrt(len(bag) or 1)
        telling = 1 + 0.12 * min(3, len(_TELLING.intersection(sentences[index].lower().split())))
        return central * telling * (1.6 if index < 2 else 1.0)

    order = sorted(range(len(sentences)), key=lambda index: -weigh(index))
    return list(dict.fromkeys(sentences[index] for index in order))[:most]


def find_orders(text: str) -> str:
    """Return the first line that seems to give agents orders, or an empty text."""
    for line in text.splitlines():
        if _ORDERS.search(line):
            return line.strip()[:200]
    return ""


def stands_in(quote: str, source: str) -> bool:
    """Tell whether the quote stands in the source word for word; only white space may differ."""
    needle = " ".join(quote.split())
    return bool(needle) and needle in " ".join(source.split())


def is_grounded(claim: str, source: str, *, share: float = 0.9) -> bool:
    """Tell whether at least this share of a claim's words, and all of its numbers, stand in the source too."""
    said, known = stems(claim), set(stems(source))
    if not said or not set(_numbers(claim)) <= set(_numbers(source)):
        return False
    return sum(stem in known for stem in said) >= share * len(said)


def is_shortened(claim: str, sentence: str) -> bool:
    """Tell whether the claim is the sentence with its beginning or end left out.

    Words that are moved can turn the sense, and words left out of the middle can take the verb: neither is accepted.
    """
    said, known = stems(claim), stems(sentence)
    runs = (known[start : start + len(said)] for start in range(len(known) - len(said) + 1))
    return bool(said) and len(claim) <= 0.9 * len(sentence) and is_grounded(claim, sentence) and said in runs


def pick_terms(text: str, most: int = 12) -> list[str]:
    """Return the words that mark a document: frequent, not common, no numbers; the strongest first."""
    counted: Counter[str] = Counter()
    surface: dict[str, str] = {}
    for word in _WORD.findall(text.lower()):
        if word in _COMMON or word in _TELLING or len(word) < 3 or any(letter.isdigit() for letter in word):
            continue
        stem = stem_of(word)
        counted[stem] += 1
        surface.setdefault(stem, word)
    return [surface[stem] for stem, count in counted.most_common(most) if count > 1]


def find_themes(terms: dict[str, list[str]], most: int = 6) -> list[tuple[list[str], list[str]]]:
    """Return (words, documents) of what recurs, `terms` mapping documents to their words, strongest first.

    A theme weighs the more, the more strongly its words mark its documents. Words that mark the very same documents are
    one theme; what marks more than two thirds of them says nothing.
    """
    weights: defaultdict[str, float] = defaultdict(float)
    marked: dict[str, list[str]] = {}
    for document, words in terms.items():
        for rank, word in enumerate(words):
            marked.setdefault(stem_of(word), []).append(document)
            weights[stem_of(word)] += 1 / (1 + rank)
    surface = {stem_of(word): word for word in sorted(chain(*terms.values()), key=len, reverse=True)}
    limit = max(2, math.floor(len(terms) * 2 / 3))
    grouped: dict[tuple[str, ...], list[str]] = {}
    for stem, _ in sorted(weights.items(), key=lambda item: (-item[1], item[0])):
        documents = tuple(sorted(set(marked[stem])))
        if 2 <= len(documents) <= limit:
            grouped.setdefault(documents, []).append(stem)
    heaviest = sorted(grouped.items(), key=lambda item: -sum(weights[stem] for stem in item[1]))
    return [([surface[stem] for stem in group[:3]], list(documents)) for documents, group in heaviest[:most]]


def stems(text: str) -> list[str]:
    """Return the stems of the words that carry meaning."""
    return [stem_of(word) for word in _WORD.findall(text.lower()) if word not in _COMMON]


def _numbers(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word[0].isdigit()]


def stem_of(word: str) -> str:
    """Cut the commonest English endings; good enough to tell whether two words are one."""
    for ending in ("ation", "ing", "ed", "es", "ly", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def _cut(line: str) -> list[str]:
    """Cut a line at the ends of sentences; a dot after an abbreviation or an initial is none. Pieces stay verbatim."""
    pieces, start = [], 0
    for end in _END.finditer(line):
        piece = line[start : end.start()]
        if not _ABBREVIATED.search(piece):
            pieces.append((piece + end.group().rstrip()).strip())
            start = end.end()
    return [piece for piece in [*pieces, line[start:].strip()] if piece]


def _is_sentence(part: str) -> bool:
    words = part.split()
    if len(part) >= 10 and part[-1] in "。！？":
        return len(part) <= 300
    return SHORTEST <= len(words) <= LONGEST and part[-1] in ".!?\"')"
