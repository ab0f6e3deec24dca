// `troupe dev` as people and machines start it, stop it and kill it.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/eventually.hpp"
#include "tests/support/troupe_process.hpp"

using namespace troupe;
using support::eventually;
using support::TroupeProcess;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

/// A dev of one agent node on a free port; `more` says otherwise.
std::vector<std::string> dev(const fs::path& data, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"dev", "--json", "--data", data};
  for (auto [option, value] : {std::pair{"--listen", "127.0.0.1:0"}, {"--agents", "1"}})
    if (std::find(more.begin(), more.end(), option) == more.end())
      arguments.insert(arguments.end(), {option, value});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

json::value require_ready(TroupeProcess& troupe) {
  auto line = troupe.ready_line();
  BOOST_TEST_REQUIRE(line.has_value(), troupe);
  return json::parse(*line);
}

bool all_gone(const std::vector<pid_t>& processes) {
  return std::none_of(processes.begin(), processes.end(),
                      [](pid_t pid) { return support::alive(pid); });
}

/// A run that must end by itself with one clear error.
struct Refusal {
  int code;
  std::string output;
};
Refusal refusal(std::vector<std::string> arguments, support::TroupeOptions options = {}) {
  TroupeProcess troupe{std::move(arguments), std::move(options)};
  int code = troupe.exit_code();
  return {code, troupe.output()};
}

bool says(const Refusal& refusal, const std::string& words) {
  return refusal.output.find(words) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_CASE(dev_gets_ready_serves_and_leaves_nothing_behind_when_told_to_stop) {
  for (int signal : {SIGINT, SIGTERM}) {
    support::TemporaryFolder data; // mode 0700: as root, Postgres' user has no way in by the path
    TroupeProcess troupe{dev(data.path())};
    json::value ready = require_ready(troupe);
    BOOST_TEST(std::string{ready.at("http").as_string()}.starts_with("http://127.0.0.1:"));
    BOOST_TEST(std::string{ready.at("nats").as_string()}.starts_with("nats://127.0.0.1:"));
    BOOST_TEST(!ready.at("postgres").as_string().empty());
    auto processes = support::descendants_of(troupe.process().pid());
    BOOST_TEST(processes.size() >= 4U);
    troupe.process().signal(signal);
    BOOST_TEST(troupe.exit_code() == 0, troupe);
    BOOST_TEST(all_gone(processes));
  }
}

BOOST_AUTO_TEST_CASE(an_ordinary_user_can_do_the_same_and_the_same_folder_serves_again) {
  auto user = support::unprivileged_user();
  support::TemporaryFolder data{"troupe", user};
  for (int round = 0; round < 2; ++round) {
    TroupeProcess troupe{dev(data.path() / "new" / "folder"), {user, {{"HOME", data.path()}}, {}}};
    require_ready(troupe);
    troupe.process().signal(SIGTERM);
    BOOST_TEST(troupe.exit_code() == 0, troupe);
  }
}

BOOST_AUTO_TEST_CASE(killed_with_sigkill_it_takes_everything_along_and_starts_again) {
  support::TemporaryFolder data;
  std::vector<pid_t> processes;
  {
    TroupeProcess troupe{dev(data.path())};
    require_ready(troupe);
    processes = support::descendants_of(troupe.process().pid());
    BOOST_TEST(processes.size() >= 4U);
    troupe.process().signal(SIGKILL);
    BOOST_TEST(eventually([&] { return all_gone(processes); }));
  }
  TroupeProcess again{dev(data.path())};
  require_ready(again);
  again.process().signal(SIGTERM);
  BOOST_TEST(again.exit_code() == 0, again);
}

BOOST_AUTO_TEST_CASE(a_second_dev_runs_beside_the_first_but_never_in_its_folder_or_on_its_port) {
  support::TemporaryFolder first, second;
  TroupeProcess one{dev(first.path())}, two{dev(second.path())};
  json::value ready_one = require_ready(one), ready_two = require_ready(two);
  BOOST_TEST(ready_one.at("http") != ready_two.at("http"));
  BOOST_TEST(ready_one.at("nats") != ready_two.at("nats"));

  Refusal same_folder = refusal(dev(first.path()));
  BOOST_TEST(same_folder.code == 75);
  BOOST_TEST(says(same_folder, first.path().string() + " is in use"), same_folder.output);
  BOOST_TEST(says(same_folder, std::to_string(one.process().pid())), same_folder.output);

  support::TemporaryFolder third;
  std::string taken{ready_one.at("http").as_string()};
  Refusal same_port = refusal(dev(third.path(), {"--listen", taken.substr(7)}));
  BOOST_TEST(same_port.code == 69);
  BOOST_TEST(says(same_port, "the port is in use"), same_port.output);
  BOOST_TEST(says(same_port, "--listen"), same_port.output);
}

BOOST_AUTO_TEST_CASE(a_node_or_server_that_dies_is_started_again) {
  support::TemporaryFolder data;
  TroupeProcess troupe{dev(data.path())};
  require_ready(troupe);
  auto recorded = [&](const std::string& name) -> pid_t {
    std::ifstream file{data.path() / "processes.json"};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    json::error_code error;
    json::value list = json::parse(text, error);
    if (error) return 0;
    for (const json::value& entry : list.as_array())
      if (entry.at("name") == name.c_str()) return static_cast<pid_t>(entry.at("pid").as_int64());
    return 0;
  };
  for (const char* name : {"agent-1", "orchestrator-1", "nats", "postgres"})
    BOOST_TEST_CONTEXT(name) {
      pid_t before = recorded(name);
      BOOST_REQUIRE(before > 0);
      ::kill(before, SIGKILL);
      auto runs_again = [&] {
        pid_t now = recorded(name);
        return now > 0 && now != before && support::alive(now);
      };
      BOOST_TEST(troupe.process().reaches(runs_again), troupe);
    }
  troupe.process().signal(SIGTERM);
  BOOST_TEST(troupe.exit_code() == 0, troupe);
}

BOOST_AUTO_TEST_CASE(what_cannot_work_is_refused_before_anything_starts) {
  support::TemporaryFolder data;
  std::ofstream{data.path() / "bad.yaml"} << "clutser: x\nnode: { slots: none }\n";
  struct Row {
    std::vector<std::string> more;
    int code;
    const char* words;
  };
  const Row table[] = {
      {{"--listen", "0.0.0.0:8420"}, 64, "reaches beyond this machine"},
      {{"--listen", "8420"}, 64, "the port is missing"},
      {{"--agents", "0"}, 64, "--agents"},
      {{"--wait-for-services", "soon"}, 64, "expected a duration"},
      {{"--config", data.path() / "none.yaml"}, 66, "none.yaml"},
      {{"--config", data.path() / "bad.yaml"}, 78, "bad.yaml:1:1: "},
  };
  for (const Row& row : table) {
    Refusal refused = refusal(dev(data.path() / "dev", row.more));
    BOOST_TEST(refused.code == row.code, refused.output);
    BOOST_TEST(says(refused, row.words), refused.output);
  }
}

BOOST_AUTO_TEST_CASE(services_that_do_not_answer_are_named_and_the_exit_code_says_unavailable) {
  support::TemporaryFolder data;
  std::string port = std::to_string(support::free_port());
  Refusal nats =
      refusal(dev(data.path(), {"--nats", "nats://127.0.0.1:" + port, "--wait-for-services", "0"}));
  BOOST_TEST(nats.code == 69, nats.output);
  Refusal patient = refusal(
      dev(data.path(), {"--nats", "nats://127.0.0.1:" + port, "--wait-for-services", "2s"}));
  BOOST_TEST(patient.code == 69, patient.output);
  BOOST_TEST(says(patient, "waiting for NATS"), patient.output);
  BOOST_TEST(says(nats, "127.0.0.1:" + port), nats.output);
  Refusal postgres =
      refusal(dev(data.path(), {"--postgres", "postgresql://127.0.0.1:" + port + "/x",
                                "--wait-for-services", "0"}));
  BOOST_TEST(postgres.code == 69, postgres.output);
  BOOST_TEST(says(postgres, port), postgres.output);
}

BOOST_AUTO_TEST_CASE(a_missing_program_is_named_with_what_to_install) {
  const std::pair<const char*, const char*> table[] = {
      {"/usr/sbin/nats-server", "apt-get install nats-server"},
      {"/usr/lib/postgresql/*/bin/postgres", "apt-get install postgresql"}};
  for (auto [program, words] : table) {
    support::TemporaryFolder data;
    support::TroupeOptions hidden; // in a mount namespace of its own
    hidden.prefix = {"unshare",
                     "-m",
                     "sh",
                     "-c",
                     std::string{"mount --bind /dev/null "} + program + " && exec \"$@\"",
                     "sh"};
    Refusal refused = refusal(dev(data.path()), hidden);
    BOOST_TEST(refused.code == 69, refused.output);
    BOOST_TEST(says(refused, words), refused.output);
  }
}

BOOST_AUTO_TEST_CASE(a_folder_that_may_not_be_written_is_refused_for_an_ordinary_user) {
  auto user = support::unprivileged_user();
  support::TemporaryFolder data{"troupe", user};
  ::chmod(data.path().c_str(), 0500);
  Refusal refused = refusal(dev(data.path() / "dev"), {user, {}, {}});
  BOOST_TEST(refused.code == 77, refused.output);
  BOOST_TEST(says(refused, "Permission denied; choose a folder"), refused.output);
}

namespace {

/// A small disk of its own; needs root.
class SmallDisk {
 public:
  SmallDisk(const fs::path& path, const char* options, unsigned long flags = 0) : path_{path} {
    fs::create_directories(path_);
    BOOST_TEST_REQUIRE(::mount("tmpfs", path_.c_str(), "tmpfs", flags, options) == 0,
                       "mounting a tmpfs takes root with CAP_SYS_ADMIN: run the tests so");
  }
  ~SmallDisk() { ::umount2(path_.c_str(), MNT_DETACH); }

 private:
  fs::path path_;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_full_disk_is_named_and_nothing_stays_half_made) {
  support::TemporaryFolder folder;
  ::chmod(folder.path().c_str(), 0755);
  SmallDisk disk{folder.path() / "disk", "size=8m,mode=1777"};
  Refusal refused =
      refusal(dev(folder.path() / "disk" / "dev"), {support::unprivileged_user(), {}, {}});
  BOOST_TEST(refused.code == 74, refused.output);
  BOOST_TEST(says(refused, "the disk is full"), refused.output);
  BOOST_TEST(!fs::exists(folder.path() / "disk/dev/postgres"));
  BOOST_TEST(!fs::exists(folder.path() / "disk/dev/postgres.new"));
}

BOOST_AUTO_TEST_CASE(a_read_only_disk_is_named) {
  support::TemporaryFolder folder;
  ::chmod(folder.path().c_str(), 0755);
  SmallDisk disk{folder.path() / "disk", "size=8m,mode=1777", MS_RDONLY};
  Refusal refused =
      refusal(dev(folder.path() / "disk" / "dev"), {support::unprivileged_user(), {}, {}});
  BOOST_TEST(refused.code == 73, refused.output);
  BOOST_TEST(says(refused, "Read-only file system"), refused.output);
}
