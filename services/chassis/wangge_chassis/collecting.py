"""How a process of ours collects garbage."""

import gc


def collect_seldom() -> None:
    """
    Have Python look for circles of garbage every 50,000 objects only, and never among what stands already.

    A batch makes thousands of messages that live for milliseconds and hang in no circle: to look every 700
    costs a quarter of a busy room's time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
