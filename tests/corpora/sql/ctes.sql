WITH RECURSIVE r(n, k) USING KEY (k) AS (SELECT 1, a FROM t UNION SELECT n + 1, k FROM r, recurring.r q WHERE n < 5),
  s AS MATERIALIZED (SELECT * EXCLUDE (a) REPLACE (b + 1 AS b) RENAME (c AS d) FROM t AS z(x, y)),
  t AS (FROM s UNION ALL BY NAME FROM u SEMI JOIN v USING (x) NATURAL JOIN w)
SELECT (SELECT max(q.n) FROM r q WHERE q.k = t.k), EXISTS (FROM p.t), COLUMNS('a.*'), t.*, #1, s.a.b.c FROM t, LATERAL (SELECT t.x) l
