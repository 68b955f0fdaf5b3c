#pragma once

#include <optional>
#include <span>

namespace thalweg::operators {

/// A point of a curve; x relative to the place of interest.
struct CurvePoint {
  double x = 0, y = 0;
};

/// The derivative of the given order at x = 0, from points around it. Up to kInterpolated points
/// are interpolated exactly (finite differences of any spacing); more are smoothed: the kNeighbours
/// nearest ones, by least squares with a polynomial of degree kDegree (or the order, if that is
/// more), as Savitzky and Golay do on even grids. None where there are not enough distinct points.
std::optional<double> DerivativeAt(std::span<const CurvePoint> points, int order);

inline constexpr std::size_t kInterpolated = 9;
inline constexpr std::size_t kNeighbours = 31;
inline constexpr int kDegree = 5;

}  // namespace thalweg::operators
