"""What Prometheus may scrape; labels are few and never an incident."""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

# What every turn counts is asked for by its labels: to find it anew each time takes longer than to count.
records = cache(
    Counter(
        "wangge_records_handled_total", "Records handled, by consumer and outcome.", ["consumer", "outcome"]
    ).labels
)
batch_seconds = cache(
    Histogram(
        "wangge_batch_duration_seconds",
        "From the poll to COMMIT, with the wait for the publication before.",
        ["consumer"],
        buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15),
    ).labels
)
published = cache(
    Counter(
        "wangge_outbox_published_total", "Messages of the outbox acknowledged by Kafka.", ["consumer"]
    ).labels
)
requests = cache(
    Counter(
        "wangge_http_requests_total",
        "Requests at the door, by what they were answered.",
        ["method", "route", "status"],
    ).labels
)
request_seconds = cache(
    Histogram(
        "wangge_http_request_duration_seconds",
        "From a request's head to its answer's, with the wait that was asked for (`Prefer: wait`).",
        ["method", "route"],
        buckets=(0.005, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
    ).labels
)
UNREADABLE = Counter(
    "wangge_http_unreadable_requests_total",
    "Requests that never stood: too slow, too large a head, no HTTP.",
    ["status"],
)
CROWDED_OUT = Counter(
    "wangge_http_connections_crowded_out_total", "Connections that were closed because there were too many."
)
TAKEOVERS = Counter("wangge_takeovers_total", "Parts taken over.", ["consumer"])
RECOVERIES = Counter(
    "wangge_recoveries_total", "Times all parts were given up, by reason.", ["consumer", "reason"]
)
OWNED = Gauge("wangge_parts_owned", "Parts held.", ["consumer"])
HALTED = Gauge("wangge_parts_halted", "Parts that wait for an operator.", ["consumer"])
LAG = Gauge("wangge_consumer_lag_records", "Records not yet handled.", ["consumer", "topic"])
UNPUBLISHED = Gauge(
    "wangge_unpublished_rows", "Messages that the broker refused and that are offered again.", ["consumer"]
)
UNREADABLE_VERSIONS = Gauge(
    "wangge_reference_versions_unreadable", "Versions of the reference data that are of no use here."
)
UNUSABLE = Gauge(
    "wangge_file_unusable",
    "1 while an operator's file is of no use and what it said before holds, by what it holds.",
    ["holds"],
)
WAITING = Gauge(
    "wangge_partitions_waiting", "Partitions that wait for a version of the reference data.", ["consumer"]
)
ahead = cache(
    Gauge(
        "wangge_clock_ahead_seconds", "How far a clock is ahead of this machine's, by whose it is.", ["whose"]
    ).labels
)
UNLOGGED = Counter("wangge_log_lines_lost_total", "Lines of the log that could not be written.")
READY = Gauge("wangge_ready", "1 when this replica would say ready.")
