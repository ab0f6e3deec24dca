#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "runtime/hash.hpp"
#include "tests/unit/toolkits/called.hpp"
#include "tests/unit/toolkits/files.hpp"
#include "toolkits/beneath.hpp"

using namespace troupe;
using namespace troupe::toolkits;
using test::contains, test::failure, test::in, test::output, test::read_file, test::write_file;

namespace {

struct Working {
  support::TemporaryFolder data;
  Catalogue catalogue{
      make_catalogue({{"workspace", JsonText{"{}"}}}, {data.path().string(), {}, {}})};
  std::string folder = in(data, "workspaces/job-1");

  std::string write(const std::string& path, const std::string& content) {
    return boost::json::serialize(boost::json::object{{"path", path}, {"content", content}});
  }
};

const Beneath::Walk both_walks[] = {Beneath::Walk::kernel, Beneath::Walk::by_hand};

} // namespace

BOOST_AUTO_TEST_SUITE(workspace)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back_listed_and_written_again_without_harm) {
  Working job;
  for (int again = 0; again < 2; ++again) {
    const auto written =
        output(job.catalogue, "workspace.write", job.write("reports/one.md", "# One\n\u20ac"));
    BOOST_TEST(written.at("bytes").as_int64() == 9);
    BOOST_TEST(written.at("sha256").as_string() == sha256_hex("# One\n\u20ac"));
  }
  const auto read = output(job.catalogue, "workspace.read", R"({"path":"reports/one.md"})");
  BOOST_TEST(read.at("content").as_string() == "# One\n\u20ac");
  BOOST_TEST(read.at("next_offset").is_null());
  const auto list = output(job.catalogue, "workspace.list", "{}");
  BOOST_TEST(list.at("files").as_int64() == 1);
  BOOST_REQUIRE(list.at("entries").as_array().size() == 2u);
  BOOST_TEST(list.at("entries").at(0).at("path").as_string() == "reports");
  BOOST_TEST(list.at("entries").at(1).at("path").as_string() == "reports/one.md");
  const auto below = output(job.catalogue, "workspace.list", R"({"path":"reports"})");
  BOOST_TEST(below.at("entries").at(0).at("path").as_string() == "reports/one.md");
}

BOOST_AUTO_TEST_CASE(jobs_do_not_see_each_other_and_a_new_one_is_empty) {
  Working job;
  output(job.catalogue, "workspace.write", job.write("a", "1"), "job-1");
  BOOST_TEST(output(job.catalogue, "workspace.list", "{}", "job-2").at("files").as_int64() == 0);
  BOOST_TEST(contains(
      failure(job.catalogue, "workspace.read", R"({"path":"a"})", ErrorClass::tool_failed, "job-2"),
      "this job has no files yet"));
  for (auto name : {"", ".", "..", "../job-1", "a/b", "a\nb"})
    failure(job.catalogue, "workspace.list", "{}", ErrorClass::invalid_input, name);
}

BOOST_AUTO_TEST_CASE(a_path_that_leads_out_is_refused_before_anything_is_made) {
  Working job;
  for (auto path : {"", "/etc/passwd", "..", "../job-2/x", "a/../../x", "a/..", "./a", "a//b", "a/",
                    ".troupe-unfinished-1", "a\\u0000b"}) {
    const auto quoted = "{\"path\":\"" + std::string{path} + "\"";
    failure(job.catalogue, "workspace.read", quoted + "}", ErrorClass::invalid_input);
    failure(job.catalogue, "workspace.write", quoted + R"(,"content":""})",
            ErrorClass::invalid_input);
    if (*path) failure(job.catalogue, "workspace.list", quoted + "}", ErrorClass::invalid_input);
  }
  BOOST_TEST(!std::filesystem::exists(job.folder));
  std::string deep = "a";
  for (int i = 0; i < 20; ++i) deep += "/a";
  failure(job.catalogue, "workspace.write", job.write(deep, ""), ErrorClass::invalid_input);
}

BOOST_AUTO_TEST_CASE(no_symbolic_link_is_followed_in_either_way_of_walking) {
  for (const auto walk : both_walks) {
    const support::TemporaryFolder data, outside;
    write_file(in(outside, "secret"), "s3cret");
    const auto files = Beneath::open(data.path().string(), "job", true, walk);
    BOOST_REQUIRE(files.ok());
    const auto at = [&](const char* name) { return in(data, "job/" + std::string{name}); };
    BOOST_REQUIRE(files->write_file("inside/real", "1").ok());
    ::symlink(outside.path().c_str(), at("folder").c_str());
    ::symlink(in(outside, "secret").c_str(), at("file").c_str());
    ::symlink("inside", at("near").c_str());
    ::symlink("loop", at("loop").c_str());
    ::symlink("/nowhere", at("dangling").c_str());
    for (auto path : {"folder/secret", "file", "near/real", "loop", "loop/x", "dangling"}) {
      const auto opened = files->open_file(path);
      BOOST_REQUIRE_MESSAGE(!opened.ok(), path);
      BOOST_TEST((opened.error().error_class == ErrorClass::denied), opened.error().message);
    }
    for (auto path : {"folder/new", "folder/deep/new", "file", "near/new", "dangling", "loop"}) {
      const auto written = files->write_file(path, "x");
      BOOST_REQUIRE_MESSAGE(!written.ok(), path);
      BOOST_TEST((written.error().error_class == ErrorClass::denied), written.error().message);
    }
    BOOST_TEST(!files->list("folder", 10).ok());
    BOOST_TEST(read_file(in(outside, "secret")) == "s3cret");
    BOOST_TEST(!std::filesystem::exists(in(outside, "new")));
    const auto listing = files->list("", 10);
    BOOST_REQUIRE(listing.ok());
    BOOST_TEST(listing->entries.size() == 2u); // inside and inside/real; links are not listed
  }
}

BOOST_AUTO_TEST_CASE(a_job_folder_that_is_a_link_is_refused) {
  Working job;
  const support::TemporaryFolder outside;
  std::filesystem::create_directories(in(job.data, "workspaces"));
  ::symlink(outside.path().c_str(), job.folder.c_str());
  failure(job.catalogue, "workspace.write", job.write("a", "x"), ErrorClass::tool_failed);
  BOOST_TEST(!std::filesystem::exists(in(outside, "a")));
}

BOOST_AUTO_TEST_CASE(a_folder_swapped_for_a_link_while_we_look_leads_nowhere) {
  for (const auto walk : both_walks) {
    const support::TemporaryFolder data, outside;
    write_file(in(outside, "file"), "outside");
    const auto files = Beneath::open(data.path().string(), "job", true, walk);
    BOOST_REQUIRE(files.ok() && files->write_file("swap/file", "inside").ok());
    std::atomic<bool> done{false};
    std::jthread swapper{[&] {
      const auto real = in(data, "job/swap"), aside = in(data, "job/aside");
      while (!done) {
        ::rename(real.c_str(), aside.c_str());
        ::symlink(outside.path().c_str(), real.c_str());
        ::unlink(real.c_str());
        ::rename(aside.c_str(), real.c_str());
      }
    }};
    for (int i = 0; i < 2'000; ++i) {
      if (const auto file = files->open_file("swap/file"); file.ok()) {
        char text[16]{};
        BOOST_REQUIRE(::pread(file->get(), text, sizeof text - 1, 0) > 0);
        BOOST_REQUIRE(std::string_view{text} == "inside");
      }
      if (i % 20 == 0) (void)files->write_file("swap/file", "inside");
    }
    done = true;
    swapper.join();
    BOOST_TEST(read_file(in(outside, "file")) == "outside");
    std::size_t entries = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{outside.path()})
      ++entries;
    BOOST_TEST(entries == 1u);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_ordinary_file_is_not_opened) {
  Working job;
  output(job.catalogue, "workspace.write", job.write("a/b", "x"));
  ::mkfifo((job.folder + "/pipe").c_str(), 0600);
  BOOST_TEST(
      contains(failure(job.catalogue, "workspace.read", R"({"path":"pipe"})", ErrorClass::denied),
               "no ordinary file"));
  BOOST_TEST(
      contains(failure(job.catalogue, "workspace.read", R"({"path":"a"})", ErrorClass::tool_failed),
               "that is a folder"));
  BOOST_TEST(
      contains(failure(job.catalogue, "workspace.read", R"({"path":"c"})", ErrorClass::tool_failed),
               "there is no such file"));
  BOOST_TEST(contains(
      failure(job.catalogue, "workspace.write", job.write("a", "x"), ErrorClass::tool_failed),
      "that is a folder"));
  BOOST_TEST(contains(
      failure(job.catalogue, "workspace.write", job.write("a/b/c", "x"), ErrorClass::tool_failed),
      "a part of the path is a file"));
}

BOOST_AUTO_TEST_CASE(a_large_file_is_read_in_parts_that_fit_and_never_split_a_character) {
  Working job;
  output(job.catalogue, "workspace.write", job.write("x", "x"));
  std::string content;
  while (content.size() < 300'000) content += "\u20ac\x01\x02";
  write_file(job.folder + "/big", content);
  std::string gathered;
  std::int64_t offset = 0;
  for (int parts = 0; parts < 100; ++parts) {
    const auto part =
        output(job.catalogue, "workspace.read",
               R"({"path":"big","bytes":131072,"offset":)" + std::to_string(offset) + "}");
    BOOST_TEST(!part.at("replaced").as_bool());
    gathered += std::string_view{part.at("content").as_string()};
    if (part.at("next_offset").is_null()) break;
    offset = part.at("next_offset").as_int64();
  }
  BOOST_TEST((gathered == content));
  write_file(job.folder + "/odd",
             "a\xff"
             "b");
  const auto odd = output(job.catalogue, "workspace.read", R"({"path":"odd"})");
  BOOST_TEST(odd.at("replaced").as_bool());
  BOOST_TEST(output(job.catalogue, "workspace.read", R"({"path":"odd","offset":99})")
                 .at("content")
                 .as_string() == "");
}

BOOST_AUTO_TEST_CASE(a_workspace_has_bounds) {
  Working job;
  BOOST_TEST(
      contains(failure(job.catalogue, "workspace.write",
                       job.write("a", std::string(limits::workspace_file_bytes_max + 1, 'x')),
                       ErrorClass::tool_failed),
               "more than the bound"));
  output(job.catalogue, "workspace.write", job.write("a", "x"));
  std::filesystem::resize_file(job.folder + "/a", limits::workspace_bytes_max); // sparse
  BOOST_TEST(contains(
      failure(job.catalogue, "workspace.write", job.write("b", "x"), ErrorClass::tool_failed),
      "is full"));
  for (std::size_t i = 0; i < limits::listed_files_max + 1; ++i)
    write_file(job.folder + "/f" + std::to_string(i), "");
  const auto list = output(job.catalogue, "workspace.list", "{}");
  BOOST_TEST(list.at("truncated").as_bool());
  BOOST_TEST(list.at("entries").as_array().size() == limits::listed_files_max);
  BOOST_TEST(list.at("files").as_int64() ==
             static_cast<std::int64_t>(limits::listed_files_max + 2));
}

BOOST_AUTO_TEST_CASE(a_listing_of_very_long_names_still_fits) {
  Working job;
  output(job.catalogue, "workspace.write", job.write("a", "x"));
  for (int i = 0; i < 400; ++i) {
    const auto folder = job.folder + '/' + std::string(200, 'd') + '/' + std::string(200, 'e');
    std::filesystem::create_directories(folder);
    write_file(folder + '/' + std::string(200, 'f') + std::to_string(i), "");
  }
  const auto list = output(job.catalogue, "workspace.list", "{}");
  BOOST_TEST(list.at("truncated").as_bool());
}

BOOST_AUTO_TEST_CASE(a_write_is_all_or_nothing_to_those_who_read_meanwhile) {
  Working job;
  const std::string one(200'000, '1'), two(200'000, '2');
  output(job.catalogue, "workspace.write", job.write("f", one));
  std::atomic<bool> done{false};
  std::jthread writer{[&] {
    const auto files = Beneath::open(in(job.data, "workspaces"), "job-1", false);
    for (int i = 0; i < 40; ++i) (void)files->write_file("f", i % 2 ? one : two);
    done = true;
  }};
  while (!done) {
    const auto seen = read_file(job.folder + "/f");
    BOOST_REQUIRE((seen == one || seen == two));
  }
}

BOOST_AUTO_TEST_SUITE_END()
