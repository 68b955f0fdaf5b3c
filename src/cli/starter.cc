#include "cli/starter.h"

namespace thalweg::cli {
namespace {

constexpr std::string_view kPipeline =
    R"yaml(# Where rows come from, what is made of them, where they go.
# thalweg plan says what would run, thalweg run runs it, thalweg describe explains every key.
thalweg: 1
pipeline: shop

nodes:
  customers:
    source: {files: data/customers.csv}

  orders:
    source:
      files: data/orders.csv
      columns: {ordered: date, amount: "decimal(10,2)"}
      bad_rows: quarantine        # a row that cannot be read goes to orders_rejects

  sales:
    sql: |
      SELECT c.country, o.ordered, o.amount
      FROM orders o JOIN customers c USING (customer_id)
    checks:
      - not_null: [country, amount]
      - range: {column: amount, min: 0}

  by_country:
    sql: |
      SELECT country, count(*) AS orders, sum(amount) AS revenue
      FROM sales GROUP BY country

  report:
    from: by_country
    target: {files: out/by_country.csv, order_by: [revenue desc]}
)yaml";

constexpr std::string_view kCustomers = R"csv(customer_id,name,country
1,Ada,GB
2,Bo,SE
3,Chandra,IN
4,Dolores,ES
5,Emil,SE
)csv";

constexpr std::string_view kOrders = R"csv(order_id,customer_id,ordered,amount
1001,1,2026-01-03,120.00
1002,2,2026-01-03,35.50
1003,3,2026-01-04,310.25
1004,2,2026-01-05,18.00
1005,4,2026-01-05,64.90
1006,5,2026-01-06,oops
1007,5,2026-01-07,250.00
1008,1,2026-01-08,42.10
1009,3,2026-01-09,99.99
1010,4,2026-01-10,12.75
)csv";

constexpr std::string_view kIgnore = ".thalweg/\nout/\n";

}  // namespace

const std::vector<StarterFile>& StarterFiles() {
  static const std::vector<StarterFile> files = {{"shop.yaml", kPipeline},
                                                 {"data/customers.csv", kCustomers},
                                                 {"data/orders.csv", kOrders},
                                                 {".gitignore", kIgnore}};
  return files;
}

}  // namespace thalweg::cli
