// What every Artifacts does.
#include <boost/test/unit_test.hpp>

#include "runtime/artifact/whole.hpp"
#include "tests/conformance/store_backends.hpp"

using namespace troupe;
using namespace troupe::conformance;
using namespace std::chrono_literals;

namespace {

constexpr auto piece_bytes = limits::artifact_piece_bytes;
const ports::RetentionRule soon{"", 1h, 2h};

/// So many bytes, of all values.
std::string content(std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(i * 7 + i / 1000);
  return text;
}

ports::ArtifactPart part(RunId run, const std::string& whole, std::size_t from, std::size_t bytes,
                         Instant at) {
  return {run,          "1",  sha256_hex(whole),         "text/plain",
          whole.size(), from, whole.substr(from, bytes), at};
}

ports::ArtifactPart all(RunId run, const std::string& whole, Instant at) {
  return part(run, whole, 0, whole.size(), at);
}

template <class Calls>
RunId new_run(Calls& node) {
  const auto job = node.new_job();
  BOOST_REQUIRE(node.submit(job).ok());
  return job.run;
}

template <class Calls>
std::string whole_of(Calls& node, RunId run, const std::string& hash) {
  std::string text;
  while (const auto piece = node.piece(run, hash, text.size())) {
    text += piece->body;
    if (text.size() == piece->bytes) break;
  }
  return text;
}

template <class Calls>
void end(Calls& node, RunId run) {
  BOOST_REQUIRE((node.append(node.ending(run, 1)) == ports::AppendOutcome::durable));
}

ErrorClass fault(const Result<bool>& result) {
  BOOST_REQUIRE(!result.ok());
  return result.error().error_class;
}

} // namespace

BOOST_AUTO_TEST_SUITE(artifacts)

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_put_is_read_by_any_node, B, Backends) {
  Cluster<B> cluster;
  const auto run = new_run(cluster.a);
  for (const std::size_t bytes : {0UL, 1UL, piece_bytes - 1, piece_bytes, 2 * piece_bytes + 5}) {
    const auto whole = content(bytes);
    BOOST_TEST(*cluster.a.put(all(run, whole, cluster.a.now)));
    const auto first = cluster.b.piece(run, sha256_hex(whole));
    BOOST_REQUIRE(first.has_value());
    BOOST_TEST(first->bytes == bytes);
    BOOST_TEST(first->type == "text/plain");
    BOOST_TEST(first->body.size() == std::min(bytes, piece_bytes));
    BOOST_TEST((whole_of(cluster.b, run, sha256_hex(whole)) == whole));
  }
  BOOST_TEST(cluster.a.artifacts(run).size() == 5u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(parts_come_in_any_order_and_again_and_from_any_node, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = new_run(node);
  const auto whole = content(3 * piece_bytes + 17);
  const auto hash = sha256_hex(whole);
  BOOST_TEST(!*node.put(part(run, whole, 3 * piece_bytes, 17, node.now)));
  BOOST_TEST(!*cluster.b.put(part(run, whole, 0, piece_bytes, node.now)));
  BOOST_TEST(!*node.put(part(run, whole, 0, piece_bytes, node.now)));
  BOOST_TEST(!node.piece(run, hash).has_value());
  BOOST_TEST(*node.put(part(run, whole, piece_bytes, 2 * piece_bytes, node.now)));
  BOOST_TEST(*node.put(part(run, whole, 0, piece_bytes, node.now))); // a late repeat
  BOOST_TEST((whole_of(cluster.b, run, hash) == whole));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(content_of_another_hash_is_dropped_and_may_come_again, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = new_run(node);
  const auto whole = content(piece_bytes + 1);
  auto broken = all(run, whole, node.now);
  broken.body[5] ^= 1;
  BOOST_TEST((fault(node.put(broken)) == ErrorClass::invalid_input));
  BOOST_TEST(!node.piece(run, sha256_hex(whole)).has_value());
  BOOST_TEST(!*node.put(part(run, whole, piece_bytes, 1, node.now))); // from the start again
  BOOST_TEST(*node.put(part(run, whole, 0, piece_bytes, node.now)));
  // What another uploader sends under the same hash does not spoil it.
  auto other = broken;
  other.uploader = "2";
  BOOST_TEST(*node.put(other)); // known: not even looked at
  BOOST_TEST((whole_of(node, run, sha256_hex(whole)) == whole));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(two_runs_share_one_and_one_reads_nothing_of_another, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto one = new_run(node), two = new_run(node);
  const auto whole = content(10);
  BOOST_TEST(*node.put(all(one, whole, node.now)));
  BOOST_TEST(!node.piece(two, sha256_hex(whole)).has_value());
  BOOST_TEST(node.artifacts(two).empty());
  BOOST_TEST(*node.put(all(two, whole, node.now)));
  BOOST_TEST((whole_of(node, two, sha256_hex(whole)) == whole));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_does_not_fit_is_refused, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = new_run(node);
  const auto whole = content(2 * piece_bytes);
  const auto with = [&](auto change) {
    auto changed = all(run, whole, node.now);
    change(changed);
    return fault(node.put(changed));
  };
  BOOST_TEST((with([](auto& p) { p.hash = "abc"; }) == ErrorClass::invalid_input));
  BOOST_TEST((with([](auto& p) { p.from = 1; }) == ErrorClass::invalid_input));
  BOOST_TEST((with([](auto& p) { p.body.resize(5); }) == ErrorClass::invalid_input));
  BOOST_TEST((with([](auto& p) { p.body.clear(); }) == ErrorClass::invalid_input));
  BOOST_TEST((with([](auto& p) { p.bytes = 5; }) == ErrorClass::invalid_input));
  BOOST_TEST((with([](auto& p) { p.run = {}; }) == ErrorClass::invalid_input));
  BOOST_TEST((with([](auto& p) { p.bytes = limits::artifact_bytes_max + 1; }) ==
              ErrorClass::budget_exceeded));
  BOOST_TEST(!*node.put(part(run, whole, 0, piece_bytes, node.now)));
  BOOST_TEST((with([](auto& p) {
                p.bytes = piece_bytes;
                p.body.resize(piece_bytes);
              }) == ErrorClass::invalid_input)); // another length than before
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_list_is_read_by_the_page, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = new_run(node);
  for (const auto* text : {"a", "b", "c"}) BOOST_TEST(*node.put(all(run, text, node.now)));
  const auto page = node.artifacts(run, "", 2);
  BOOST_REQUIRE(page.size() == 2u);
  const auto rest = node.artifacts(run, page.back().hash, 2);
  BOOST_REQUIRE(rest.size() == 1u);
  BOOST_TEST(page[0].hash < page[1].hash);
  BOOST_TEST(page[1].hash < rest[0].hash);
  BOOST_TEST(rest[0].bytes == 1u);
  BOOST_TEST((rest[0].at == node.now));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_run_refers_to_what_it_begins_with_and_to_what_it_is_told, B,
                              Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto parent = new_run(node);
  const auto hash = sha256_hex("x");
  BOOST_TEST(*node.put(all(parent, "x", node.now)));
  const auto named = R"([{"inputs":{"a":{"artifact":")" + artifact::name_of(hash) + R"("}}}])";
  auto child = node.new_job();
  child.body = named;
  child.parent = parent;
  BOOST_REQUIRE(node.submit(child).ok());
  BOOST_TEST(node.piece(child.run, hash).has_value());
  ports::NewRun fork{child.id, node.entropy.template make_id<RunId>(node.now),    child.bundle,
                     node.now, node.entropy.template make_id<AppendId>(node.now), named};
  BOOST_TEST(*support::ask<bool>([&](auto done) { node.store->jobs().add_run(fork, done); }));
  BOOST_TEST(node.piece(fork.id, hash).has_value());
  const auto other = new_run(node);
  node.refer(other, parent, "sha256:" + sha256_hex("unknown") + " sha256:" + hash);
  BOOST_TEST(node.piece(other, hash).has_value());
  BOOST_TEST(node.artifacts(other).size() == 1u);
  node.refer(RunId{}, parent, "sha256:" + hash); // gone: nothing happens
}

BOOST_AUTO_TEST_CASE_TEMPLATE(who_knows_a_hash_alone_reads_nothing_by_it, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto owner = new_run(node), stranger = new_run(node);
  const auto hash = sha256_hex("x");
  BOOST_TEST(*node.put(all(owner, "x", node.now)));
  for (const auto parent : {std::optional<RunId>{}, std::optional{stranger}}) {
    auto job = node.new_job();
    job.body = "[\"" + artifact::name_of(hash) + "\"]";
    job.parent = parent;
    BOOST_REQUIRE(node.submit(job).ok());
    BOOST_TEST(!node.piece(job.run, hash).has_value());
    ports::NewRun fork{job.id,   node.entropy.template make_id<RunId>(node.now),    job.bundle,
                       node.now, node.entropy.template make_id<AppendId>(node.now), job.body};
    BOOST_TEST(*support::ask<bool>([&](auto done) { node.store->jobs().add_run(fork, done); }));
    BOOST_TEST(!node.piece(fork.id, hash).has_value());
  }
  node.refer(new_run(node), stranger, artifact::name_of(hash));
  node.refer(stranger, new_run(node), artifact::name_of(hash));
  BOOST_TEST(node.artifacts(stranger).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_no_run_refers_to_any_more_is_dropped, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto first = new_run(node), second = new_run(node);
  const auto shared = content(piece_bytes + 3), own = content(5);
  for (const auto& [run, text] : {std::pair{first, shared}, {first, own}, {second, shared}})
    BOOST_TEST(*node.put(all(run, text, node.now)));
  end(node, first);
  node.now += 3h;
  const auto once = node.retain({soon});
  BOOST_TEST(once.purged == 1u);
  BOOST_TEST(once.artifacts_dropped == 1u);
  BOOST_TEST((whole_of(node, second, sha256_hex(shared)) == shared));
  BOOST_TEST(*node.put(all(second, own, node.now))); // it may come anew
  end(node, second);
  node.now += 3h;
  const auto batch = node.retain({soon}, 1); // one of the two
  BOOST_TEST(batch.more);
  BOOST_TEST(batch.artifacts_dropped == 1u);
  BOOST_TEST(node.retain({soon}, 1).artifacts_dropped == 1u);
  BOOST_TEST(node.retain({soon}, 1).artifacts_dropped == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_whole_one_goes_part_after_part, B, Backends) {
  Cluster<B> cluster;
  const auto run = new_run(cluster.a), other = new_run(cluster.a);
  const auto read = [&](RunId of, std::uint64_t bytes_max, const std::string& hash) {
    std::optional<Result<artifact::Content>> answer;
    artifact::read_whole(
        [&](RunId r, auto name, auto from, auto done) { done(cluster.b.piece(r, name, from)); }, of,
        hash, bytes_max, [&](auto told) { answer = std::move(told); });
    return answer.value();
  };
  for (const std::size_t bytes : {0UL, limits::artifact_part_bytes_max + piece_bytes + 5}) {
    const auto whole = std::make_shared<const std::string>(content(bytes));
    const artifact::Reference what{sha256_hex(*whole), bytes};
    for (int time = 0; time < 2; ++time) { // it may be repeated
      std::optional<Result<>> stored;
      artifact::put_whole([&](auto part, auto done) { done(cluster.a.put(std::move(part))); }, run,
                          what, whole, cluster.a.now, [&](auto told) { stored = told; });
      BOOST_TEST(stored.value().ok());
    }
    const auto same = read(run, bytes, what.hash);
    BOOST_REQUIRE(same.ok());
    BOOST_TEST((*same != nullptr && **same == *whole));
    const auto of_another = read(other, bytes, what.hash);
    BOOST_TEST((of_another.ok() && *of_another == nullptr));
    if (bytes > 0)
      BOOST_TEST(
          (read(run, bytes - 1, what.hash).error().error_class == ErrorClass::invalid_input));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_upload_left_half_way_is_dropped, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = new_run(node);
  const auto whole = content(2 * piece_bytes);
  BOOST_TEST(!*node.put(part(run, whole, 0, piece_bytes, node.now)));
  node.now += limits::artifact_upload_idle_max - 1h;
  node.retain({});
  BOOST_TEST(!*node.put(part(run, whole, 0, piece_bytes, node.now))); // at work again
  node.now += limits::artifact_upload_idle_max + 1h;
  node.retain({});
  BOOST_TEST(!*node.put(part(run, whole, piece_bytes, piece_bytes, node.now)));
  BOOST_TEST(*node.put(part(run, whole, 0, piece_bytes, node.now)));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_cluster_has_one_key_for_tokens, B, Backends) {
  Cluster<B> cluster, another;
  BOOST_TEST(cluster.a.token_key() == cluster.b.token_key());
  BOOST_TEST(cluster.a.token_key().size() >= 32u);
  BOOST_TEST(cluster.a.token_key() != another.a.token_key());
}

BOOST_AUTO_TEST_SUITE_END()
