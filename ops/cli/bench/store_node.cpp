#include "ops/cli/bench/store_node.hpp"

#include "ops/cli/bench/local_node.hpp"
#include "ops/cli/bench/measuring.hpp"

namespace troupe::bench {

StoreNode::StoreNode(const std::string& url, const std::string& name)
    : store_{open_store(url)}, me_{new_id<IncarnationId>()} {
  await<Unit>([&](auto done) {
    store_->membership().join({me_, name, std::string{actors::version}}, std::move(done));
  });
}

ports::Append StoreNode::new_append(RunId run, Seq seq, std::string body) {
  ports::Append append;
  append.run = run;
  append.seq = seq;
  append.id = new_id<AppendId>();
  append.owner = me_;
  append.at = now();
  append.body = std::move(body);
  return append;
}

std::vector<ports::RunRow> StoreNode::claim(std::uint32_t limit) {
  return await<std::vector<ports::RunRow>>(
      [&](auto done) { jobs().claim(me_, limit, now(), {}, std::move(done)); });
}

void add_runs(PostgresSession& session, const std::string& prefix, std::uint64_t first,
              std::uint64_t count, const std::string& wake) {
  const auto id = [&](const char* kind) {
    return "('" + prefix + kind + std::string(18, '0') + "' || lpad(to_hex(g), 12, '0'))::uuid";
  };
  const auto range = " FROM generate_series(" + std::to_string(first) + "::bigint, " +
                     std::to_string(first + count - 1) + ") g";
  session.run(
      "INSERT INTO jobs (id, team, title, source, priority, request_digest, inputs, created_at)"
      " SELECT " +
      id("a") + ", 'team' || g % 5, 'wait', 'bench', 1, '', '{}', now()" + range);
  session.run("INSERT INTO runs (id, job, team, priority, bundle, wake_at, created_at) SELECT " +
              id("b") + ", " + id("a") + ", 'team' || g % 5, 1, 'b', " + wake + ", now()" + range);
  session.run("INSERT INTO journal (run, seq, append, at, body) SELECT " + id("b") + ", 0, " +
              id("c") + ", now(), '[{\"type\":\"run.created\"}]'" + range);
}

std::uint64_t number_of(RunId run) {
  std::uint64_t number = 0;
  for (std::size_t i = 10; i < 16; ++i) number = number << 8 | run.bytes[i];
  return number;
}

} // namespace troupe::bench
