#include "ops/cli/exit_codes.hpp"

#include <cerrno>
#include <cstring>

namespace troupe::cli {

namespace {

struct Row {
  ExitCode code;
  const char* meaning;
};

constexpr Row table[] = {
    {ExitCode::ok, "done; a watched run completed"},
    {ExitCode::failed, "the command worked, but the run or job did not end well"},
    {ExitCode::usage, "wrong arguments; `troupe COMMAND --help` shows an example"},
    {ExitCode::bad_data, "a plan, inputs or a request body has faults (each one is printed)"},
    {ExitCode::no_input, "a file, job or run that is not there"},
    {ExitCode::unavailable,
     "the server, Postgres, NATS, a port or a program is missing or unreachable"},
    {ExitCode::internal, "a defect of Troupe; please report it with the log"},
    {ExitCode::cannot_create, "a folder or file cannot be created"},
    {ExitCode::io_error, "reading or writing failed, for example because the disk is full"},
    {ExitCode::try_again, "busy, full or in use right now; the same call may work later"},
    {ExitCode::no_permission, "this user may not do that"},
    {ExitCode::bad_configuration, "settings, a team or a toolkit has faults (each one is printed)"},
    {ExitCode::interrupted, "interrupted with Ctrl-C while watching"},
};

struct Diagnosis {
  ExitCode code;
  const char* remedy;
};

Diagnosis diagnose(int error_number) {
  switch (error_number) {
    case EACCES:
    case EPERM: return {ExitCode::no_permission, "; choose a folder that this user may write"};
    case EROFS: return {ExitCode::cannot_create, "; choose a folder on a writable disk"};
    case ENOSPC:
    case EDQUOT: return {ExitCode::io_error, "; free some space or choose another disk"};
    case EIO: return {ExitCode::io_error, "; check the disk"};
    default: return {ExitCode::cannot_create, ""};
  }
}

} // namespace

Failure file_failure(const std::string& what, const std::string& path, int error_number) {
  auto [code, remedy] = diagnose(error_number);
  return {code, "cannot " + what + " " + path + ": " + std::strerror(error_number) + remedy};
}

std::string exit_code_help() {
  std::string text = "Exit codes (sysexits.h where one fits):\n\n";
  for (const Row& row : table) {
    std::string number = std::to_string(static_cast<int>(row.code));
    text += std::string(5 - number.size(), ' ') + number + "  " + row.meaning + "\n";
  }
  return text;
}

} // namespace troupe::cli
