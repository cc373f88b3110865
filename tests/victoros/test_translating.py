"""Pages speak the language of who reads them, and catalogues hold what they should."""

import gettext
import io
import json
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.template import engines
from django.test import Client
from django.utils import translation

from tests.agents.factories import make_user
from tests.tasks.pages.rows import make_task
from victoros.settings import BASE_DIR
from victoros.translating.catalogue import PLURAL, make_mo, read_po, write_po
from victoros.translating.gathering import Text, gather_texts

CATALOGUES = sorted((BASE_DIR / "victoros" / "locale").glob("*/LC_MESSAGES/django.po"))
PLACES = re.compile(r"%\(\w+\)s|\{\w+\}|</?\w+>")


def places_of(text: str) -> list[str]:
    return sorted(PLACES.findall(text))


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(make_user(superuser=True))
    return client


@pytest.mark.django_db
def test_a_page_speaks_what_the_browser_asks_for(reader: Client) -> None:
    page = reader.get("/tasks/", headers={"accept-language": "de-AT,de;q=0.9"}).content.decode()
    assert '<html lang="de"' in page
    assert "Neue Aufgabe" in page


@pytest.mark.django_db
def test_without_a_wish_or_with_an_unknown_one_it_speaks_english(reader: Client) -> None:
    assert '<html lang="en"' in reader.get("/tasks/").content.decode()
    assert "New task" in reader.get("/tasks/", headers={"accept-language": "xx"}).content.decode()


@pytest.mark.django_db
def test_what_somebody_chose_counts_more_than_what_the_browser_asks_for(reader: Client) -> None:
    assert reader.post("/account/language/", {"language": "de"}).status_code == 302
    assert "Neue Aufgabe" in reader.get("/tasks/", headers={"accept-language": "en"}).content.decode()
    reader.post("/account/language/", {"language": "en"})
    assert "New task" in reader.get("/tasks/", headers={"accept-language": "de"}).content.decode()


@pytest.mark.django_db
def test_a_language_that_is_not_there_is_refused(reader: Client) -> None:
    assert reader.post("/account/language/", {"language": "tlh"}).status_code == 400
    assert reader.get("/account/language/").status_code == 405


@pytest.mark.django_db
def test_states_are_translated_and_words_of_people_are_not(reader: Client) -> None:
    make_task(title="in progress", status="in_progress")
    page = reader.get("/tasks/", headers={"accept-language": "de"}).content.decode()
    assert "</svg>in Arbeit</span>" in page
    assert ">in progress</a>" in page


def test_numbers_of_pictures_are_the_same_in_every_language() -> None:
    with translation.override("de"):
        assert engines["django"].from_string('width="{{ share }}%"').render({"share": 12.5}) == 'width="12.5%"'


def test_texts_of_templates_code_and_rows_are_gathered() -> None:
    texts = gather_texts(BASE_DIR)
    assert "templates/base.html" in texts[Text("To the page")]
    assert "tasks/services/control.py" in texts[Text("See what it waits for.")]
    assert {Text("in progress"), Text("task completed"), Text("was paused")} <= texts.keys()
    assert Text("%(count)s swarm", "%(count)s swarms") in texts


def test_nouns_of_refusals_descriptions_of_tools_and_acts_are_gathered() -> None:
    texts = gather_texts(BASE_DIR)
    assert {Text("input folder"), Text("List the files you can read."), Text("restart")} <= texts.keys()
    assert Text("%(count)s letter", "%(count)s letters") in texts


@pytest.mark.django_db
def test_a_sentence_with_a_noun_is_right_in_both_languages(reader: Client) -> None:
    url = f"/tasks/{make_task(title='x', status='ready').pk}/control/?act=pause"
    said = {name: reader.get(url, headers={"accept-language": name}).content.decode() for name in ("en", "de")}
    assert "Pause the task" in said["en"]
    assert "Aufgabe unterbrechen" in said["de"]


@pytest.mark.django_db
def test_a_refusal_names_states_in_the_readers_language(reader: Client) -> None:
    url = f"/tasks/{make_task(title='x', status='verified').pk}/control/?act=pause"
    page = reader.get(url, headers={"accept-language": "de"})
    assert page.status_code == 409
    assert "„unterbrechen“ geht jetzt nicht. Aufgabe: bestätigt." in page.content.decode()


def test_a_catalogue_says_the_same_when_it_is_read_again() -> None:
    texts = {Text('a "b"\n\\c'): ["x.py"], Text("%(n)s cat", "%(n)s cats"): ["y.html"], Text("none"): []}
    known = {Text('a "b"\n\\c'): ('Ä „b"\n\\c',), Text("%(n)s cat", "%(n)s cats"): ("%(n)s Katze", "%(n)s Katzen")}
    assert read_po(write_po(texts, known, "de")) == known
    found = gettext.GNUTranslations(io.BytesIO(make_mo(known, "de")))
    assert found.gettext('a "b"\n\\c') == 'Ä „b"\n\\c'
    assert [found.ngettext("%(n)s cat", "%(n)s cats", n) for n in (1, 2)] == ["%(n)s Katze", "%(n)s Katzen"]
    assert found.gettext("none") == "none"
    assert PLURAL in write_po(texts, known, "de")


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_a_translation_keeps_the_places_that_are_filled_in(path: Path) -> None:
    for text, said in read_po(path.read_text()).items():
        for word in said:
            assert places_of(word) == places_of(text.one), text.one


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_what_django_reads_is_made_from_what_people_edit(path: Path) -> None:
    language = path.parent.parent.name
    assert path.with_suffix(".mo").read_bytes() == make_mo(read_po(path.read_text()), language)


@pytest.mark.django_db
def test_the_command_says_how_much_is_translated_and_writes_nothing_when_it_checks() -> None:
    before = [path.read_bytes() for path in CATALOGUES]
    answer = io.StringIO()
    call_command("translate", "--check", "--json", stdout=answer)
    (german,) = json.loads(answer.getvalue())["catalogues"]
    assert german["language"] == "de"
    assert german["translated"] > 2500
    assert [path.read_bytes() for path in CATALOGUES] == before
