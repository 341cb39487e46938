"""Which tasks came of a clock's orders, and which are taken back as their rung was withdrawn. Pure."""

from wangge_escalation.clocks import Clock, Moved, Step, but
from wangge_escalation.ladder import Effect
from wangge_escalation.ordering import undoing
from wangge_escalation.saying import say
from wangge_escalation.seeing import Seen


def remember(clock: Clock, seen: Seen) -> Moved:
    """Remember the tasks that our orders led to; one whose rung was withdrawn meanwhile is taken back."""
    ids = led_to(clock, seen)
    steps = tuple(but(step, led_to=ids.get(number, step.led_to)) for number, step in enumerate(clock.steps))
    late = [step for step in steps if step.led_to and step.withdrawn_at and not step.undone]
    undone = tuple(but(step, undone=step.undone or step in late) for step in steps)
    clock = but(clock, steps=undone)
    if not late:
        return clock, ()
    ordered = tuple(order for step in late for order in undoing(clock, step) if order.order == "withdraw")
    scene = seen.scene(clock.limit)
    return say(clock, "recalculated", at=seen.at(clock), scene=scene, ordered=ordered)


def led_to(clock: Clock, seen: Seen) -> dict[int, str]:
    """The tasks that came of our orders and are not known yet, by the number of the step."""
    given = {
        task.decision.order_id: task.task_id
        for task in seen.others
        if task.decision.order_id and task.kind in ("supervise", "attend")
    }
    return {
        number: given[order_id]
        for number, step in enumerate(clock.steps)
        if given and step.led_to is None and step.rang_at is not None
        for effect in _may_have_done(clock, step)
        if (order_id := clock.order_id(step, effect)) in given
    }


def _may_have_done(clock: Clock, step: Step) -> tuple[Effect, ...]:
    """What *step* may have ordered: when it was owed, perhaps more than reached anybody as it rang."""
    return clock.rung(step.rung).effects if step.round == clock.round else step.reached or ()
