"""What a terminal system's reports show: each trial by itself."""

from collections.abc import Sequence

import pytest

from wangge_local.conformance_terminal import TRIALS, Attempt

BY_NAME = {trial.name: trial for trial in TRIALS}
WITHIN_S = 9.0


def attempts(*told: tuple[float, int | None], content: Sequence[bytes] = ()) -> list[Attempt]:
    """Reports of one id: when each came, and what it was answered."""
    contents = content or (b"c",) * len(told)
    return [Attempt("r-1", what, b"m", at, status) for (at, status), what in zip(told, contents, strict=True)]


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("kept", attempts((0, 202))),
        ("kept", attempts((0, 201))),
        ("unknown", attempts((0, 202))),
        ("lost answer", attempts((0, None), (0.1, 202))),
        ("away", attempts((0, 503), (2.1, 202))),
        ("quota", attempts((0, 429), (2.1, 503), (2.2, 202))),
        ("captive portal", attempts((0, 200), (0.1, 202))),
        ("refused", attempts((0, 422))),
    ],
)
def test_what_every_terminal_is_to_do_passes(name: str, heard: Sequence[Attempt]) -> None:
    assert BY_NAME[name].why_failed(heard, within_s=WITHIN_S) is None


@pytest.mark.parametrize(
    ("name", "heard", "why"),
    [
        ("kept", attempts((0, 202), (1, 202)), "sent 1 times more after it was kept"),
        ("unknown", attempts((0, 202), (1, 202), (2, 202)), "sent 2 times more after it was kept"),
        ("kept", [Attempt("r-1", b"c", b"m", 0, 422, "/place missing")], "against it: /place missing"),
        ("kept", [Attempt("r-1", b"c", b"m", 0, 202, "/x is a field")], "against it: /x is a field"),
        ("lost answer", attempts((0, None)), "not sent again within 9 s"),
        ("captive portal", attempts((0, 200)), "not sent again"),
        ("away", attempts((0, 503), (0.3, 202)), "sent again after 0.3 s; it was asked to wait 2"),
        ("away", attempts((0, 503), (3, 202), content=(b"c", b"d")), "with other content"),
        ("away", attempts((0, 503), (3, 202), (4, 202)), "1 times more after it was kept"),
        ("quota", [*attempts((0, 429)), Attempt("r-2", b"x", b"m", 3, 202)], "as another report, r-2"),
        ("refused", attempts((0, 422), (1, 422)), "sent 1 times more"),
    ],
)
def test_what_it_does_not_bear_is_named(name: str, heard: Sequence[Attempt], why: str) -> None:
    assert why in (BY_NAME[name].why_failed(heard, within_s=WITHIN_S) or "")


def test_another_report_is_another_matter() -> None:
    other = Attempt("r-2", b"x", b"another matter", 1, 202)

    assert BY_NAME["kept"].why_failed([*attempts((0, 202)), other], within_s=WITHIN_S) is None
