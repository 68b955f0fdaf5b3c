SELECT key, count(*) AS n, sum(quantity)::BIGINT AS quantity, sum(amount * weight) AS total, max(ts) AS latest
FROM joined GROUP BY key
