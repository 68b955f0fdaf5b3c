SELECT f.key, f.dim, f.amount, f.quantity, f.ts, d.region, d.weight
FROM filtered f JOIN dims d ON f.dim = d.dim
