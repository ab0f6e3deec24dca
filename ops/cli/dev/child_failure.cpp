#include "ops/cli/dev/child_failure.hpp"

#include <sys/wait.h>

#include "ops/cli/files.hpp"

namespace troupe::dev {

using cli::ExitCode;

namespace {

struct Symptom {
  const char* words;
  ExitCode code;
  const char* remedy;
};

constexpr Symptom symptoms[] = {
    {"No space left on device", ExitCode::io_error,
     "the disk is full: free some space or choose another folder with --data"},
    {"Disk quota exceeded", ExitCode::io_error,
     "the disk quota is used up: free some space or choose another folder with --data"},
    {"Read-only file system", ExitCode::cannot_create,
     "the disk is read-only: choose another folder with --data"},
    {"Permission denied", ExitCode::no_permission,
     "this user may not write there: choose another folder with --data"},
    {"ddress already in use", ExitCode::unavailable,
     "a port is taken: stop what uses it or start again"},
    {"Cannot allocate memory", ExitCode::try_again, "the machine has no memory left"},
};

bool is_documented(int code) {
  return code >= static_cast<int>(ExitCode::usage) &&
         code <= static_cast<int>(ExitCode::bad_configuration);
}

/// What a node said to people last, with the lines that belong to it; of another program, which
/// says everything to people, the last lines.
std::string last_words(const std::string& log_file) {
  std::string text = cli::tail_of(log_file, 40);
  std::size_t mark = text.starts_with("troupe: ") ? 0 : std::string::npos;
  if (auto later = text.rfind("\ntroupe: "); later != std::string::npos) mark = later + 1;
  return mark == std::string::npos ? cli::tail_of(log_file, 6) : text.substr(mark);
}

std::string indented(const std::string& lines) {
  std::string result = "  ";
  for (char c : lines) result += c == '\n' ? std::string{"\n  "} : std::string{c};
  return result;
}

} // namespace

cli::Failure child_failure(const EndedChild& child, const std::string& log_file) {
  std::string tail = last_words(log_file);
  std::string message = child.name + " " + describe_wait_status(child.status);
  if (child.gave_up) message += " too often in a row; it is not started again";
  ExitCode code = ExitCode::unavailable;
  for (const Symptom& symptom : symptoms)
    if (tail.find(symptom.words) != std::string::npos) {
      code = symptom.code;
      message += "; " + std::string{symptom.remedy};
      break;
    }
  if (WIFEXITED(child.status) && is_documented(WEXITSTATUS(child.status)))
    code = static_cast<ExitCode>(WEXITSTATUS(child.status));
  if (child.gave_up) code = ExitCode::internal;
  if (!tail.empty()) message += "\n" + indented(tail);
  return {code, message + "\n  the whole log: " + log_file};
}

} // namespace troupe::dev
