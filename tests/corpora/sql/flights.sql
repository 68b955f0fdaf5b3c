SELECT f.carrier, f.origin, w.visib, f.dep_delay, row_number() OVER (PARTITION BY f.carrier ORDER BY f.dep_delay DESC) AS place
FROM flights f LEFT JOIN weather AT (VERSION => 'run:12') USING (origin, time_hour) -- the weather of then
WHERE f.dep_delay > $min AND f.carrier NOT IN (SELECT carrier FROM airlines.closed)
QUALIFY place <= 10 ORDER BY ALL LIMIT 100;
