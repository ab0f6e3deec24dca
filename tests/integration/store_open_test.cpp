// Opening a store: the schema, and what is said when it cannot be.
#include <boost/test/unit_test.hpp>
#include <thread>

#include "runtime/store/migrations.hpp"
#include "tests/integration/store_world.hpp"

using namespace troupe;
using namespace troupe::integration;
using store::Migration;
using support::PostgresServer;
using support::Sql;

namespace {

Error refusal(const std::string& url) {
  auto opened = store::open_postgres_store({.url = url, .open_timeout = Millis{4000}});
  BOOST_REQUIRE(!opened.ok());
  return opened.error();
}

void check(const Error& error, ErrorClass error_class, std::initializer_list<const char*> parts) {
  BOOST_TEST_CONTEXT(error.message) {
    BOOST_TEST((error.error_class == error_class));
    BOOST_TEST(error.message.find('\n') == std::string::npos);
    for (const auto* part : parts) BOOST_TEST(error.message.find(part) != std::string::npos, part);
  }
}

/// A connection as migrate takes it.
struct Connected {
  explicit Connected(const std::string& url) : connection{{url, "test", ""}, stop} {
    BOOST_REQUIRE(!connection.open(store::no_deadline).has_value());
  }
  store::StopSignal stop;
  store::PgConnection connection;
};

} // namespace

BOOST_AUTO_TEST_SUITE(store_open)

BOOST_AUTO_TEST_CASE(nodes_that_start_together_migrate_once) {
  const auto url = PostgresServer::shared().create_database();
  std::vector<std::thread> nodes;
  std::atomic<int> opened{0};
  for (int i = 0; i < 8; ++i)
    nodes.emplace_back([&] {
      auto store = store::open_postgres_store({.url = url});
      BOOST_TEST_CONTEXT((store.ok() ? "" : store.error().message)) opened += store.ok();
    });
  for (auto& node : nodes) node.join();
  BOOST_TEST(opened == 8);
  Sql sql{url};
  BOOST_TEST(sql.value("SELECT count(*) FROM schema_migrations") ==
             std::to_string(store::migrations().size()));
  BOOST_TEST(sql.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "0");
}

BOOST_AUTO_TEST_CASE(migrations_are_numbered_without_a_gap) {
  int version = 0;
  for (const auto& migration : store::migrations()) BOOST_TEST(migration.version == ++version);
  BOOST_TEST(version > 0);
}

BOOST_AUTO_TEST_CASE(a_migration_that_fails_leaves_nothing_of_itself) {
  const auto url = PostgresServer::shared().create_database();
  Connected node{url};
  const Migration first[] = {{1, "one", "CREATE TABLE one ();"},
                             {2, "two", "CREATE TABLE two (); SELECT 1/0;"}};
  const auto failed = migrate(node.connection, first, store::no_deadline);
  BOOST_REQUIRE(!failed.ok());
  check(failed.error(), ErrorClass::internal, {"migration 2 two", "division by zero"});
  Sql sql{url};
  BOOST_TEST(sql.value("SELECT to_regclass('one') IS NOT NULL") == "t");
  BOOST_TEST(sql.value("SELECT to_regclass('two') IS NULL") == "t");
  BOOST_TEST(sql.value("SELECT max(version) FROM schema_migrations") == "1");

  const Migration mended[] = {first[0], {2, "two", "CREATE TABLE two ();"}};
  BOOST_TEST(migrate(node.connection, mended, store::no_deadline).ok());
  BOOST_TEST(sql.value("SELECT max(version) FROM schema_migrations") == "2");
}

BOOST_AUTO_TEST_CASE(a_database_that_is_newer_or_other_is_refused) {
  const auto url = PostgresServer::shared().create_database();
  { auto store = open_store(url); }
  Sql sql{url};
  sql.run("INSERT INTO schema_migrations VALUES (" +
          std::to_string(store::migrations().size() + 1) + ", 'later', 'x')");
  check(refusal(url), ErrorClass::invalid_input,
        {("version " + std::to_string(store::migrations().size() + 1)).c_str(),
         "start a newer version of Troupe"});
  sql.run(
      "DELETE FROM schema_migrations WHERE name = 'later';"
      "UPDATE schema_migrations SET digest = 'x' WHERE version = 2");
  check(refusal(url), ErrorClass::invalid_input, {"migration 2 functions", "another database"});
}

BOOST_AUTO_TEST_CASE(a_url_that_cannot_be_read_says_so) {
  for (const auto* url : {"postgresql://[", "host", "nonsense=1", "host='open"})
    check(refusal(url), ErrorClass::invalid_input,
          {"postgres_url cannot be read: ", "expected postgresql://"});
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_is_named) {
  check(refusal("host=/tmp/no-such-folder dbname=x"), ErrorClass::internal,
        {"cannot connect to Postgres", "/tmp/no-such-folder/.s.PGSQL.5432", "postgres_url"});
  const auto port = std::to_string(support::free_port());
  check(refusal("postgresql://127.0.0.1:" + port + "/x"), ErrorClass::internal,
        {"127.0.0.1", port.c_str(), "refused", "check that the server runs"});
}

BOOST_AUTO_TEST_CASE(a_login_that_fails_is_told_from_a_server_that_is_away) {
  auto& server = PostgresServer::shared();
  check(refusal(server.url("no_such_database")), ErrorClass::denied,
        {"database \"no_such_database\" does not exist", "check user, password and database"});
  check(refusal("host=" + server.folder().string() + " user=nobody_here dbname=postgres"),
        ErrorClass::denied, {"role \"nobody_here\" does not exist"});
}

BOOST_AUTO_TEST_CASE(a_database_of_another_encoding_is_refused) {
  auto& server = PostgresServer::shared();
  Sql{server.url()}.run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
  check(refusal(server.url("latin")), ErrorClass::invalid_input, {"LATIN1", "needs UTF8"});
}

BOOST_AUTO_TEST_CASE(a_read_only_server_is_refused) {
  const auto url = PostgresServer::shared().create_database();
  Sql{url}.run(
      "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || "
      "' SET default_transaction_read_only = on'; END $$");
  check(refusal(url), ErrorClass::internal, {"read-only", "primary"});
}

BOOST_AUTO_TEST_CASE(a_user_without_rights_is_told_which_and_one_with_an_old_schema_needs_none) {
  const auto url = PostgresServer::shared().create_database();
  Sql sql{url};
  sql.run("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN");
  const auto as_guest = url + " user=guest";
  check(refusal(as_guest), ErrorClass::denied, {"permission denied", "grant the user"});
  { auto store = open_store(url); }
  sql.run("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO guest");
  Node node{as_guest, "guest"};
  BOOST_TEST((node.append(node.new_append(node.start_run(), 1)) == Outcome::durable));
  node.store.reset();
  sql.run("DROP OWNED BY guest; DROP ROLE guest");
}

// The rules that the code keeps are repeated where a statement by hand would break them.
BOOST_AUTO_TEST_CASE(the_tables_refuse_what_cannot_be) {
  World world;
  const auto run = world.a.start_run();
  const char* const impossible[] = {
      "UPDATE runs SET state = 'completed'",
      "UPDATE runs SET finished_at = now()",
      "UPDATE jobs SET state = 'failed'",
      "UPDATE jobs SET finished_at = now()",
      "UPDATE runs SET state = 'lost', finished_at = now()",
      "UPDATE runs SET inbox_waiting = -1",
      "UPDATE runs SET owner = gen_random_uuid()",
      "UPDATE runs SET wake_at = now(), owner = (SELECT min(incarnation::text)::uuid FROM nodes)",
      "UPDATE jobs SET priority = 4",
      "INSERT INTO journal VALUES (gen_random_uuid(), -1, gen_random_uuid(), now(), '')",
      "INSERT INTO documents VALUES ('not a hash', 'bundle', '')",
      "INSERT INTO inbox (run, id, kind, body, at) SELECT id, 'x', 'gossip', '', now() FROM runs",
  };
  for (const auto* statement : impossible)
    BOOST_TEST_CONTEXT(statement) BOOST_CHECK_THROW(world.sql.run(statement), std::runtime_error);
  BOOST_TEST(world.a.run(run).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
