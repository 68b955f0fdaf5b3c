#include "component/scan.h"

#include "data/types.h"

namespace thalweg::component {

const data::Columns& RejectColumns() {
  static const data::Columns columns = {{1, "source", "varchar"},
                                        {2, "line", "bigint"},
                                        {3, "column", "varchar"},
                                        {4, "reason", "varchar"},
                                        {5, "raw", "varchar"}};
  return columns;
}

}  // namespace thalweg::component
