// A small HTTP server and its clients, for the tests of the server.
#pragma once
#include <boost/test/unit_test.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/http/client.hpp"
#include "net/http/server.hpp"
#include "tests/support/tcp.hpp"

namespace troupe::test {

using namespace std::chrono_literals;
using http::Answer;
using http::Request;
using http::Router;
using http::Server;
using http::ServerOptions;
using support::TcpConnection;

/// Keeps answers until the test gives them.
class Kept {
 public:
  void keep(Answer answer) {
    const std::lock_guard lock{mutex_};
    answers_.push_back(std::move(answer));
  }
  std::size_t count() {
    const std::lock_guard lock{mutex_};
    return answers_.size();
  }
  void give(const std::string& body) {
    const std::lock_guard lock{mutex_};
    for (const auto& answer : answers_) answer({200, body});
    answers_.clear();
  }
  void drop() {
    const std::lock_guard lock{mutex_};
    answers_.clear();
  }

 private:
  std::mutex mutex_;
  std::vector<Answer> answers_;
};

struct World {
  explicit World(ServerOptions options = {}) {
    options.listen = "127.0.0.1:0";
    Router router;
    router.on("GET", "/hello",
              [](Request, Answer answer) {
                answer({200, "hello"});
              })
        .on("POST", "/echo",
            [](Request request, Answer answer) {
              answer({200, request.body});
            })
        .on("GET", "/items/{id}",
            [](Request request, Answer answer) {
              answer({200, request.path_value("id")});
            })
        .on("GET", "/throws", [](Request, Answer) { throw std::runtime_error{"a bad day"}; })
        .on("GET", "/drops", [](Request, Answer) {})
        .on("GET", "/twice",
            [](Request, Answer answer) {
              answer({200, "first"});
              answer({200, "second"});
            })
        .on("GET", "/large",
            [](Request, Answer answer) {
              answer({200, std::string(2'000'000, 'x')});
            })
        .on("GET", "/later", [this](Request, Answer answer) { kept.keep(std::move(answer)); });
    auto started = Server::start(std::move(options), std::move(router));
    BOOST_REQUIRE_MESSAGE(started.ok(), (started.ok() ? "" : started.error().message));
    server = std::move(*started);
  }

  TcpConnection connect() const { return TcpConnection::to(server->port()); }
  Result<ports::HttpResponse> ask(const std::string& method, const std::string& path,
                                  const std::string& body = "") const {
    ports::HttpRequest request;
    request.method = method;
    request.url = server->url() + path;
    request.body = body;
    request.timeout = 20s;
    request.body_bytes_max = 4'000'000;
    return client->send(request, {});
  }

  Kept kept;
  std::unique_ptr<Server> server;
  std::unique_ptr<ports::HttpClient> client = http::make_client();
};

inline std::string get(const std::string& path, const std::string& headers = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
}

inline std::string header(const ports::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

inline int status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9, 3)) : 0;
}

/// One answer with a body, which `last` ends.
inline std::string read_answer(TcpConnection& connection, const std::string& last) {
  auto head = connection.read_until("\r\n\r\n");
  return head + connection.read_until(last);
}

} // namespace troupe::test
