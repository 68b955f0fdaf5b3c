SELECT [1, 2], {'a': 1, b: [x + 1 FOR x IN l IF x > 0]}, MAP {'k': 1_000}, e'a\n\'', $$ FROM 'x.csv' $$, $t$ $$ $t$, x'ff', l[1], l[1:2], j->'k'->>'l',
  a::STRUCT(u UUID, v VARCHAR[]), CAST(2.5 AS INTEGER), "q ""r""", 'é漢🦆', list_filter(l, lambda x, i: x > i), INTERVAL 1 DAY FROM /* a /* b */ */ "T" TABLESAMPLE 10%
