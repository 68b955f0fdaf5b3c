SELECT * FROM events WHERE kind < 5
