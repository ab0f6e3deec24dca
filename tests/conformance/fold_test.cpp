// What every Journal does for a fold: first pages, snapshots, and many at once.
#include <boost/test/unit_test.hpp>
#include <future>

#include "tests/conformance/store_backends.hpp"

using namespace troupe;
using namespace troupe::conformance;
using ports::AppendOutcome;

namespace {

/// A run that `node` owns, with `appends` beyond its first; the last of them.
template <class Calls>
ports::Append owned_run(Calls& node, Seq appends, const std::string& body = "[]") {
  const auto job = node.new_job();
  BOOST_REQUIRE(node.submit(job).ok());
  BOOST_REQUIRE(node.claim().size() == 1u);
  ports::Append last;
  for (Seq seq = 1; seq <= appends; ++seq) {
    last = node.new_append(job.run, seq, body);
    BOOST_REQUIRE((node.append(last) == AppendOutcome::durable));
  }
  return last;
}

/// Seqs that a fold reads, page after page; "|" between pages.
template <class Calls>
std::string pages_of(Calls& node, RunId run) {
  auto page = node.fold(run);
  std::string out = page.snapshot ? "s" + std::to_string(page.snapshot->seq) + ":" : "";
  Seq next = page.snapshot ? page.snapshot->seq + 1 : 0;
  for (;;) {
    for (const auto& row : page.rows) {
      BOOST_TEST(row.seq == next);
      next = row.seq + 1;
    }
    out += std::to_string(page.rows.size());
    if (!page.more) return out;
    out += '|';
    page.rows = node.read(run, next, limits::journal_page_rows);
    page.more = !page.rows.empty();
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(fold)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_short_journal_is_one_page, B, Backends) {
  Cluster<B> cluster;
  const auto last = owned_run(cluster.a, 3, "\"body\"");
  const auto page = cluster.b.fold(last.run);
  BOOST_TEST(!page.snapshot.has_value());
  BOOST_TEST(!page.more);
  BOOST_REQUIRE(page.rows.size() == 4u);
  BOOST_TEST((page.rows[3].id == last.id));
  BOOST_TEST((page.rows[3].at == last.at));
  BOOST_TEST(page.rows[3].body == "\"body\"");
  BOOST_TEST(cluster.b.fold(cluster.a.new_job().run).rows.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_long_journal_is_read_page_by_page, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto full = limits::journal_page_rows;
  BOOST_TEST(pages_of(node, owned_run(node, full - 1).run) == std::to_string(full));
  BOOST_TEST(pages_of(node, owned_run(node, full + 4).run) == std::to_string(full) + "|5|0");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_page_is_bounded_in_bytes_and_never_empty_before_the_end, B,
                              Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const std::string body(limits::journal_page_bytes_max * 2 / 5, 'x'); // three fill a page
  const auto run = owned_run(node, 4, body).run;
  BOOST_TEST(node.read(run, 1).size() == 3u);
  BOOST_TEST(node.read(run, 4).size() == 1u);
  BOOST_TEST(node.read(run, 5).empty());
  BOOST_TEST(pages_of(node, run) == "4|1|0"); // the first append is small
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_fold_begins_at_the_last_snapshot, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto last = owned_run(node, 5);
  const auto rows = node.read(last.run);
  node.keep(last.run, node.me, {3, rows[3].id, 7, "after three"});
  const auto page = cluster.b.fold(last.run);
  BOOST_REQUIRE(page.snapshot.has_value());
  BOOST_TEST(page.snapshot->seq == 3u);
  BOOST_TEST((page.snapshot->append == rows[3].id));
  BOOST_TEST(page.snapshot->format == 7u);
  BOOST_TEST(page.snapshot->body == "after three");
  BOOST_TEST(pages_of(node, last.run) == "s3:2");
  node.keep(last.run, node.me, {1, rows[1].id, 7, "late"}); // an older one changes nothing
  BOOST_TEST(node.fold(last.run).snapshot->body == "after three");
  node.keep(last.run, node.me, {5, last.id, 7, "after five"});
  BOOST_TEST(pages_of(node, last.run) == "s5:0");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_snapshot_that_the_journal_does_not_bear_out_counts_for_nothing, B,
                              Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto last = owned_run(node, 2);
  const auto never_written = node.new_append(last.run, 2).id;
  node.keep(last.run, node.me, {2, never_written, 1, "of an append that lost to a rival"});
  BOOST_TEST(pages_of(node, last.run) == "3");
  const auto other = owned_run(node, 1);
  node.keep(other.run, node.me, {9, never_written, 1, "of the future"});
  BOOST_TEST(pages_of(node, other.run) == "2");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(only_its_owner_keeps_a_snapshot, B, Backends) {
  Cluster<B> cluster;
  const auto last = owned_run(cluster.a, 2);
  cluster.b.keep(last.run, cluster.b.me, {2, last.id, 1, "another's"});
  BOOST_TEST(pages_of(cluster.a, last.run) == "3");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(folds_asked_for_together_are_answered_one_by_one, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  std::vector<ports::Append> lasts;
  for (Seq i = 0; i < 100; ++i) lasts.push_back(owned_run(node, i % 4 + 1));
  for (std::size_t i = 0; i < lasts.size(); i += 3)
    node.keep(lasts[i].run, node.me, {lasts[i].seq, lasts[i].id, 1, std::to_string(i)});
  std::vector<std::future<Result<ports::FoldPage>>> pages;
  for (const auto& last : lasts) {
    auto answer = std::make_shared<std::promise<Result<ports::FoldPage>>>();
    node.store->journal().read_fold(last.run,
                                    [answer](auto page) { answer->set_value(std::move(page)); });
    pages.push_back(answer->get_future());
  }
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const auto page = pages[i].get();
    BOOST_REQUIRE(page.ok());
    BOOST_TEST(!page->more);
    BOOST_REQUIRE(page->snapshot.has_value() == (i % 3 == 0));
    if (page->snapshot) {
      BOOST_TEST(page->snapshot->body == std::to_string(i));
      BOOST_TEST(page->rows.empty());
    } else {
      BOOST_REQUIRE(page->rows.size() == lasts[i].seq + 1);
      BOOST_TEST((page->rows.back().id == lasts[i].id));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
