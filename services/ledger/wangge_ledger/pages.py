"""Where a page of a list ends, as a text that the next request hands back."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from http import HTTPStatus

from wangge_chassis.problems import Problem


def after_text(accepted_at: datetime, incident_id: str) -> str:
    """Return the cursor of a list's last row."""
    return urlsafe_b64encode(f"{accepted_at.isoformat()} {incident_id}".encode()).decode().rstrip("=")


def read_after(text: str | None) -> tuple[datetime, str] | None:
    """Return the row that *text* stands for, its instant UTC; raises Problem when we did not write it."""
    if text is None:
        return None
    try:
        instant, _, incident_id = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(" ")
        accepted_at = datetime.fromisoformat(instant)
        if accepted_at.tzinfo is None or not incident_id or "\0" in incident_id:
            raise ValueError(text)
        # The driver does this as well, but what it says of the first and the last hours of time is no answer.
        return accepted_at.astimezone(UTC), incident_id
    except (ValueError, OverflowError):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail="`after` is not from a page of ours") from None
