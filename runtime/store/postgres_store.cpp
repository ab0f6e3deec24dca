#include "runtime/store/postgres_store.hpp"

#include <libpq-fe.h>

#include "runtime/store/migrations.hpp"
#include "runtime/store/pg_artifacts.hpp"
#include "runtime/store/pg_dead_letters.hpp"
#include "runtime/store/pg_job_store.hpp"
#include "runtime/store/pg_journal.hpp"
#include "runtime/store/pg_membership.hpp"
#include "runtime/store/pg_permits.hpp"
#include "runtime/store/pg_retention.hpp"
#include "runtime/store/pg_schedules.hpp"

namespace troupe::store {
namespace {

// The protocol relies on READ COMMITTED, and on a commit that is on disk when it is answered;
// settings of the role or the database must not change that.
constexpr const char* common_settings =
    "SET default_transaction_isolation = 'read committed';"
    "SET statement_timeout = 0; SET jit = off;"
    "SELECT set_config('synchronous_commit', 'on', false)"
    "  WHERE current_setting('synchronous_commit') = 'off';";
// The arrays' lengths differ with every batch; planning anew for each costs more than it gains.
// The plan is made while the tables may be empty, and kept: it must not read whole ones.
constexpr const char* journal_settings =
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;";
// Waits for a row of nodes are short, or somebody holds it who must be dealt with.
constexpr const char* lease_settings = "SET lock_timeout = '1s';";
constexpr const char* watch_settings = "SET lock_timeout = '500ms';";

constexpr PgStatement look_at_server{
    "look_at_server",
    "SELECT current_setting('server_version_num')::integer, current_setting('server_version'),"
    "       current_setting('server_encoding'),"
    "       pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'"};

class PostgresStore final : public Store {
 public:
  PostgresStore(const PostgresOptions& options, std::string session)
      : url_{options.url}, session_{std::move(session)}, open_jobs_{options.open_jobs_max} {}
  /// Every part is closed before one is destroyed: a callback may call another part.
  ~PostgresStore() override {
    stop_.raise();
    journal_.close();
    for (auto* worker : {&intake_, &claims_, &lease_, &watch_, &reads_, &upkeep_, &artifacts_in_,
                         &artifacts_out_, &limits_})
      worker->close();
  }

  ports::Journal& journal() override { return journal_; }
  ports::JobStore& jobs() override { return jobs_; }
  ports::Membership& membership() override { return membership_; }
  ports::Retention& retention() override { return retention_; }
  ports::Schedules& schedules() override { return schedules_; }
  ports::Artifacts& artifacts() override { return artifacts_; }
  ports::DeadLetters& dead_letters() override { return dead_letters_; }
  ports::Permits& permits() override { return permits_; }
  bool up() const override { return journal_.is_good() && intake_.is_good() && lease_.is_good(); }

 private:
  PgTarget target(const std::string& part, const std::string& settings = "") const {
    return {url_, session_ + '/' + part, common_settings + settings};
  }

  const std::string url_;
  const std::string session_;
  PgOpenJobs open_jobs_;
  StopSignal stop_;
  PgWorker reads_{"reads", target("reads"), stop_};
  PgWorker intake_{"intake", target("intake"), stop_};
  PgWorker claims_{"claims", target("claims"), stop_};
  PgWorker lease_{"lease", target("lease", lease_settings), stop_};
  PgWorker watch_{"watch", target("watch", watch_settings), stop_};
  PgWorker upkeep_{"upkeep", target("upkeep"), stop_};
  PgWorker artifacts_in_{"artifacts_in", target("artifacts_in"), stop_};
  PgWorker artifacts_out_{"artifacts_out", target("artifacts_out"), stop_};
  PgWorker limits_{"limits", target("limits"), stop_};
  PgJournal journal_{target("journal", journal_settings), stop_, reads_, upkeep_};
  PgJobStore jobs_{intake_, claims_, reads_, open_jobs_};
  PgMembership membership_{lease_, watch_, session_};
  PgRetention retention_{upkeep_};
  PgSchedules schedules_{intake_, open_jobs_};
  PgArtifacts artifacts_{artifacts_in_, artifacts_out_};
  PgDeadLetters dead_letters_{upkeep_};
  PgPermits permits_{limits_};
};

Result<> check_url(const std::string& url) {
  char* reason = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &reason);
  std::string text = reason ? reason : "";
  PQfreemem(reason);
  if (options) {
    PQconninfoFree(options);
    return {};
  }
  while (text.ends_with('\n')) text.pop_back();
  return make_error(ErrorClass::invalid_input,
                    "postgres_url cannot be read: " + text +
                        "; expected postgresql://user@host:port/database or host=... dbname=...");
}

/// The server's words about a login that fails have no sqlstate in libpq's answer.
bool is_about_login(const std::string& message) {
  for (const auto* part : {"authentication failed", "no password supplied", "no pg_hba.conf entry",
                           "role \"", "does not exist", "permission denied for database"})
    if (message.find(part) != std::string::npos) return true;
  return false;
}

Error cannot_connect(const PgFault& fault) {
  const bool login =
      is_about_login(fault.message) && fault.message.find("No such file") == std::string::npos;
  const std::string remedy = login ? "; check user, password and database of postgres_url"
                                   : "; check that the server runs and that postgres_url names it";
  return make_error(login ? ErrorClass::denied : ErrorClass::internal,
                    "cannot connect to Postgres: " + fault.message + remedy);
}

Result<> check_server(PgConnection& connection, Deadline deadline) {
  const auto answer = connection.run(look_at_server, {}, deadline);
  if (!answer.ok()) return to_error(*answer.fault, "asking for its version");
  const auto& rows = answer.rows;
  if (rows.integer(0, 0) < 140'000)
    return make_error(ErrorClass::invalid_input, "the Postgres server has version " +
                                                     std::string{rows.text(0, 1)} +
                                                     "; Troupe needs 14 or later");
  if (rows.text(0, 2) != "UTF8")
    return make_error(ErrorClass::invalid_input,
                      "the database's encoding is " + std::string{rows.text(0, 2)} +
                          "; Troupe needs UTF8: CREATE DATABASE troupe ENCODING 'UTF8' TEMPLATE "
                          "template0, and name it in postgres_url");
  if (rows.boolean(0, 3))
    return make_error(ErrorClass::internal,
                      "the Postgres server is read-only (a standby, or set so): point postgres_url "
                      "at the primary");
  return {};
}

std::string new_session() {
  SystemEntropy entropy;
  return "troupe-" + to_string(entropy.make_id<Id<struct SessionTag>>(SystemClock{}.now()));
}

} // namespace

Result<std::unique_ptr<Store>> open_postgres_store(const PostgresOptions& options) {
  if (auto readable = check_url(options.url); !readable) return readable.error();
  const auto deadline = std::chrono::steady_clock::now() + options.open_timeout;
  const auto session = new_session();
  StopSignal never;
  PgConnection connection{{options.url, session + "/open", common_settings}, never};
  if (const auto fault = connection.open(deadline)) return cannot_connect(*fault);
  if (auto fit = check_server(connection, deadline); !fit) return fit.error();
  if (auto migrated = migrate(connection, migrations(), deadline); !migrated)
    return migrated.error();
  return std::unique_ptr<Store>{std::make_unique<PostgresStore>(options, session)};
}

} // namespace troupe::store
