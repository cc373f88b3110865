"""The words of the sample data. Swarms and agents are named for what they do; nobody here is a person."""

from random import Random

SWARMS: tuple[tuple[str, str], ...] = (
    ("Invoices", "Read incoming invoices, match them with orders, and put what differs before a person."),
    ("Support desk", "Answer what customers ask, with the passage of the manual that says so."),
    ("Release notes", "Turn merged changes into notes that people read."),
    ("Contracts", "Find the clauses that bind us, with dates and sums."),
    ("Market watch", "Follow what competitors publish and say what changed."),
    ("Translations", "Keep the product's texts in six languages and consistent."),
    ("Data quality", "Find records that contradict each other and say which is right."),
    ("Incidents", "Write up incidents from logs and chat, and follow the actions."),
    ("Recruiting", "Sort applications by what the post asks for, and draft the answers."),
    ("Compliance", "Check what we publish against the rules that hold for it."),
    ("Site checks", "Walk through the shop every hour and report what does not work."),
    ("Research", "Read papers, keep what matters with its source, and answer questions."),
    ("Test triage", "Look at failing tests, find the change behind each, and propose a fix."),
    ("Logistics", "Watch deliveries, and tell customers before they ask."),
    ("Claims", "Read claims with their pictures and prepare the decision."),
    ("Newsletters", "Gather what happened, write it up, and have it approved."),
    ("Price lists", "Keep prices of suppliers current and flag what jumps."),
    ("Minutes", "Turn meetings into decisions, tasks and dates."),
    ("Archive", "Give every scanned document a title, a date and a place."),
    ("Tenders", "Find tenders that fit and say what an offer would need."),
)
ROLES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Reader", "reads documents and notes what matters, with the place where it stands", ("read", "cite")),
    ("Checker", "checks results of others against their sources", ("check", "cite")),
    ("Editor", "turns notes into a text that people like to read", ("write",)),
    ("Clerk", "files, renames and matches", ("read", "match")),
    ("Scout", "looks for new material and says why it is worth reading", ("search", "read")),
    ("Analyst", "compares figures over time and explains what moved", ("read", "count")),
    ("Planner", "cuts work into tasks and says who should do them", ("plan",)),
    ("Translator", "translates and keeps terms the same throughout", ("write", "translate")),
    ("Archivist", "keeps what was decided and finds it again", ("read", "match")),
    ("Reviewer", "says what is wrong, where, and what would be right", ("check",)),
)
VERBS = (
    "Summarise", "Check", "Match", "Translate", "Compare", "Review", "Draft an answer to", "Extract the dates from",
    "List the open points of", "Verify the figures in", "Rewrite", "Classify", "Reconcile", "Explain", "Prepare",
)  # fmt: skip
THINGS = (
    "invoice", "delivery note", "contract", "support ticket", "incident report", "survey", "quarterly report",
    "price list", "tender", "claim", "order", "release", "manual", "newsletter", "audit finding", "meeting",
    "customer letter", "test run", "purchase order", "application", "shipment", "reminder", "offer", "policy",
)  # fmt: skip
PLACES = (
    "Antwerp", "Bergen", "Bologna", "Brno", "Cork", "Debrecen", "Espoo", "Gdansk", "Ghent", "Graz", "Leeds", "Leipzig",
    "Lille", "Linz", "Malmo", "Nantes", "Odense", "Porto", "Rotterdam", "Seville", "Split", "Tartu", "Turin", "Uppsala",
    "Utrecht", "Valencia", "Vilnius", "Zurich",
)  # fmt: skip
FAULTS = (
    ("network", "The provider closed the connection before the answer was whole."),
    ("timeout", "The model took longer than 60 s."),
    ("validation", "The answer does not keep to the schema: amount is missing."),
    ("resource", "The agent goes round in circles: 60 questions without a result."),
    ("permission", "The folder of the archive cannot be read."),
)
QUESTIONS = (
    "Two documents name different sums. Which one counts?",
    "The supplier is not on the list. Shall I go on with it as a new one?",
    "The deadline has passed. Shall I still send it?",
    "The letter is in a language I was not asked to read. Translate it, or leave it?",
)
REASONS = (
    "The digest is complete and every statement has its source.",
    "All figures were compared with the orders; two differences are marked.",
    "The customer asked for it today.",
)
SUBJECTS = ("Figures for", "Question about", "Handover:", "Done:", "Please check", "Note on", "Late:", "Correction to")
BODIES = (
    "I have put what I found into the folder. The two places I am not sure about are marked.",
    "Could you look at the second page before I go on? The sum does not match the order.",
    "This is finished from my side. What is left is the confirmation from outside.",
    "The source has changed since yesterday. I have kept the old text beside the new one.",
)
THOUGHTS = (
    "I read the document first, then I compare it with the order.",
    "The sum differs by a rounding; the tax is computed per line there. That explains it.",
    "Three passages say the same. I keep the one with the date.",
    "The table has a footnote that changes the figure. I note both.",
    "Nothing here contradicts what was written before, so I can go on with the next part.",
    "The name is spelt differently in the header. I use the spelling of the register.",
)
RESULTS = (
    "Done. Two differences were found, both are explained in the notes.",
    "Nothing contradicts the sources. The summary has eleven statements, each with its passage.",
    "Filed under its date. The register names it from today.",
    "The draft answers all three questions and names the paragraph of the manual.",
)
ACCEPTANCE = ("Every figure has its source", "The sum matches the order", "No sentence without a passage behind it")
MODELS = (("sample-large", 3_000, 15_000), ("sample-small", 250, 1_250))
"""Name, and billionths of a dollar for a token sent and received."""


def make_title(random: Random, number: int) -> str:
    """Return what a task is called: `Check invoice 20417 of Ghent`."""
    return f"{random.choice(VERBS)} {random.choice(THINGS)} {10_000 + number} of {random.choice(PLACES)}"


def number_name(name: str, number: int) -> str:
    """Return `Reader`, `Reader 2`, `Reader 3`."""
    return name if number == 1 else f"{name} {number}"
