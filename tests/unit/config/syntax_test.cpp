#include "runtime/config/syntax.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace troupe::config;

BOOST_AUTO_TEST_SUITE(syntax)

BOOST_AUTO_TEST_CASE(each_grammar_takes_what_it_should_and_nothing_else) {
  struct Case {
    const char* name;
    bool (*is_valid)(std::string_view);
    std::vector<std::string> good, bad;
  };
  const std::string long_name(64, 'a');
  const Case table[] = {
      {"cluster",
       is_cluster_name,
       {"default", "eu-1", "7", long_name},
       {"", "Default", "a_b", "a.b", "-a", "a b", "caf\u00e9", long_name + "a"}},
      {"node",
       is_node_name,
       {"node-1", "Node_1", "7", long_name},
       {"", "a.b", "a/b", "_a", "-a", "a b", "a*", long_name + "a"}},
      {"label",
       is_label,
       {"gpu", "gpu=1", "zone=eu-1.a", "x="},
       {"", "=1", "a b", "a=b c", "a=b,c"}},
      {"tool",
       is_tool_pattern,
       {"*", "probe.*", "probe.http", "my-kit.do_it"},
       {"", "probe", "probe.", ".*", "*.http", "probe.**", "probe.http.get", "Probe.http"}},
      {"host",
       is_host,
       {"troupe.example.org", "localhost", "127.0.0.1", "[::1]"},
       {"", "a:80", "https://a", "a b", "256.0.0.1", "a/b"}},
      {"listen",
       is_listen_address,
       {"127.0.0.1:8420", "localhost:0", "[::1]:8420", "[::ffff:10.0.0.1]:1", "a-b.example:65535"},
       {"", "8420", ":8420", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0:1",
        "256.0.0.1:1", "1.2.3.4.5:1", "::1:8420", "[]:1", "[1]:1", "a b:1", "h:-1", "h:80a",
        "http://h:80"}},
      {"nats",
       is_nats_url,
       {"nats://127.0.0.1:4222", "tls://a:4222", "nats://u:p@a:1,nats://b:2"},
       {"", "127.0.0.1:4222", "nats://", "http://a:1", "nats://a:1,", "nats://a:1, nats://b:1"}},
      {"postgres",
       is_postgres_url,
       {"postgres://u@h/db", "postgresql:///troupe?host=/tmp", "host=/tmp dbname=troupe"},
       {"", "troupe", "mysql://u@h/db?a=b"}},
  };
  for (const auto& [name, is_valid, good, bad] : table) BOOST_TEST_CONTEXT(name) {
      for (const auto& text : good) BOOST_TEST(is_valid(text), text);
      for (const auto& text : bad) BOOST_TEST(!is_valid(text), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
