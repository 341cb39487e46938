"""What the photos of a matter show: each once, and none both how it was and how it is. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator

from wangge_contracts.v1 import Attachment, EvidenceRule, Names

SIDES = frozenset({"before", "after"})
_PURPOSES = {"before": "处置前", "after": "处置后", "scene": "现场", "document": "书面"}


def twofold(evidence: Iterable[Attachment]) -> frozenset[str]:
    """Return the hashes of photos that are said to be from before and from after."""
    sides = {(each.sha256, each.purpose) for each in evidence if each.purpose in SIDES}
    return frozenset(sha256 for sha256, times in Counter(sha256 for sha256, _ in sides).items() if times > 1)


def shown(evidence: Iterable[Attachment]) -> Counter[str]:
    """
    Count the photos for each purpose.

    The same photo twice shows no more than once, and one from before and from after shows neither.
    """
    evidence = tuple(evidence)
    both = twofold(evidence)
    photos = {(each.purpose, each.sha256) for each in evidence}
    return Counter(purpose for purpose, sha256 in photos if purpose not in SIDES or sha256 not in both)


def missing(evidence: Iterable[Attachment], required: Iterable[EvidenceRule]) -> Iterator[Names]:
    """Yield what of the *required* evidence is not among it."""
    evidence = tuple(evidence)
    found, both = shown(evidence), twofold(evidence)
    for rule in required:
        if found[rule.purpose] < rule.at_least:
            zh = f"{_PURPOSES.get(rule.purpose, '')}材料{rule.at_least}份"
            en = f"{rule.at_least} x {rule.purpose}"
            if both and rule.purpose in SIDES:
                zh, en = (
                    f"{zh}，同一照片不能既作处置前又作处置后",
                    f"{en}; one photo cannot show before and after",
                )
            yield Names(zh=zh, en=en)
