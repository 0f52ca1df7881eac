"""The visitor's pages in five languages: the same names in all, chosen without a script, dates as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from privacy_world import OPTED_OUT, SAME, Rehearsal, Visit, flat, text_of

from collector.privacy.pages import consent_text
from collector.privacy.texts import CATALOGUES, LANGUAGES, Texts, texts_for
from registry.site import Site

FIRST_OF_DECEMBER = 1_796_083_200


def sentences(texts: Texts) -> Iterator[tuple[str, str]]:
    for section, said in texts.says.items():
        for name, text in said.items():
            if isinstance(text, str):
                yield f"{section}.{name}", text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_and_fills_in_the_same_words(language: str) -> None:
    english = dict(sentences(CATALOGUES["en"]))
    own = dict(sentences(CATALOGUES[language]))
    assert own.keys() == english.keys()
    different = {
        name
        for name, text in own.items()
        if set(re.findall(r"{\w+}", text)) != set(re.findall(r"{\w+}", english[name]))
    }
    assert not different
    assert len(CATALOGUES[language].says["language"]["months"]) == 12


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_what_is_translated_is_not_english(language: str) -> None:
    english = dict(sentences(CATALOGUES["en"]))
    same = {name for name, text in sentences(CATALOGUES[language]) if " " in text and text == english[name]}
    assert same <= {"language.date", "language.moment"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_promises_what_a_setting_may_change(language: str) -> None:
    """Placeholders stand where settings speak; a stray figure would be a promise that nobody keeps."""
    figures = {name for name, text in sentences(CATALOGUES[language]) if re.search(r"\d", text)}
    assert figures <= {"language.first"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_says_that_no_consent_is_needed(language: str) -> None:
    claim = re.compile(
        r"no consent is needed|keine einwilligung (nötig|erforderlich)|sans consentement requis|"
        r"no (se )?necesita consentimiento|geen toestemming nodig",
        re.IGNORECASE,
    )
    assert not [name for name, text in sentences(CATALOGUES[language]) if claim.search(text)]


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        ("", "", "en"),
        ("de", "fr", "de"),
        ("xx", "fr-CA,fr;q=0.9", "fr"),
        ("", "de-AT,de;q=0.9,en;q=0.8", "de"),
        ("", "pt, es;q=0.5, nl;q=0.7", "nl"),
        ("", "de;q=0, en;q=0.1", "en"),
        ("", "pt-BR", "en"),
        ("", "*", "en"),
        ("", "de;q=x,;;,,nl;q=0.2", "nl"),
        ("", "fr;q=0.2,nl;q=0.2", "fr"),
        ("", "x" * 10_000, "en"),
    ],
)
def test_the_language_is_the_one_chosen_else_the_browsers_else_english(
    chosen: str, accepted: str, language: str
) -> None:
    assert texts_for(chosen, accepted).language == language


@pytest.mark.parametrize(
    ("language", "date", "days"),
    [
        ("en", "1 December 2026", "760 days (about 25 months)"),
        ("de", "1. Dezember 2026", "760 Tage (etwa 25 Monate)"),
        ("fr", "1er décembre 2026", "760 jours (environ 25 mois)"),
        ("es", "1 de diciembre de 2026", "760 días (unos 25 meses)"),
        ("nl", "1 december 2026", "760 dagen (ongeveer 25 maanden)"),
    ],
)
def test_dates_and_spans_are_written_as_the_language_does(language: str, date: str, days: str) -> None:
    texts = CATALOGUES[language]
    assert texts.date(FIRST_OF_DECEMBER) == date
    assert texts.days(760) == days
    assert texts.days(30) == texts.says["rules"]["day_many"].format(n=30)
    assert texts.days(1) == texts.says["rules"]["day_one"]


def test_thousands_are_apart_and_no_time_is_invented() -> None:
    assert [CATALOGUES[language].number(12345) for language in ("en", "de", "fr")] == [
        "12,345",
        "12.345",
        "12\u202f345",
    ]
    assert CATALOGUES["de"].moment("2026-11-22T23:30:00Z") == "22. November 2026, 23:30 UTC"
    assert CATALOGUES["de"].moment("soon") == "soon"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_page_is_in_the_language_and_leads_to_the_others(language: str) -> None:
    visit = Visit(Rehearsal())
    page = visit.ask(path=f"/privacy?lang={language}")
    says = CATALOGUES[language].says
    assert f'<html lang="{language}">' in page.text
    for section, name in (("page", "title"), ("state", "yes"), ("choice", "stop"), ("rights", "title")):
        assert flat(says[section][name]) in text_of(page)
    links = re.findall(r'<a href="privacy\?lang=(\w\w)" lang="\1" hreflang="\1"', page.text)
    assert links == list(LANGUAGES)
    assert page.text.count('aria-current="true"') == 1


def test_a_chosen_language_stays_through_a_press_and_is_kept_nowhere() -> None:
    visit = Visit(Rehearsal())
    page = visit.ask(path="/privacy?lang=nl")
    assert "set-cookie" not in page.headers
    assert page.text.count('<input type="hidden" name="lang" value="nl">') == page.text.count("<form")
    form = {"choice": "optout", "lang": "nl"}
    answer = visit.ask("POST", "/privacy/choice", data=form, headers=SAME)
    assert answer.headers["location"] == "../privacy?done=optout&lang=nl"
    says = CATALOGUES["nl"].says
    assert flat(says["done"]["optout"]) in text_of(visit.follow(answer, OPTED_OUT))
    again = visit.press("", "/privacy/ask", kind="complaint", message="", lang="nl")
    assert flat(says["done"]["unwritten"]) in text_of(again)


def test_the_proof_of_a_consent_is_about_the_form_in_every_language() -> None:
    hybrid = consent_text(Site(id=1, host="a.example", mode="hybrid"))
    only = consent_text(Site(id=1, host="a.example", mode="consent_only"))
    assert hybrid != only
    for texts in CATALOGUES.values():
        assert texts.says["consent"]["hybrid"] in hybrid
        assert texts.says["consent"]["agree"] in only
