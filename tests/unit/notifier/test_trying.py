"""An operator's trial goes where a notice would go, and says what is not there."""

import pytest

from tests.unit.notifier.telling import TEMPLATES
from tests.unit.notifier.test_people import BOTH, NIGHT, OFFICE, POLICE, setting
from wangge_notifier.trying import Untriable, trial

PEOPLE = [{"staff_id": "p1", "endpoints": BOTH}]


def test_a_trial_goes_by_the_means_of_its_person_and_counts_for_nothing() -> None:
    notices = trial(POLICE, setting(people=PEOPLE))

    assert [notice.channel for notice in notices] == ["console", "sms"]
    assert {notice.mode for notice in notices} == {"test"}
    assert {notice.cap.status for notice in notices} == {"test"}
    assert {notice.why.recipient for notice in notices if notice.why} == {"operator"}


def test_one_means_can_be_tried_alone_though_it_comes_second() -> None:
    (notice,) = trial("p1", setting(people=PEOPLE), channel="email")

    assert notice.why is not None
    assert (notice.channel, notice.why.channel, notice.recipient.ref) == ("email", "asked", POLICE)


def test_who_is_off_duty_lets_his_deputy_try() -> None:
    rosters = {"shifts": OFFICE, "duty": {"grid/police": "office"}, "deputies": {"grid/police": "grid/fire"}}
    (notice,) = trial(POLICE, setting(now=NIGHT, rosters=rosters))

    assert notice.recipient.staff_id == "f1"


@pytest.mark.parametrize("name", sorted(TEMPLATES.templates))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_template_can_be_tried_in_both_languages(name: str, lang: str) -> None:
    (notice,) = trial(POLICE, setting(people=[{"staff_id": "p1", "lang": lang}]), template=name)

    assert notice.template.lang == lang
    assert "{" not in notice.text.text


@pytest.mark.parametrize(
    ("to", "template", "channel", "told"),
    [
        (POLICE, "trail", None, "there is no template 'trail'"),
        (POLICE, "trial", "voice", "p1 is not told by 'voice' in what is published; only by console, sms"),
        ("officer:1/nobody", "trial", None, "'officer:1/nobody' is no unit, desk, filled post"),
        ("nobody", "trial", None, "'nobody' is no unit, desk, filled post or staff number"),
    ],
)
def test_what_is_not_there_is_said(to: str, template: str, channel: str | None, told: str) -> None:
    with pytest.raises(Untriable, match=told):
        trial(to, setting(people=PEOPLE), template=template, channel=channel)
