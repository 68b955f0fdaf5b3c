// What the stream benchmarks are compared with, and what stands at the other end.
//   stream_peer json FILE [many]     a bare simdjson pass over ad_id, event_type and event_time of
//                                    each line; prints rows and CPU seconds. many: iterate_many
//   stream_peer receive RATE         prints a port, takes one connection, reads lines {"id", "at"}
//                                    that were due at RATE a second; prints how late they came
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

namespace {

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct Sums {
  std::int64_t rows = 0, time = 0, bytes = 0;

  bool Add(simdjson::ondemand::document_reference row) {
    std::string_view ad, type;
    std::int64_t at = 0;
    if (row["ad_id"].get_string().get(ad) || row["event_type"].get_string().get(type) ||
        row["event_time"].get_int64().get(at)) {
      return false;
    }
    ++rows, time += at, bytes += static_cast<std::int64_t>(ad.size() + type.size());
    return true;
  }
};

/// Blocks of 1 MiB, as a reader of files has them; what is cut off goes in front of the next.
int ReadJson(const char* path, bool many) {
  constexpr std::size_t kBlock = 1 << 20, kPadding = simdjson::SIMDJSON_PADDING;
  const double begin = CpuSeconds();
  const int fd = ::open(path, O_RDONLY);
  if (fd < 0) Die(path);
  std::vector<char> buffer(2 * kBlock + kPadding);
  simdjson::ondemand::parser parser;
  Sums sums;
  std::size_t kept = 0;
  while (true) {
    const ssize_t got = ::read(fd, buffer.data() + kept, kBlock);
    if (got < 0) Die("read");
    if (got == 0) break;
    const std::size_t size = kept + static_cast<std::size_t>(got);
    const auto* last = static_cast<const char*>(::memrchr(buffer.data(), '\n', size));
    const std::size_t whole =
        last == nullptr ? 0 : static_cast<std::size_t>(last - buffer.data()) + 1;
    if (many) {
      simdjson::ondemand::document_stream rows;
      if (parser.iterate_many(buffer.data(), whole, kBlock).get(rows)) return 1;
      for (auto row : rows) {
        if (!sums.Add(row.value())) return 1;
      }
    } else {
      for (std::size_t at = 0; at < whole;) {
        const auto* end =
            static_cast<const char*>(std::memchr(buffer.data() + at, '\n', whole - at));
        const auto length = static_cast<std::size_t>(end - buffer.data()) - at;
        simdjson::ondemand::document row;
        if (parser.iterate(buffer.data() + at, length, length + kPadding).get(row) ||
            !sums.Add(row)) {
          return 1;
        }
        at += length + 1;
      }
    }
    kept = size - whole;
    std::memmove(buffer.data(), buffer.data() + whole, kept);
  }
  ::close(fd);
  std::printf("{\"rows\": %lld, \"cpu_s\": %.4f, \"sums\": [%lld, %lld]}\n",
              static_cast<long long>(sums.rows), CpuSeconds() - begin,
              static_cast<long long>(sums.time), static_cast<long long>(sums.bytes));
  return 0;
}

std::int64_t NowMicros() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

/// "2026-01-31T12:00:00.123456Z", also with a blank for T and fewer digits.
std::int64_t ToMicros(std::string_view text) {
  tm parts{};
  char copy[20] = {};
  std::memcpy(copy, text.data(), std::min<std::size_t>(text.size(), 19));
  copy[10] = 'T';
  const char* end = ::strptime(copy, "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr) {
    std::fprintf(stderr, "no time: %.*s\n", static_cast<int>(text.size()), text.data());
    std::exit(1);
  }
  std::int64_t micros = static_cast<std::int64_t>(::timegm(&parts)) * 1'000'000, unit = 100'000;
  if (text.size() > 20 && text[19] == '.') {
    for (std::size_t i = 20; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
      micros += (text[i] - '0') * unit, unit /= 10;
  }
  return micros;
}

struct Arrival {
  std::int64_t id, made, came;
};

double Percentile(std::vector<std::int64_t>& micros, double share) {
  const auto at = std::min(micros.size() - 1,
                           static_cast<std::size_t>(share * static_cast<double>(micros.size())));
  std::nth_element(micros.begin(), micros.begin() + static_cast<std::ptrdiff_t>(at), micros.end());
  return static_cast<double>(micros[at]) / 1000;
}

/// Takes lines apart and remembers when they came. Times are parsed at the end.
int Receive(double rate) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (listener < 0 || ::bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::listen(listener, 1) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    Die("listen");
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  const int peer = ::accept(listener, nullptr, nullptr);
  if (peer < 0) Die("accept");

  struct Piece {
    std::size_t end;
    std::int64_t came;
  };
  // Room for all of it: to move what came before would hold up what comes next.
  std::string text;
  text.reserve(std::size_t{2} << 30);
  std::vector<Piece> pieces;
  pieces.reserve(std::size_t{1} << 24);
  std::vector<char> buffer(1 << 18);
  while (true) {
    const ssize_t got = ::read(peer, buffer.data(), buffer.size());
    if (got < 0) Die("read");
    if (got == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    pieces.push_back({text.size(), NowMicros()});
  }

  std::vector<Arrival> rows;
  std::size_t piece = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) break;
    const std::string_view line(text.data() + at, end - at);
    const std::size_t id = line.find("\"id\":"), made = line.find("\"at\":\"");
    if (id == std::string_view::npos || made == std::string_view::npos) return 1;
    while (pieces[piece].end <= end) ++piece;
    rows.push_back(
        {std::atoll(line.data() + id + 5), ToMicros(line.substr(made + 6)), pieces[piece].came});
    at = end + 1;
  }
  if (rows.empty()) return 1;
  // Row i was due at begin + i / rate, whether or not it was made then.
  const auto due = [&](const Arrival& row) {
    return static_cast<std::int64_t>(static_cast<double>(row.id) / rate * 1e6);
  };
  std::int64_t begin = std::numeric_limits<std::int64_t>::max();
  for (const Arrival& row : rows) begin = std::min(begin, row.made - due(row));
  std::vector<std::int64_t> since_due, since_made;
  for (const Arrival& row : rows) {
    since_due.push_back(row.came - begin - due(row));
    since_made.push_back(row.came - row.made);
  }
  std::printf(
      "{\"rows\": %zu, \"p50_ms\": %.2f, \"p99_ms\": %.2f, \"p999_ms\": %.2f, "
      "\"max_ms\": %.2f, \"made_p50_ms\": %.2f, \"made_p99_ms\": %.2f}\n",
      rows.size(), Percentile(since_due, 0.5), Percentile(since_due, 0.99),
      Percentile(since_due, 0.999), Percentile(since_due, 1), Percentile(since_made, 0.5),
      Percentile(since_made, 0.99));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 2 ? argv[1] : "";
  if (what == "json") return ReadJson(argv[2], argc > 3);
  if (what == "receive") return Receive(std::atof(argv[2]));
  std::fprintf(stderr, "usage: stream_peer json FILE [many] | receive RATE\n");
  return 2;
}
