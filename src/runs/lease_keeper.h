#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "runs/attempt.h"
#include "runs/node_runner.h"

namespace thalweg::runs {

/// Renews the leases of a process's attempts until it is destroyed.
class LeaseKeeper {
 public:
  LeaseKeeper(catalog::Catalog& catalog, const RunningAttempts& running)
      : thread_([&catalog, &running](std::stop_token stop) {
          std::mutex mutex;
          std::condition_variable_any never;
          std::unique_lock lock(mutex);
          while (!stop.stop_requested()) {
            never.wait_for(lock, stop, kLease / 3, [] { return false; });
            if (stop.stop_requested()) return;
            const auto attempts = running.All();
            if (attempts.empty()) continue;
            const Status renewed = catalog.RenewLease(attempts, kLease);
            if (!renewed.ok()) Log(LogLevel::kWarn, "cannot renew leases: {}", renewed.message());
          }
        }) {}

 private:
  std::jthread thread_;
};

}  // namespace thalweg::runs
