"""The statements by which processes share the runs: who takes which, in what order."""

DEFAULT_QUEUE = "default"
"""Of routines that name none."""

CHANNEL = "vrooli_runs"
"""On which PostgreSQL tells that a run of a queue (the payload) is free; see migration v006."""

CUT = "vrooli_cut"
"""On which who cancelled runs tells the processes that drove them (the payload is one of these)."""

LATE = 1.0
"""Seconds after the end of its lease for which a run may be passed over because somebody writes to
its row."""

# What was begun comes first. Then by turns: a run's turn is the number of runs that its owner has
# under way, and of those that come before it among his own. So one who has a thousand waiting
# comes first once, and then when the others have as much as he. Priority orders the runs of one
# owner, and decides between runs of the same turn.
#
# Owners are found by leaps over the index, and of each only as many runs as are asked for: it does
# not matter how many wait. What they are ordered by is the whole index, so that no other one is
# taken; and the rows are locked one by one in the order of their turns, until there are enough.
CLAIM = """
WITH RECURSIVE over AS (
    SELECT id FROM runs
    WHERE status = 'running' AND lease_until < now() AND id <> ALL ($4::text[]) AND $5
        AND NOT pausing
        AND queue = ANY ($6::text[]) AND $7 <> ALL (unread_by)
    ORDER BY lease_until LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
), owners AS (
    SELECT q.queue, (SELECT created_by FROM runs r
                     WHERE r.status = 'pending' AND r.queue = q.queue
                     ORDER BY created_by, priority DESC, created_at, id LIMIT 1) AS owner
    FROM unnest($6::text[]) AS q(queue)
    UNION ALL
    SELECT o.queue, (SELECT created_by FROM runs r
                     WHERE r.status = 'pending' AND r.queue = o.queue AND r.created_by > o.owner
                     ORDER BY created_by, priority DESC, created_at, id LIMIT 1)
    FROM owners o WHERE o.owner IS NOT NULL
), under_way AS (
    SELECT created_by, count(*) AS runs FROM runs WHERE status = 'running' GROUP BY created_by
), waiting AS (
    SELECT w.*, coalesce(u.runs, 0) + row_number() OVER (
        PARTITION BY w.created_by ORDER BY w.priority DESC, w.created_at, w.id) AS turn
    FROM owners o CROSS JOIN LATERAL (
        SELECT id, created_by, priority, created_at FROM runs r
        WHERE r.status = 'pending' AND r.queue = o.queue AND r.created_by = o.owner
            AND r.lease_until < now() AND $7 <> ALL (r.unread_by)
        ORDER BY priority DESC, created_at, id LIMIT $3
    ) w LEFT JOIN under_way u ON u.created_by = w.created_by
), fresh AS (
    SELECT r.id
    FROM (SELECT id FROM waiting ORDER BY turn, priority DESC, created_at, id) w
    CROSS JOIN LATERAL (
        SELECT id FROM runs WHERE id = w.id AND status = 'pending' FOR NO KEY UPDATE SKIP LOCKED
    ) r
    LIMIT greatest(0, $3 - (SELECT count(*) FROM over))
)
UPDATE runs r SET status = 'running', owner = $1, fence = r.fence + 1,
    lease_until = now() + make_interval(secs => $2), started_at = coalesce(r.started_at, now())
FROM (SELECT id FROM over UNION ALL SELECT id FROM fresh) free, routine_versions v
WHERE r.id = free.id AND v.hash = r.version
RETURNING r.id, r.fence, r.inputs::text, r.version, v.definition::text,
    extract(epoch FROM r.deadline - now())::float8, r.stirs
"""

# What the claim leaves: runs that another was just about to take as well, and those whose row
# somebody writes to all the time.
LEFT = """
SELECT EXISTS (SELECT FROM runs WHERE status = 'pending' AND lease_until < now()
                   AND queue = ANY ($1::text[]) AND $2 <> ALL (unread_by)),
       EXISTS (SELECT FROM runs WHERE status = 'running' AND $4 AND id <> ALL ($3::text[])
                   AND lease_until < now() - make_interval(secs => $5) AND NOT pausing
                   AND queue = ANY ($1::text[]) AND $2 <> ALL (unread_by))
"""

# The same for what was passed over: this one waits for its turn at the rows, in the order of their
# ids as all others do.
INSIST = """
WITH late AS (
    SELECT id FROM runs
    WHERE status = 'running' AND lease_until < now() - make_interval(secs => $7)
        AND id <> ALL ($4::text[]) AND queue = ANY ($5::text[]) AND $6 <> ALL (unread_by)
        AND NOT pausing
    ORDER BY id LIMIT $3 FOR NO KEY UPDATE
)
UPDATE runs r SET owner = $1, fence = r.fence + 1,
    lease_until = now() + make_interval(secs => $2)
FROM late, routine_versions v
WHERE r.id = late.id AND v.hash = r.version
RETURNING r.id, r.fence, r.inputs::text, r.version, v.definition::text,
    extract(epoch FROM r.deadline - now())::float8, r.stirs
"""

RELEASE = """
WITH held AS (
    SELECT r.id FROM runs r JOIN unnest($1::text[], $2::bigint[]) AS h(id, fence)
        ON r.id = h.id AND r.fence = h.fence
    WHERE r.status = 'running' ORDER BY r.id FOR NO KEY UPDATE OF r
)
UPDATE runs r SET lease_until = now() FROM held WHERE r.id = held.id
"""

TELL_CUT = f"SELECT pg_notify('{CUT}', owner) FROM unnest($1::text[]) AS owner"

SET_ASIDE = """
UPDATE runs SET status = 'pending', owner = NULL, lease_until = now(), unread_why = $4,
    unread_by = array_append(array_remove(unread_by, $3), $3)
WHERE id = $1 AND fence = $2 AND status = 'running'
"""
