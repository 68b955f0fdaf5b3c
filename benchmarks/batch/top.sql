SELECT key % 1000 AS bucket, place, key, n, total FROM ranked WHERE place <= 10
