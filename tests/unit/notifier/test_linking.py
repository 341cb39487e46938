"""A link confirms its own notice, until its time is over, and nobody else can make one."""

from datetime import UTC, datetime, timedelta

import pytest

from wangge_notifier.linking import BadLink, Links, links_under
from wangge_notifier.page import page

NOW = datetime(2026, 1, 6, 2, 6, tzinfo=UTC)
LINKS = Links(b"k" * 32, "https://grid.example")
NOTICE = "4fac92d5d297457f536fb40b6b534994"


def token(links: Links = LINKS) -> str:
    link = links.link(NOTICE, expires_at=NOW + timedelta(hours=1))
    assert link is not None
    assert link.startswith("https://grid.example/c/")
    return link.rpartition("/")[2]


def test_a_link_leads_back_to_its_notice() -> None:
    assert LINKS.read(token(), now=NOW) == NOTICE
    assert len(token()) == 48


def test_its_time_is_over() -> None:
    with pytest.raises(BadLink) as refused:
        LINKS.read(token(), now=NOW + timedelta(hours=2))
    assert refused.value.expired


@pytest.mark.parametrize("place", [0, 10, 22, 25, 30, 47])
def test_a_changed_link_is_none_of_ours(place: int) -> None:
    text = token()
    changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]

    with pytest.raises(BadLink) as refused:
        LINKS.read(changed, now=NOW)
    assert not refused.value.expired


@pytest.mark.parametrize("text", ["", "x", "é", "A" * 47, "A" * 500])
def test_nonsense_is_none_of_ours(text: str) -> None:
    with pytest.raises(BadLink):
        LINKS.read(text, now=NOW)


def test_another_house_has_other_links() -> None:
    with pytest.raises(BadLink):
        LINKS.read(token(Links(b"o" * 32, "https://grid.example")), now=NOW)


def test_what_a_notice_says_is_text_on_the_page() -> None:
    told = {"subject": "<b>x</b>", "text": {"text": "<script>alert(1)</script>"}, "case_number": "1&2"}
    shown = page("ask", lang="en", notice=told, by="10:00")

    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "1&amp;2" in shown
    assert '<html lang="en">' in shown


def test_there_are_links_with_a_key_and_an_address() -> None:
    assert links_under("https://grid.example", key=b"k" * 32) is not None
    assert links_under("https://grid.example", key=b"") is None
    assert links_under("", key=b"k" * 32) is None
