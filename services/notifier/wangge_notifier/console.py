"""The console: one line in the log, and the fact that every board shows."""

import structlog

from wangge_notifier.saying import Delivery


def show(delivery: Delivery) -> None:
    """Show a notice to whoever watches the log."""
    notice = delivery.notice
    structlog.get_logger().info(
        "notice_told",
        notice=delivery.notice_id,
        recipient=notice["recipient"]["ref"],
        case=notice.get("case_number"),
        text=notice["text"]["text"],
    )
