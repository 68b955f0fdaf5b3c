#include "operators/local_polynomial.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace thalweg::operators {
namespace {

/// Least squares by Householder reflections: rows x columns, row-major; the solution comes out in
/// `y`'s first entries.
void Solve(std::vector<double>* matrix, std::vector<double>* y, std::size_t rows,
           std::size_t columns) {
  std::vector<double>& a = *matrix;
  std::vector<double>& b = *y;
  for (std::size_t c = 0; c < columns; ++c) {
    double norm = 0;
    for (std::size_t r = c; r < rows; ++r) norm += a[r * columns + c] * a[r * columns + c];
    norm = std::sqrt(norm);
    if (norm == 0) continue;
    const double alpha = a[c * columns + c] > 0 ? -norm : norm;
    std::vector<double> v(rows - c);
    for (std::size_t r = c; r < rows; ++r) v[r - c] = a[r * columns + c];
    v[0] -= alpha;
    double square = 0;
    for (const double value : v) square += value * value;
    if (square == 0) continue;
    const auto reflect = [&](auto at) {
      double dot = 0;
      for (std::size_t r = c; r < rows; ++r) dot += v[r - c] * at(r);
      const double factor = 2 * dot / square;
      for (std::size_t r = c; r < rows; ++r) at(r) -= factor * v[r - c];
    };
    for (std::size_t k = c; k < columns; ++k) {
      reflect([&](std::size_t r) -> double& { return a[r * columns + k]; });
    }
    reflect([&](std::size_t r) -> double& { return b[r]; });
  }
  for (std::size_t c = columns; c-- > 0;) {
    for (std::size_t k = c + 1; k < columns; ++k) b[c] -= a[c * columns + k] * b[k];
    b[c] /= a[c * columns + c];
  }
}

}  // namespace

std::optional<double> DerivativeAt(std::span<const CurvePoint> points, int order) {
  std::vector<CurvePoint> near(points.begin(), points.end());
  std::sort(near.begin(), near.end(),
            [](const CurvePoint& a, const CurvePoint& b) { return std::abs(a.x) < std::abs(b.x); });
  if (near.size() > kNeighbours) near.resize(kNeighbours);
  std::vector<double> places;
  double scale = 0;
  for (const CurvePoint& point : near)
    places.push_back(point.x), scale = std::max(scale, std::abs(point.x));
  std::sort(places.begin(), places.end());
  const auto distinct = std::unique(places.begin(), places.end()) - places.begin();
  if (distinct <= order) return std::nullopt;
  if (scale == 0) scale = 1;
  int degree = static_cast<int>(distinct) - 1;
  if (static_cast<std::size_t>(distinct) > kInterpolated) degree = std::max(kDegree, order);
  const auto columns = static_cast<std::size_t>(degree) + 1;
  std::vector<double> matrix, y;
  for (const CurvePoint& point : near) {
    double power = 1;
    for (std::size_t c = 0; c < columns; ++c, power *= point.x / scale) matrix.push_back(power);
    y.push_back(point.y);
  }
  Solve(&matrix, &y, near.size(), columns);
  double derivative = y[static_cast<std::size_t>(order)];
  for (int k = 1; k <= order; ++k) derivative *= k / scale;
  return std::isfinite(derivative) ? std::optional(derivative) : std::nullopt;
}

}  // namespace thalweg::operators
