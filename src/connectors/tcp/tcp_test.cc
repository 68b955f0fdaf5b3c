#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/streams/testing/stream_stand.h"
#include "connectors/tcp/register.h"
#include "connectors/tcp/tcp_source.h"
#include "data/testing/batch.h"
#include "data/types.h"

namespace thalweg::connectors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const TcpAddress kAnyPort{"127.0.0.1", 0};

/// The other side, which may wait.
class Peer {
 public:
  explicit Peer(UniqueFd fd) : fd_(std::move(fd)) {}
  static Peer To(const std::string& address) {
    Signal signal;
    return Peer(ConnectTo(ParseTcpAddress(address).value(), signal, [] { return false; }).value());
  }
  static Peer From(int listener) {
    pollfd wait{.fd = listener, .events = POLLIN};
    EXPECT_EQ(::poll(&wait, 1, 20'000), 1);
    return Peer(UniqueFd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)));
  }
  void Put(std::string_view text) {
    while (!text.empty()) {
      pollfd wait{.fd = fd_.get(), .events = POLLOUT};
      ASSERT_EQ(::poll(&wait, 1, 20'000), 1);
      const ssize_t put = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      ASSERT_GT(put, 0);
      text.remove_prefix(static_cast<std::size_t>(put));
    }
  }
  /// How much is taken before nothing more is, for a while.
  std::size_t PutUntilFull(std::size_t most) {
    const std::string chunk(1 << 16, ' ');
    std::size_t all = 0;
    while (all < most) {
      pollfd wait{.fd = fd_.get(), .events = POLLOUT};
      if (::poll(&wait, 1, 300) != 1) break;
      const ssize_t put =
          ::send(fd_.get(), chunk.data(), chunk.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (put > 0) all += static_cast<std::size_t>(put);
    }
    return all;
  }
  std::string Get(std::size_t size) {
    std::string text(size, '\0');
    std::size_t filled = 0;
    while (filled < size) {
      pollfd wait{.fd = fd_.get(), .events = POLLIN};
      if (::poll(&wait, 1, 20'000) != 1) break;
      const ssize_t got = ::recv(fd_.get(), text.data() + filled, size - filled, 0);
      if (got <= 0) break;
      filled += static_cast<std::size_t>(got);
    }
    text.resize(filled);
    return text;
  }
  /// Breaks off instead of closing.
  void Reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    fd_.Reset();
  }
  void Close() { fd_.Reset(); }

 private:
  UniqueFd fd_;
};

class TcpTest : public ::testing::Test {
 protected:
  std::unique_ptr<component::Reader> Listen(const std::string& more) {
    source_ = stand_.Source("tcp_listen", R"({"tcp_listen": "127.0.0.1:0", )" + more + "}");
    auto reader = source_->Open(source_->Discover({}).value().front(), {}).value();
    address_ = static_cast<TcpSource<TcpListenBody>&>(*source_).listens_at();
    return reader;
  }
  StreamStand stand_{RegisterTcp};
  std::unique_ptr<component::Source> source_;
  std::string address_;
};

TEST_F(TcpTest, ManyClientsAtOnceEachWithItsOwnRows) {
  const auto reader = Listen(R"("clients": 3, "columns": {"a": "integer"})");
  EXPECT_EQ(source_->replay(), component::Replay::kNever);
  ReaderDriver driver(*reader);
  Peer one = Peer::To(address_), two = Peer::To(address_), three = Peer::To(address_);
  one.Put("{\"a\":");
  two.Put("{\"a\":2}\n{\"a\"");
  driver.ReadRows(1);
  one.Put("1}\n");
  driver.ReadRows(2);
  two.Put(":3}\n");
  driver.ReadRows(3);
  three.Close(), two.Close(), one.Close();
  driver.ReadToEnd();
  EXPECT_THAT(driver.text().rows, ElementsAre(R"({"a":2})", R"({"a":1})", R"({"a":3})"));
}

TEST_F(TcpTest, WhatAClientLeavesTornIsAReject) {
  const auto reader = Listen(R"("end_when_idle": true, "columns": {"a": "integer"})");
  ReaderDriver driver(*reader);
  Peer client = Peer::To(address_);
  client.Put("{\"a\":1}\n{\"a\":2");
  driver.ReadRows(1);
  client.Close();
  driver.ReadToEnd();
  EXPECT_EQ(driver.text().rejects.size(), 1);
}

TEST_F(TcpTest, AConnectionThatBreaksOffLosesNothingWhole) {
  const auto reader = Listen(
      R"("end_when_idle": true, "format": "csv", "header": false, "columns": {"a": "integer"})");
  ReaderDriver driver(*reader);
  Peer client = Peer::To(address_);
  client.Put("1\n2");
  driver.ReadRows(1);
  client.Reset();
  driver.ReadToEnd();
  // Nobody knows whether "2" was all of it.
  EXPECT_THAT(driver.text().rows, ElementsAre(R"({"a":1})"));
  EXPECT_EQ(driver.text().rejects.size(), 1);
}

TEST_F(TcpTest, TextsThatOtherSystemsTakeForCommandsAreRows) {
  const auto reader = Listen(R"("end_when_idle": true, "format": "lines")");
  ReaderDriver driver(*reader);
  Peer client = Peer::To(address_);
  client.Put("connect\nend\n0000000004\n");
  client.Close();
  driver.ReadToEnd();
  EXPECT_THAT(driver.text().rows, ElementsAre(R"({"line":"connect"})", R"({"line":"end"})",
                                              R"({"line":"0000000004"})"));
}

TEST_F(TcpTest, AClientThatSendsNonsenseIsOneRejectAndTheOthersGoOn) {
  const auto reader = Listen(R"("clients": 2, "format": "csv", "columns": {"a": "integer"})");
  ReaderDriver driver(*reader);
  Peer wrong = Peer::To(address_), good = Peer::To(address_);
  wrong.Put("x,y\n1,2\n");
  driver.ReadRows(1);
  good.Put("a\n1\n");
  driver.ReadRows(2);
  good.Close(), wrong.Close();
  driver.ReadToEnd();
  EXPECT_THAT(driver.text().rows, ElementsAre(R"({"a":1})"));
  EXPECT_EQ(driver.text().rejects.size(), 1);
}

TEST_F(TcpTest, AReaderThatDoesNotReadHoldsBackItsPeer) {
  const auto reader = Listen(R"("format": "lines")");
  Peer client = Peer::To(address_);
  constexpr std::size_t kMost = std::size_t{256} << 20;
  EXPECT_LT(client.PutUntilFull(kMost), kMost / 2);
}

TEST_F(TcpTest, AStopEndsTheListening) {
  const auto reader = Listen(R"("format": "lines")");
  stand_.stop().request_stop();
  ReaderDriver driver(*reader);
  driver.ReadToEnd();
  EXPECT_TRUE(driver.ended());
}

TEST_F(TcpTest, AConnectionIsMadeAnewWhenItEnds) {
  const auto listener = ListenOn(kAnyPort).value();
  const auto source = stand_.Source(
      "tcp_connect", R"({"format": "lines", "tcp_connect": ")" + LocalName(listener.get()) + "\"}");
  const auto reader = source->Open({"tcp", {}}, {}).value();
  ReaderDriver driver(*reader);
  for (std::size_t i = 1; i <= 2; ++i) {
    Peer server = Peer::From(listener.get());
    server.Put("row\n");
    driver.ReadRows(i);
  }
}

TEST_F(TcpTest, AServerThatIsNotThereYetIsWaitedFor) {
  std::string address;
  {
    const auto listener = ListenOn(kAnyPort).value();
    address = LocalName(listener.get());
  }
  const auto source = stand_.Source("tcp_connect", R"({"format": "lines", "end_at_close": true,
                                                       "tcp_connect": ")" +
                                                       address + "\"}");
  const auto reader = source->Open({"tcp", {}}, {}).value();
  ReaderDriver driver(*reader);
  driver.ExpectBlocked();
  const auto listener = ListenOn(ParseTcpAddress(address).value()).value();
  Peer::From(listener.get()).Put("row\n");
  driver.ReadToEnd();
  EXPECT_THAT(driver.text().rows, ElementsAre(R"({"line":"row"})"));
}

data::Batch Rows(const std::string& numbers) {
  return data::MakeBatch({{"a", "integer", numbers}});
}

class TcpTargetTest : public TcpTest {
 protected:
  std::unique_ptr<component::Target> Bound() {
    auto target = stand_.Target("tcp", R"({"tcp": ")" + LocalName(listener_.get()) + "\"}");
    data::EdgeType edge;
    edge.schema = Rows("[]")->schema();
    const auto guarantee =
        target->Bind(data::FromArrow(*edge.schema).value(), edge, component::WriteMode::kAppend);
    EXPECT_EQ(guarantee.value(), component::Guarantee::kAtLeastOnce);
    return target;
  }
  UniqueFd listener_ = ListenOn(kAnyPort).value();
  const component::WriterId who_{NodeId::New(), 0};
};

TEST_F(TcpTargetTest, EpochsGoOverOneConnection) {
  const auto target = Bound();
  for (const std::string numbers : {"[1]", "[2]"}) {
    const auto writer = target->Open(who_, EpochId::New()).value();
    ASSERT_TRUE(writer->Write(Rows(numbers)).ok());
    const auto receipt = writer->Prepare(EpochId::New());
    ASSERT_TRUE(receipt.ok()) << receipt.status();
    EXPECT_THAT(target->Describe(*receipt), HasSubstr("1 row, 8 B"));
  }
  EXPECT_EQ(Peer::From(listener_.get()).Get(16), "{\"a\":1}\n{\"a\":2}\n");
}

TEST_F(TcpTargetTest, WhatABrokenConnectionTookIsSentAgain) {
  const auto target = Bound();
  const auto writer = target->Open(who_, EpochId::New()).value();
  ASSERT_TRUE(writer->Write(Rows("[1]")).ok());
  {
    Peer first = Peer::From(listener_.get());
    EXPECT_EQ(first.Get(8), "{\"a\":1}\n");
  }
  ASSERT_TRUE(writer->Write(Rows("[2]")).ok());
  ASSERT_TRUE(writer->Prepare(EpochId::New()).ok());
  EXPECT_EQ(Peer::From(listener_.get()).Get(16), "{\"a\":1}\n{\"a\":2}\n");
}

TEST_F(TcpTargetTest, AStopEndsAWriteThatNobodyTakes) {
  const auto target = Bound();
  const auto writer = target->Open(who_, EpochId::New()).value();
  std::string many = "[0";
  for (int i = 0; i < 50'000; ++i) many += ",1";
  const data::Batch batch = Rows(many + "]");
  Status status;
  std::jthread thread([&] {
    while (status.ok()) status = writer->Write(batch);
  });
  Peer deaf = Peer::From(listener_.get());
  stand_.stop().request_stop();
  thread.join();
  EXPECT_EQ(status.code(), Code::kCancelled);
}

TEST(TcpAddressTest, AddressesAreReadAndMistakesNamed) {
  EXPECT_EQ(ParseTcpAddress("[::1]:80")->host, "::1");
  EXPECT_EQ(ParseTcpAddress(":80")->host, "");
  for (const std::string text : {"host", "host:", "host:x", "host:70000", "host:-1"}) {
    EXPECT_EQ(ParseTcpAddress(text).status().slug(), "bad-address") << text;
  }
  StreamStand stand(RegisterTcp);
  EXPECT_THAT(stand.SourceMistake("tcp_listen", R"({"tcp_listen": "x", "format": "lines"})"),
              HasSubstr("bad-address"));
}

}  // namespace
}  // namespace thalweg::connectors
