"""What becomes of the budget of a run that ends."""

RELEASE = """, lost AS (
    UPDATE budget_reservations q SET status = 'released' FROM ended e
    WHERE q.run = e.id AND q.status = 'open' AND EXISTS (SELECT FROM counted)
    RETURNING q.run, q.tokens, q.micros, q.purse
), owed AS (
    SELECT up.run, sum(l.tokens)::bigint AS tokens, sum(l.micros)::bigint AS micros
    FROM lost l JOIN ended e ON e.id = l.run, unnest(e.ancestors || e.id || l.purse) AS up(run)
    GROUP BY up.run
), ledger AS (
    SELECT b.run FROM budgets b WHERE b.run IN (SELECT run FROM owed)
    ORDER BY b.run FOR NO KEY UPDATE
), freed AS (
    UPDATE budgets b SET tokens_reserved = b.tokens_reserved - o.tokens,
        micros_reserved = b.micros_reserved - o.micros
    FROM owed o JOIN ledger USING (run) WHERE b.run = o.run
)"""
"""Goes on a statement that has `ended (id, ancestors)` and `counted` (trees): what a crash left set
aside is free again, in the same commit. Ledgers are locked after trees, as the journal does.
"""
