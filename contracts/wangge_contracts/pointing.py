"""A place in a message as a JSON pointer, and the places of what was passed over."""

from itertools import islice

from pydantic import ValidationError

MOST_UNKNOWN = 20
"""How many fields that were passed over are told of."""
LONGEST_POINTER = 200
"""Characters that are told of a pointer to one of them, whose names may be of any length."""

_MOST_LOOKED_INTO = 1000
"""Who sends more that nobody knows has not mistyped a name, and to list it all would keep others waiting."""


def pointer_to(location: tuple[int | str, ...]) -> str:
    """The JSON pointer (RFC 6901) to what pydantic calls *location*."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in location)


def unknown_in(error: ValidationError) -> tuple[str, ...]:
    """Pointers to the first fields that *error* complains of because nobody knows them."""
    if error.error_count() > _MOST_LOOKED_INTO:
        return ()
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    unknown = (pointer_to(each["loc"]) for each in faults if each["type"] == "extra_forbidden")
    return tuple(pointer[:LONGEST_POINTER] for pointer in islice(unknown, MOST_UNKNOWN))
