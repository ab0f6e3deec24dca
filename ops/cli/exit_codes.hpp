// How a command ends: the numbers of sysexits.h where one fits. `troupe help exit-codes` prints
// the table.
#pragma once
#include <stdexcept>
#include <string>

namespace troupe::cli {

enum class ExitCode : int {
  ok = 0,
  failed = 1,             // the command worked; the run it watched did not end well
  usage = 64,             // wrong arguments
  bad_data = 65,          // a plan, inputs or a body with faults
  no_input = 66,          // a file, job or run that is not there
  unavailable = 69,       // the server, Postgres, NATS or a program is missing or unreachable
  internal = 70,          // a defect of Troupe
  cannot_create = 73,     // a folder or file cannot be made
  io_error = 74,          // disk full, read or write failed
  try_again = 75,         // full or in use now; the same call may work later
  no_permission = 77,     // the user or the token may not
  bad_configuration = 78, // settings, teams or toolkits with faults
  interrupted = 130,      // Ctrl-C
};

/// What ends a command early: thrown anywhere in ops/cli, printed once by main() as
/// "troupe: <message>". The message is for a person: what was wrong, where, what to do.
class Failure : public std::runtime_error {
 public:
  Failure(ExitCode code, const std::string& message) : std::runtime_error{message}, code_{code} {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// "cannot create /data/logs: Read-only file system; choose another folder with --data". The code
/// is the one that fits `error_number`: 77 not permitted, 74 disk full or I/O, 73 otherwise.
Failure file_failure(const std::string& what, const std::string& path, int error_number);

/// The table for people.
std::string exit_code_help();

} // namespace troupe::cli
