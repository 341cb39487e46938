"""A city's texts are filled in before anybody is told by them: each must say something, whatever is known."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from jinja2 import nodes

from wangge_notifier.templates import NEEDS, Own, Wording, parsed

_SHORT, _LONG = "1", "长" * 5000
_TOGETHER = 8
"""Up to so many words are tried in every combination of known and unknown; of more, one at a time."""
_BREAKS = ("Cc", "Zl", "Zp")
"""The Unicode categories of control characters, and of what separates lines and paragraphs."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a text, where it stands in the part `templates`, and what to do about it."""

    path: tuple[str, ...]
    why: str
    remedy: str


def flaws(own: Own) -> Iterator[Flaw]:
    """Yield what would make notices fail, at most one flaw for each subject and each text."""
    for name, wordings in own.templates.items():
        for lang, wording in (("zh", wordings.zh), ("en", wordings.en)):
            yield from _of_subject(wording, ("templates", name, lang, "subject"))
            yield from _of_text(wording, ("templates", name, lang, "text"), NEEDS.get(name))


def _of_subject(wording: Wording, path: tuple[str, ...]) -> Iterator[Flaw]:
    broken = next((each for each in wording.subject if unicodedata.category(each) in _BREAKS), None)
    if broken is not None:
        # It is a header of a mail, and there a line break would begin another header.
        why = f"it holds a line break or control character (U+{ord(broken):04X}), and no mail may be sent so"
        yield Flaw(path, why, "write it in one line")
    elif not wording.subject.strip():
        yield Flaw(path, "it says nothing", "write a few words")


def _of_text(wording: Wording, path: tuple[str, ...], given: str | None) -> Iterator[Flaw]:
    for words in _fillings(wording.text, given):
        try:
            says = wording.filled(words)
        except Exception as error:  # whatever a text raises would have stopped a notice
            why = f"it cannot be filled in: {type(error).__name__}: {error}"
            yield Flaw(path, why, "compare words with texts alone, and give filters what they can take")
            return
        if not says:
            unknown = ", ".join(word for word, value in words.items() if not value)
            why = f"it says nothing when this is not known: {unknown}" if unknown else "it says nothing"
            yield Flaw(path, why, "add words that stand in any case")
            return


def _fillings(source: str, given: str | None) -> Iterator[Mapping[str, str]]:
    """Yield what the words of *source* may be: unknown unless *given*, short, very long, what it asks for."""
    compared = _compared(source)
    may_be = {word: (_SHORT, _LONG) if word == given else (_SHORT, "", _LONG) for word in _asked(source)}
    for base in (_SHORT, _LONG, ""):
        filled = {word: base if base in values else _SHORT for word, values in may_be.items()}
        yield filled
        for word, values in may_be.items():
            yield from ({**filled, word: value} for value in (*values, *compared))
    if len(may_be) <= _TOGETHER:
        for known in product(*(values[:2] for values in may_be.values())):
            yield dict(zip(may_be, known, strict=True))


def _asked(source: str) -> Sequence[str]:
    """Name the words of a text, in their order."""
    return tuple(dict.fromkeys(node.name for node in parsed(source).find_all(nodes.Name)))


def _compared(source: str) -> Sequence[str]:
    """Return the constant texts in it: what a word may be compared with."""
    consts = (node.value for node in parsed(source).find_all(nodes.Const))
    return tuple(dict.fromkeys(value for value in consts if isinstance(value, str) and value))
