"""The end of a statement that changes runs: its events, in the same commit."""

TOLD = """
tree AS (
    SELECT root FROM run_trees WHERE root IN (SELECT root FROM news)
    ORDER BY root FOR NO KEY UPDATE
), counted AS (
    UPDATE run_trees t SET seq = t.seq + n.count
    FROM (SELECT root, count(*) FROM news JOIN tree USING (root) GROUP BY root) n
    WHERE t.root = n.root RETURNING t.root, t.seq - n.count AS before
), told AS (
    INSERT INTO run_events (root, seq, run, at, kind, data)
    SELECT root, c.before + row_number() OVER (PARTITION BY root ORDER BY n.i, n.run), n.run, now(),
           n.kind, n.data
    FROM news n JOIN counted c USING (root)
)
"""
"""Comes after a query `news` of `root`, `run`, `i` (their order), `kind` and `data`.
The trees are locked in order, after all runs, as the journal locks them.
"""
