// A workspace on a disk that is full, read-only or not ours: seen as an ordinary user sees it.
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "tests/unit/toolkits/called.hpp"
#include "tests/unit/toolkits/files.hpp"

using namespace troupe;
using test::contains, test::in;

namespace {

void must(bool done, const std::string& what) {
  if (!done) throw std::runtime_error{what + ": " + std::strerror(errno)};
}

const auto nobody = support::unprivileged_user(); // nothing: this is an ordinary user already

/// A mount namespace of its own, in which this process may mount: as root, or in a user namespace.
void enter_own_mounts() {
  const auto uid = std::to_string(::getuid()), gid = std::to_string(::getgid());
  if (nobody) {
    must(::unshare(CLONE_NEWNS) == 0, "unshare (needs CAP_SYS_ADMIN)");
  } else {
    must(::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0,
         "unshare (set kernel.unprivileged_userns_clone=1, or run the tests as root)");
    test::write_file("/proc/self/setgroups", "deny");
    test::write_file("/proc/self/uid_map", uid + ' ' + uid + " 1");
    test::write_file("/proc/self/gid_map", gid + ' ' + gid + " 1");
  }
  must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private mounts");
}

/// From here on nobody, without the powers that mounting took.
void become_ordinary() {
  if (nobody) {
    must(::setresgid(nobody->gid, nobody->gid, nobody->gid) == 0, "setresgid");
    must(::setresuid(nobody->uid, nobody->uid, nobody->uid) == 0, "setresuid");
    return;
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  must(::syscall(SYS_capset, &header, none) == 0, "capset");
}

/// Runs `act` in a child with mounts of its own and gives back what it returned.
template <class Act>
std::string in_child(const Act& act) {
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::string text;
    try {
      enter_own_mounts();
      text = act();
    } catch (const std::exception& error) {
      text = std::string{"the test could not be set up: "} + error.what();
    }
    [[maybe_unused]] const auto ignored = ::write(ends[1], text.data(), text.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[512];
  for (ssize_t count; (count = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

void mount_disk(const std::string& path, const char* options, unsigned long flags = 0) {
  ::mkdir(path.c_str(), 0755);
  must(::mount("tmpfs", path.c_str(), "tmpfs", flags, options) == 0, "mount tmpfs on " + path);
}

/// What workspace.write of so many bytes answers.
std::string write_to(const std::string& data_dir, std::size_t bytes) {
  const auto catalogue =
      toolkits::make_catalogue({{"workspace", JsonText{"{}"}}}, {data_dir, {}, {}});
  const auto arguments = boost::json::serialize(
      boost::json::object{{"path", "report.md"}, {"content", std::string(bytes, 'x')}});
  const auto result = toolkits::call_checked(
      *catalogue.toolkits.at(0), *catalogue.find("workspace.write"),
      {"workspace.write", JsonText{arguments}, "key-1", "job-1", Millis{5'000}}, {});
  return result ? "written"
                : std::string{to_string(result.error().error_class)} + " " + result.error().message;
}

} // namespace

BOOST_AUTO_TEST_SUITE(toolkits_disk)

BOOST_AUTO_TEST_CASE(a_full_disk_is_named_with_the_remedy_and_leaves_the_old_file_whole) {
  const support::TemporaryFolder folder{"troupe-disk", nobody};
  const auto disk = in(folder, "disk");
  const auto answer = in_child([&] {
    mount_disk(disk, "size=64k,mode=0777");
    become_ordinary();
    auto seen = write_to(disk, 1'000) + "; " + write_to(disk, 200'000);
    seen +=
        "; kept " + std::to_string(test::read_file(disk + "/workspaces/job-1/report.md").size());
    return seen + "; then " + write_to(disk, 2'000); // nothing of the failed one takes room
  });
  BOOST_TEST(answer == "written; tool_failed cannot write `report.md` in " + disk +
                           "/workspaces/job-1: the disk is full; free some space there and try "
                           "again; kept 1000; then written");
}

BOOST_AUTO_TEST_CASE(a_disk_without_room_for_another_file_is_full_too) {
  const support::TemporaryFolder folder{"troupe-disk", nobody};
  const auto disk = in(folder, "disk");
  const auto answer = in_child([&] {
    mount_disk(disk, "size=64k,nr_inodes=3,mode=0777");
    become_ordinary();
    return write_to(disk, 10);
  });
  BOOST_TEST(contains(answer, "the disk is full"), answer);
}

BOOST_AUTO_TEST_CASE(a_read_only_disk_is_named_with_the_remedy) {
  const support::TemporaryFolder folder{"troupe-disk", nobody};
  const auto disk = in(folder, "disk");
  const auto answer = in_child([&] {
    mount_disk(disk, "size=64k,mode=0777");
    must(::mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, "size=64k") == 0,
         "remount");
    become_ordinary();
    return write_to(disk, 10);
  });
  BOOST_TEST(answer == "tool_failed cannot make `" + disk + "/workspaces` in " + disk +
                           "/workspaces/job-1: the file system is read-only; make it writable or "
                           "set data_dir elsewhere");
}

BOOST_AUTO_TEST_CASE(a_folder_of_somebody_else_is_named_with_the_remedy) {
  const support::TemporaryFolder folder{"troupe-disk", nobody};
  const auto disk = in(folder, "disk");
  const auto answer = in_child([&] {
    mount_disk(disk, "size=64k,mode=0555");
    become_ordinary();
    return write_to(disk, 10);
  });
  BOOST_TEST(contains(answer, "no permission there; give it to this user or set data_dir"), answer);
}

BOOST_AUTO_TEST_SUITE_END()
