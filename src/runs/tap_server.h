#pragma once

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "flow/flow.h"

namespace thalweg::runs {

/// Lets others look at the rows of a running stream: a socket in the run's directory. A client
/// sends the name of a node and a number of rows a second, "views 100\n", and gets rows as JSON,
/// one a line, until it leaves or the stream ends; {"_skipped": n} stands for rows that were left
/// out. A name that is not there is answered by one line {"_error": text}. One thread; a client
/// that does not read gets less, the stream never waits.
class TapServer {
 public:
  /// `steps`: by node, the step whose rows are shown, with their schema. Binds the socket; the flow
  /// outlives the server.
  struct Place {
    int step = 0;
    data::SchemaRef schema;
  };
  static Result<std::unique_ptr<TapServer>> Start(const std::string& directory, flow::Flow* flow,
                                                  std::map<std::string, Place> places);
  ~TapServer();  ///< tells the clients that the stream ended, and removes the socket

 private:
  struct Client;
  TapServer(flow::Flow* flow, std::map<std::string, Place> places);
  void Serve(std::stop_token stop);
  void Accept();
  bool Advance(Client& client);  // false: gone
  bool Choose(Client& client);
  void Fill(Client& client);

  flow::Flow* const flow_;
  const std::map<std::string, Place> places_;
  std::string path_;
  int listener_ = -1;
  std::vector<std::unique_ptr<Client>> clients_;
  std::jthread thread_;
};

/// The client's side: calls `line` for each line until it returns false, the stream ends, or `stop`
/// is requested. kNotFound when no stream runs there.
Status ReadTap(const std::string& directory, const std::string& node, std::int64_t rows_a_second,
               std::stop_token stop, const std::function<bool(std::string_view)>& line);

}  // namespace thalweg::runs
