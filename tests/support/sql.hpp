// A raw connection, for tests that look into a table or hold a lock beside the code under test.
#pragma once
#include <memory>
#include <string>
#include <vector>

struct pg_conn;

namespace troupe::support {

/// One connection, one thread. Every failure throws std::runtime_error with the server's words.
class Sql {
 public:
  using Rows = std::vector<std::vector<std::string>>; // NULL: ""

  explicit Sql(const std::string& conninfo);
  ~Sql();
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;

  /// One or several statements; the rows of the last.
  Rows run(const std::string& statements);
  /// The first value of the first row; "" if there is none.
  std::string value(const std::string& statement);
  /// Sends and returns at once; finish() waits for the outcome.
  void send(const std::string& statements);
  Rows finish();

 private:
  pg_conn* connection_;
};

} // namespace troupe::support
