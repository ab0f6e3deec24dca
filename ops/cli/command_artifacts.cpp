// troupe artifacts list | get
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "net/http/client.hpp"
#include "ops/cli/asking.hpp"
#include "ops/cli/command.hpp"
#include "ops/cli/command_artifacts.hpp"
#include "ops/cli/view/artifacts.hpp"
#include "ops/cli/view/json_reading.hpp"
#include "runtime/artifact/byte_range.hpp"
#include "runtime/artifact/reference.hpp"
#include "runtime/artifact_limits.hpp"
#include "runtime/sha256.hpp"

namespace troupe::cli {

namespace json = boost::json;

namespace {

struct ArtifactOptions {
  std::string run, artifact, output;
};

std::string path_of(const std::string& run) {
  return "/v1/runs/" + percent_encoded(run) + "/artifacts";
}

/// All pages, oldest first.
json::value list_all(const ApiClient& api, const std::string& run) {
  json::array all;
  std::string after;
  do {
    const json::value page = api.get(path_of(run) + "?limit=1000" + after);
    for (const json::value& row : view::list(page, "artifacts")) all.push_back(row);
    after = view::text(page, "next");
    if (!after.empty()) after.insert(0, "&after=");
  } while (!after.empty());
  std::ranges::stable_sort(all, {}, [](const json::value& row) { return view::text(row, "at"); });
  return json::object{{"run", run}, {"artifacts", std::move(all)}};
}

/// Where the content goes: a file that is there only once all of it is, or standard output.
class Output {
 public:
  explicit Output(const std::string& path) : path_{path == "-" ? "" : path} {
    if (path_.empty()) return;
    file_ = std::fopen(part().c_str(), "wb");
    if (file_ == nullptr) throw file_failure("write", part(), errno);
  }
  ~Output() {
    if (path_.empty() || file_ == nullptr) return;
    std::fclose(file_);
    ::unlink(part().c_str());
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(const std::string& bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size())
      throw file_failure("write", path_.empty() ? "standard output" : part(), errno);
  }
  void keep() {
    const bool whole = std::fflush(file_) == 0;
    if (path_.empty()) {
      if (!whole) throw file_failure("write", "standard output", errno);
      return;
    }
    const bool closed = std::fclose(std::exchange(file_, nullptr)) == 0;
    if (!whole || !closed || std::rename(part().c_str(), path_.c_str()) != 0) {
      const int why = errno;
      ::unlink(part().c_str());
      throw file_failure("write", path_, why);
    }
  }

 private:
  std::string part() const { return path_ + ".part"; }

  std::string path_; // empty: standard output
  std::FILE* file_ = stdout;
};

struct Part {
  std::string body, type;
  std::uint64_t whole = 0; // of which it is a part
};

/// What the server has from byte `from` on, limits::artifact_part_bytes_max at most.
Part read_part(const ApiClient& api, ports::HttpClient& http, const std::string& path,
               std::uint64_t from) {
  ports::HttpRequest request;
  request.url = api.server().url + path;
  request.timeout = Millis{30'000};
  request.body_bytes_max = limits::artifact_part_bytes_max;
  const artifact::ByteRange wanted{from, from + limits::artifact_part_bytes_max - 1};
  request.headers = {{"Range", to_string(wanted)}};
  auto response = http.send(request, {});
  if (!response || response->status / 100 != 2) {
    (void)api.get(path); // says what is wrong
    throw Failure{ExitCode::try_again, "the server did not answer for a moment; try again"};
  }
  Part part{std::move(response->body), "", 0};
  part.whole = from + part.body.size();
  for (const auto& [name, value] : response->headers) {
    if (name == "content-type") part.type = value;
    if (name == "content-range")
      if (const auto range = artifact::parse_content_range(value)) part.whole = range->whole;
  }
  return part;
}

void show_progress(std::uint64_t done, std::uint64_t all) {
  if (::isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r%s of %s%s", view::size_words(done).c_str(),
               view::size_words(all).c_str(), done == all ? "\n" : "");
}

void get(const CommandLine& line, const ArtifactOptions& options) {
  const auto plain =
      options.artifact.starts_with("sha256:") ? options.artifact : "sha256:" + options.artifact;
  const auto hash = artifact::parse_name(plain);
  if (!hash)
    throw Failure{ExitCode::usage, "`" + options.artifact +
                                       "` names no artifact: expected sha256:<64 hex digits>, as "
                                       "`troupe artifacts list` shows them"};
  const ApiClient api = connect(line);
  Output output{options.output};
  Sha256 seen;
  const auto client = http::make_client();
  Part part;
  std::uint64_t done = 0;
  do {
    part = read_part(api, *client, path_of(options.run) + '/' + plain, done);
    seen.add(part.body);
    output.write(part.body);
    done += part.body.size();
    if (!options.output.empty() && options.output != "-") show_progress(done, part.whole);
  } while (done < part.whole && !part.body.empty());
  if (seen.hex() != *hash)
    throw Failure{ExitCode::io_error, "what came is not " + plain + "; try again"};
  output.keep();
  if (line.common.json)
    std::printf("%s\n", json::serialize(json::object{{"artifact", plain},
                                                     {"bytes", done},
                                                     {"type", part.type},
                                                     {"output", options.output}})
                            .c_str());
}

void add_list(CLI::App& artifacts, CommandLine& line) {
  auto options = std::make_shared<ArtifactOptions>();
  auto* list = artifacts.add_subcommand("list", "The artifacts that a run refers to, oldest first");
  list->add_option("RUN", options->run, "the run's id")->required();
  add_server_options(*list, line);
  add_example(*list, "  troupe artifacts list 0198f3a1-7c1e-7000-8000-000000000001 --json");
  list->callback([options, &line] {
    const json::value answer = list_all(connect(line), options->run);
    std::printf("%s", line.common.json
                          ? (json::serialize(answer) + "\n").c_str()
                          : view::render_artifacts(answer, view::detect_style()).c_str());
  });
}

void add_get(CLI::App& artifacts, CommandLine& line) {
  auto options = std::make_shared<ArtifactOptions>();
  auto* get_one = artifacts.add_subcommand("get", "The content of one, checked against its hash");
  get_one->add_option("RUN", options->run, "the run's id")->required();
  get_one->add_option("ARTIFACT", options->artifact, "sha256:<64 hex digits>")->required();
  get_one->add_option("-o,--output", options->output, "a file (default: standard output)");
  add_server_options(*get_one, line);
  add_example(*get_one,
              "  troupe artifacts get RUN sha256:9f86d0.. | jq length\n"
              "  troupe artifacts get RUN sha256:9f86d0.. --output items.json --json");
  get_one->callback([options, &line] {
    const bool to_file = !options->output.empty() && options->output != "-";
    if (line.common.json && !to_file)
      throw Failure{ExitCode::usage,
                    "--json tells what was written to a file: name one with --output"};
    get(line, *options);
  });
}

} // namespace

void add_artifact_commands(CLI::App& app, CommandLine& line) {
  auto* artifacts =
      app.add_subcommand("artifacts", "What was too large for a message, by its hash");
  artifacts->require_subcommand(1);
  add_list(*artifacts, line);
  add_get(*artifacts, line);
}

} // namespace troupe::cli
