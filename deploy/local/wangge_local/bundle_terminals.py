"""What does not fit the list of terminal systems: rules that ask for others, officers that others carry."""

from collections.abc import Iterator

from wangge_local.bundle_whole import Finding, Parts, repeated


def faults_of_terminals(parts: Parts) -> Iterator[Finding]:
    """Rules and rosters name systems that there are, and only those carry officers' tasks that may."""
    officers = {terminal.slug: terminal.officers for terminal in parts.terminals}
    for number, slug in repeated(terminal.slug for terminal in parts.terminals):
        at = ("terminals", number, "slug")
        yield Finding("terminals", at, f"terminal {slug} is named twice", "a slug is one system's for good")
    for number, rule in enumerate(parts.rulebook.rules):
        for slug in rule.when.terminals:
            if slug not in officers:
                yield Finding(
                    "rulebook",
                    ("rules", number, "when", "terminals"),
                    f"rule {rule.name} names the terminal {slug!r}, which does not exist",
                    "add it to terminals.toml or correct the slug",
                )
    carriers = {post.terminal for post in parts.rosters.posts if post.terminal}
    for slug in sorted({*carriers, *([parts.rosters.terminal] if parts.rosters.terminal else [])}):
        if not officers.get(slug):
            lacks = "is not entrusted with officers" if slug in officers else "does not exist"
            yield Finding(
                "rosters",
                ("terminal",) if slug == parts.rosters.terminal else (),
                f"a roster names the terminal {slug!r}, which {lacks}",
                "add it to terminals.toml with `officers = true`, or correct the slug",
                quoted=slug,
            )
    if parts.rosters.terminal is None:
        yield from _carried_by_none(parts)


def _carried_by_none(parts: Parts) -> Iterator[Finding]:
    without = [
        post.holder
        for post in parts.rosters.posts
        if post.holder.startswith("officer:") and post.terminal is None
    ]
    if without:
        more = f" and {len(without) - 1} more" if len(without) > 1 else ""
        yield Finding(
            "rosters",
            ("rosters",),
            f"no terminal system carries the tasks of {without[0]}{more}",
            "name it as `terminal`, at the head of the file or in the roster",
        )
