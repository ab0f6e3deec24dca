// Files as the sub-commands need them: whole, or a clear failure.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

#include "ops/cli/exit_codes.hpp"

namespace troupe::cli {

/// Nothing if it cannot be read.
std::optional<std::string> read_file(const std::string& path);

/// The content of a file that the user named; "-" reads standard input. Failure no_input or
/// no_permission, with `what` it should have been: "the plan".
std::string read_input(const std::string& path, const std::string& what);

/// Written beside and renamed over, so that no reader sees half of it. Throws Failure.
void write_file_atomically(const std::string& path, const std::string& content, mode_t mode = 0644);

/// With its parents. Throws Failure.
void make_folder(const std::string& path, mode_t mode = 0755);

/// A new one, /tmp/troupe-<what>-<random>: short, because a socket may come to stand in it. Throws
/// Failure.
std::string make_temporary_folder(const std::string& what);

/// The last `lines` lines of a file, at most 16 KiB; empty if there is none.
std::string tail_of(const std::string& path, unsigned lines);

/// An absolute path without `.`, `..` and links where they exist.
std::string absolute_path(const std::string& path);

/// The program's own file, and where the configurations that come with it stand: TROUPE_CONFIGS,
/// beside the binary, in its source tree, or in ../share/troupe. Empty if there are none.
std::string own_binary();
std::string configs_folder();

/// An executable in PATH or in `more_folders`; empty if there is none.
std::string find_program(const std::string& name, const std::string& more_folders = "");

} // namespace troupe::cli
