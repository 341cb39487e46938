"""What the photos of a matter show: each once, and none both how it was and how it is. Pure."""

from collections import Counter
from collections.abc import Iterable

from wangge_contracts.v1 import Attachment

SIDES = frozenset({"before", "after"})


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
