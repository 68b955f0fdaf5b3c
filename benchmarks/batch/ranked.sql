SELECT *, row_number() OVER (PARTITION BY key % 1000 ORDER BY total DESC, key) AS place FROM grouped
