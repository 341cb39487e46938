#!/bin/sh
# Access rules and quotas of Wangge, in calls of Kafka's own tools. Generated from wangge_contracts.topics
# by `make schemas`; do not edit. What no rule allows the broker must refuse: KRaft's StandardAuthorizer
# with allow.everyone.if.no.acl.found=false.
#
#   KAFKA=broker:9092 OPERATOR=operator.properties sh access-rules.sh house
#   KAFKA=broker:9092 OPERATOR=operator.properties sh access-rules.sh terminal SLUG
#   KAFKA=broker:9092 OPERATOR=operator.properties sh access-rules.sh department SLUG
#
# A room's principal is its name, the operator's is `operator`, an outsider's is how its topics begin:
# `terminals.SLUG`, `departments.SLUG`; with a dot after it so must the names of its consumer groups.
# An outsider's call gives the rooms their rights on that outsider's topics, too. What is granted already
# is granted again in vain, so each may be repeated. A quota is in bytes per second and broker, and holds
# for what the outsider writes and for what it reads.
set -eu

allow() {
    who=$1 operation=$2
    shift 2
    kafka-acls.sh --bootstrap-server "$KAFKA" --command-config "$OPERATOR" --add \
        --allow-principal "User:$who" --operation "$operation" "$@"
}

quota() {
    kafka-configs.sh --bootstrap-server "$KAFKA" --command-config "$OPERATOR" --alter --entity-type users \
        --entity-name "$1" --add-config "producer_byte_rate=$2,consumer_byte_rate=$2"
}

house() {
    allow intake Read \
        --group intake
    allow intake Read \
        --resource-pattern-type prefixed \
        --group intake-
    allow intake Read \
        --topic intake.replays.v1 \
        --topic reference.published.v1
    allow intake Write \
        --topic incidents.accepted.v1 \
        --topic incidents.rejected.v1 \
        --topic intake.dead-letters \
        --topic reports.attached.v1 \
        --topic tasks.answered.v1
    allow router Read \
        --group router
    allow router Read \
        --resource-pattern-type prefixed \
        --group router-
    allow router Read \
        --topic desk.ordered.v1 \
        --topic incidents.accepted.v1 \
        --topic reference.published.v1 \
        --topic reports.attached.v1 \
        --topic router.replays.v1 \
        --topic tasks.answered.v1
    allow router Write \
        --topic acts.judged.v1 \
        --topic desk.ordered.v1 \
        --topic incidents.changed.v1 \
        --topic router.dead-letters
    allow escalation Describe \
        --group intake \
        --group router
    allow escalation Read \
        --group escalation
    allow escalation Read \
        --resource-pattern-type prefixed \
        --group escalation-
    allow escalation Describe \
        --topic desk.ordered.v1 \
        --topic incidents.accepted.v1 \
        --topic intake.replays.v1 \
        --topic reference.published.v1 \
        --topic reports.attached.v1 \
        --topic router.replays.v1 \
        --topic tasks.answered.v1
    allow escalation Read \
        --topic acts.judged.v1 \
        --topic escalation.replays.v1 \
        --topic incidents.changed.v1 \
        --topic reference.published.v1
    allow escalation Write \
        --topic clocks.changed.v1 \
        --topic desk.ordered.v1 \
        --topic escalation.dead-letters
    allow notifier Read \
        --group notifier
    allow notifier Read \
        --resource-pattern-type prefixed \
        --group notifier-
    allow notifier Read \
        --topic clocks.changed.v1 \
        --topic incidents.changed.v1 \
        --topic incidents.rejected.v1 \
        --topic notices.answered.v1 \
        --topic notices.composed.v1 \
        --topic notifier.replays.v1 \
        --topic reference.published.v1
    allow notifier Write \
        --topic notices.answered.v1 \
        --topic notices.changed.v1 \
        --topic notices.composed.v1 \
        --topic notifier.dead-letters \
        --topic tasks.answered.v1
    allow ledger Read \
        --group ledger
    allow ledger Read \
        --resource-pattern-type prefixed \
        --group ledger-
    allow ledger Read \
        --topic acts.judged.v1 \
        --topic clocks.changed.v1 \
        --topic desk.ordered.v1 \
        --topic incidents.accepted.v1 \
        --topic incidents.changed.v1 \
        --topic incidents.rejected.v1 \
        --topic ledger.replays.v1 \
        --topic notices.answered.v1 \
        --topic notices.changed.v1 \
        --topic notices.composed.v1 \
        --topic reference.published.v1 \
        --topic reports.attached.v1 \
        --topic tasks.answered.v1
    allow ledger Write \
        --topic desk.ordered.v1 \
        --topic ledger.dead-letters \
        --topic reference.published.v1 \
        --topic tasks.answered.v1
    allow operator Alter \
        --cluster
    allow operator AlterConfigs \
        --cluster
    allow operator Create \
        --cluster
    allow operator Describe \
        --cluster
    allow operator DescribeConfigs \
        --cluster
    allow operator Describe \
        --group "*"
    allow operator AlterConfigs \
        --topic "*"
    allow operator Describe \
        --topic "*"
    allow operator DescribeConfigs \
        --topic "*"
    allow operator Read \
        --topic escalation.dead-letters \
        --topic intake.dead-letters \
        --topic ledger.dead-letters \
        --topic notifier.dead-letters \
        --topic reference.published.v1 \
        --topic router.dead-letters
    allow operator Write \
        --topic escalation.replays.v1 \
        --topic intake.replays.v1 \
        --topic ledger.replays.v1 \
        --topic notifier.replays.v1 \
        --topic reference.published.v1 \
        --topic router.replays.v1
}

terminal() {
    allow intake Read \
        --topic "terminals.$1.answers.v1" \
        --topic "terminals.$1.receipts.v1" \
        --topic "terminals.$1.reports.v1" \
        --topic "terminals.$1.tasks.v1"
    allow intake Write \
        --topic "terminals.$1.answers.v1" \
        --topic "terminals.$1.receipts.v1" \
        --topic "terminals.$1.reports.v1"
    allow router Write \
        --topic "terminals.$1.receipts.v1" \
        --topic "terminals.$1.tasks.v1"
    allow escalation Describe \
        --topic "terminals.$1.answers.v1" \
        --topic "terminals.$1.receipts.v1" \
        --topic "terminals.$1.reports.v1" \
        --topic "terminals.$1.tasks.v1"
    allow escalation Write \
        --topic "terminals.$1.tasks.v1"
    allow "terminals.$1" Read \
        --resource-pattern-type prefixed \
        --group "terminals.$1."
    allow "terminals.$1" Read \
        --topic "terminals.$1.receipts.v1" \
        --topic "terminals.$1.tasks.v1"
    allow "terminals.$1" Write \
        --topic "terminals.$1.answers.v1" \
        --topic "terminals.$1.reports.v1"
    quota "terminals.$1" 8388608
}

department() {
    allow intake Read \
        --topic "departments.$1.answers.v1" \
        --topic "departments.$1.receipts.v1" \
        --topic "departments.$1.tasks.v1"
    allow intake Write \
        --topic "departments.$1.answers.v1" \
        --topic "departments.$1.receipts.v1"
    allow router Write \
        --topic "departments.$1.receipts.v1" \
        --topic "departments.$1.tasks.v1"
    allow escalation Describe \
        --topic "departments.$1.answers.v1" \
        --topic "departments.$1.receipts.v1" \
        --topic "departments.$1.tasks.v1"
    allow escalation Write \
        --topic "departments.$1.tasks.v1"
    allow "departments.$1" Read \
        --resource-pattern-type prefixed \
        --group "departments.$1."
    allow "departments.$1" Read \
        --topic "departments.$1.receipts.v1" \
        --topic "departments.$1.tasks.v1"
    allow "departments.$1" Write \
        --topic "departments.$1.answers.v1"
    quota "departments.$1" 8388608
}

usage() {
    echo "usage: sh access-rules.sh house | terminal SLUG | department SLUG" >&2
    exit 2
}

case "${1-}:$#" in
house:1) house ;;
terminal:2 | department:2)
    case "$2" in
    '' | *[!a-z0-9-]*) usage ;;
    esac
    "$1" "$2"
    ;;
*) usage ;;
esac
