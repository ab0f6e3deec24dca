#include "ops/cli/demo/demo.hpp"

#include <boost/json.hpp>
#include <csignal>
#include <optional>

#include "ops/cli/demo/cause.hpp"
#include "ops/cli/demo/intruder.hpp"
#include "ops/cli/demo/monitoring.hpp"
#include "ops/cli/demo/patient.hpp"
#include "ops/cli/demo/run_facts.hpp"
#include "ops/cli/demo/stage.hpp"
#include "ops/cli/demo/story.hpp"
#include "ops/cli/demo/summary.hpp"
#include "ops/cli/dev/address.hpp"
#include "ops/cli/dev/child_failure.hpp"
#include "ops/cli/exit_codes.hpp"
#include "ops/cli/files.hpp"
#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/run_words.hpp"

namespace troupe::demo {

using cli::ExitCode;
using cli::Failure;
using dev::Wake;
using view::Tint;
namespace json = boost::json;

namespace {

constexpr Millis look_interval{100};

/// The plan did not do what is right: not a failure of the command, but its verdict.
struct NotHealed {
  std::string reason;
};

class Demo {
 public:
  explicit Demo(const DemoOptions& options)
      : options_{options},
        scenario_{find_scenario(options.cause)},
        story_{view::detect_style()},
        stage_{options.data, [this](const std::string& text) { story_.line("  " + text); }},
        patient_{folder_},
        intruder_{folder_},
        monitoring_{folder_, *stage_.http()} {}

  ~Demo() { supervisor_.stop_all(); } // before the patient goes: an agent would bring it back

  int play() {
    try {
      set_the_stage();
      strike();
      follow();
      check_the_patient();
      conclude();
    } catch (const NotHealed& verdict) {
      report_not_healed(verdict.reason);
      return static_cast<int>(ExitCode::failed);
    }
    if (options_.keep) stay();
    return 0;
  }

 private:
  void set_the_stage() {
    story_.title("Troupe demo: " + std::string{scenario_.title});
    patient_.start(supervisor_);
    story_.ready("nginx", patient_.health_url(), "the patient");
    start_troupe();
    monitoring_.start(supervisor_, patient_.address(), patient_.health_url(),
                      api_.server().url + "/webhooks/alertmanager");
    stage_.wait_for("the cluster", [&] { return stage_.troupe_ready(); });
    story_.ready("troupe dev", api_.server().url,
                 "orchestrator-1 and agent-1, two processes on a bus");
    stage_.wait_for("Prometheus and Alertmanager", [&] { return monitoring_.ready(); });
    story_.ready("prometheus", monitoring_.prometheus_url(), "looks at the patient each second");
    story_.ready("alertmanager", monitoring_.alertmanager_url(), "posts to /webhooks/alertmanager");
  }

  void start_troupe() {
    std::string configs = cli::configs_folder();
    if (configs.empty())
      throw Failure{ExitCode::no_input,
                    "the configurations that come with Troupe are not beside the "
                    "binary; name their folder with TROUPE_CONFIGS"};
    Oddities oddities{!options_.kill_agent_at.empty(),
                      scenario_.cause == Cause::restart_fails_once};
    json::object settings{
        {"teams", json::array{configs + "/teams/incident-response.yaml"}},
        {"toolkits",
         {{"service", {{"services", {{"patient", patient_.service_entry(oddities)}}}}},
          {"probe", {{"allow", json::array{"127.0.0.1"}}}},
          {"prometheus", {{"url", monitoring_.prometheus_url()}}},
          {"alertmanager", {{"url", monitoring_.alertmanager_url()}}},
          {"logs", {{"files", {{"patient", folder_.at("logs/nginx-error.log")}}}}},
          {"workspace", json::object{}}}}};
    stage_.start_troupe(settings, 1);
  }

  /// Waits for a part of the scenario within what is left of its time.
  void expect(const std::string& what, const std::function<bool()>& condition) {
    Millis left = Millis{options_.limit_seconds * 1'000} - story_.elapsed();
    auto last = std::chrono::steady_clock::time_point{};
    auto now_and_then = [&] { // each look is a request or two
      auto now = std::chrono::steady_clock::now();
      if (now - last < look_interval) return false;
      last = now;
      return condition();
    };
    if (left.count() <= 0 || !stage_.run_until(left, now_and_then))
      throw NotHealed{what + " within " + std::to_string(options_.limit_seconds) + " s"};
  }

  void strike() {
    story_.begin();
    struck_at_ = SystemClock{}.now();
    strike_the_patient();
    expect("the alert did not fire",
           [&] { return (alert_at_ = monitoring_.firing_since()).has_value(); });
    story_.happened("Prometheus and Alertmanager: ServiceDown fires", Tint::yellow);
    expect("no job was created", [&] { return find_job(); });
    story_.happened("webhook accepted, job " + job_, Tint::cyan);
  }

  void strike_the_patient() {
    auto tell = [&](const std::string& text) { story_.happened(text, Tint::red); };
    if (scenario_.cause == Cause::hung)
      return tell("nginx hangs: SIGSTOP to process group " + std::to_string(patient_.hang()));
    if (scenario_.cause == Cause::config)
      tell("nginx.conf broken: a line says `" + patient_.break_configuration() + "` now");
    tell("nginx killed: SIGKILL to process group " + std::to_string(patient_.kill()));
    if (scenario_.cause == Cause::restart_fails_once)
      tell("its next start will fail: the command exits with 1, once");
    if (scenario_.cause == Cause::port) {
      stage_.wait_for("the port", [&] { return dev::is_free({"127.0.0.1", patient_.port()}); });
      intruder_.start(supervisor_, patient_.port());
      stage_.wait_for("the intruder", [&] { return intruder_.listens(); });
      tell("nats-server (pid " + std::to_string(intruder_.pid()) + ") took port " +
           std::to_string(patient_.port()));
    }
  }

  bool find_job() {
    json::value answer = api_.get("/v1/jobs?limit=10");
    for (const json::value& job : view::list(answer, "jobs")) {
      auto created = view::instant(job, "created_at");
      const json::array& runs = view::list(job, "runs");
      if (!created || *created < struck_at_ || runs.empty()) continue;
      job_ = view::text(job, "id");
      run_id_ = view::text(runs.front());
      job_at_ = *created;
      return true;
    }
    return false;
  }

  void follow() {
    expect("the run did not end", [&] {
      try {
        if (!story_.live()) tell_events();
        run_ = api_.get("/v1/runs/" + run_id_);
      } catch (const Failure& failure) { // a node that is being restarted does not answer
        if (failure.code() != ExitCode::unavailable && failure.code() != ExitCode::try_again) throw;
        return false;
      }
      strike_the_agent();
      if (view::is_over(view::text(run_, "state"))) return true;
      story_.draw(run_);
      return false;
    });
    if (!story_.live()) tell_events();
    story_.draw_ended(run_);
    if (view::text(run_, "state") != "completed")
      throw NotHealed{"the run ended " + view::text(run_, "state") + ": " +
                      view::text(run_, "reason")};
  }

  void tell_events() {
    json::value answer = api_.get("/v1/runs/" + run_id_ + "/events?limit=200" +
                                  (cursor_.empty() ? "" : "&after=" + cursor_));
    for (const json::value& event : view::list(answer, "events"))
      if (std::string line = view::event_line(event); !line.empty()) story_.line("  " + line);
    if (std::string next = view::text(answer, "cursor"); !next.empty()) cursor_ = next;
  }

  /// For the test of the greatest promise: a node may die at any moment.
  void strike_the_agent() {
    if (options_.kill_agent_at.empty() || agent_killed_) return;
    const json::value& step = find_step(run_, options_.kill_agent_at);
    if (view::text(step, "state") != "running") return;
    const pid_t agent = stage_.process("agent-1");
    if (agent == 0) return;
    ::kill(agent, SIGKILL);
    agent_killed_ = true;
    story_.happened("agent-1 killed: SIGKILL during " + options_.kill_agent_at, Tint::red);
  }

  /// The run's own word is not enough.
  void check_the_patient() {
    std::string diagnosis = view::text(view::member(run_, "output"), "cause");
    if (!diagnosis.empty() && diagnosis != scenario_.diagnosis)
      throw NotHealed{"the plan took it for " + diagnosis + ", but it is " +
                      std::string{scenario_.diagnosis} + "; its report: " + report_text()};
    scenario_.heals ? check_healed() : check_left_to_a_person();
    if (!options_.kill_agent_at.empty() && !agent_killed_)
      throw NotHealed{"the step " + options_.kill_agent_at + " was never seen running"};
  }

  void check_left_to_a_person() {
    if (needs_person(run_).empty())
      throw NotHealed{"the run asks nothing of a person; its report: " + report_text()};
    std::string action = view::text(view::member(run_, "output"), "action");
    if (action != "none" || patient_.lives())
      throw NotHealed{"it was for a person to decide, but the plan chose to " + action};
    if (scenario_.cause == Cause::port && !intruder_.lives())
      throw NotHealed{"the server that held the port is gone, which was none of our business"};
  }

  void check_healed() {
    if (!says_healed(run_)) throw NotHealed{"the run says so; its report: " + report_text()};
    expect("the run completed, but nginx does not answer", [&] {
      ports::HttpRequest request;
      request.url = patient_.health_url();
      auto answer = stage_.http()->send(request, {});
      return answer && answer->status == 200;
    });
    expect("the run completed, but the alert still fires", [&] { return monitoring_.cleared(); });
  }

  std::string report_text() const {
    std::string name = report_name(run_);
    if (name.empty()) return "(the run wrote none)";
    return cli::read_file(folder_.at("troupe/work/workspaces/" + job_ + "/" + name))
        .value_or("(" + name + " is not in the workspace)");
  }

  void conclude() {
    std::string report = report_text();
    std::string report_file = folder_.at("report.md");
    cli::write_file_atomically(report_file, report);
    cli::write_file_atomically(folder_.at("run.json"), json::serialize(run_) + "\n");
    story_.document("report", report);
    tell_verdict();
    story_.fact("report", report_file);
    story_.fact("run", folder_.at("run.json"));
    story_.fact("open again", "troupe dev --data " + folder_.at("troupe"));
    story_.fact("  and then", "troupe runs show " + run_id_);
    if (options_.json) print_json();
  }

  void tell_verdict() {
    bool colour = view::detect_style().colour;
    const char* verdict = scenario_.heals ? "Healed." : "Left to a person, as it should be.";
    story_.line(view::paint(verdict, Tint::green, colour) + " " +
                describe_times(scenario_, run_, times()));
    if (!scenario_.heals) story_.long_fact("to decide", needs_person(run_));
  }

  void print_json() {
    json::value nodes = api_.get("/v1/nodes");
    story_.line(
        json::serialize(summarise(scenario_, run_, times(), view::list(nodes, "nodes").size())));
  }

  Times times() const { return {*alert_at_, job_at_}; }

  void report_not_healed(const std::string& reason) {
    const char* verdict = scenario_.heals ? "Not healed: " : "Not left to a person: ";
    story_.line(view::paint(verdict, Tint::red, view::detect_style().colour) + reason);
    story_.fact("logs", folder_.at("logs") + " and " + folder_.at("troupe/logs"));
    if (options_.json)
      story_.line(json::serialize(json::object{
          {"healed", false}, {"reason", reason}, {"logs", folder_.at("troupe/logs")}}));
  }

  void stay() {
    story_.line("\nEverything stays up until Ctrl-C:");
    story_.fact("troupe", api_.server().url);
    story_.fact("patient", patient_.health_url());
    story_.fact("prometheus", monitoring_.prometheus_url());
    story_.fact("alertmanager", monitoring_.alertmanager_url());
    story_.line("");
    if (supervisor_.run(std::nullopt) == Wake::child_ended)
      throw dev::child_failure(*supervisor_.ended(),
                               folder_.at("logs/" + supervisor_.ended()->name + ".log"));
  }

  const DemoOptions& options_;
  const Scenario& scenario_;
  Story story_;
  Stage stage_;
  const dev::DataFolder& folder_ = stage_.folder();
  dev::ProcessSupervisor& supervisor_ = stage_.supervisor();
  const cli::ApiClient& api_ = stage_.api();
  Patient patient_;
  Intruder intruder_;
  Monitoring monitoring_;

  Instant struck_at_, job_at_;
  std::optional<Instant> alert_at_;
  std::string job_, run_id_, cursor_;
  json::value run_;
  bool agent_killed_ = false;
};

} // namespace

int run_demo(const DemoOptions& options) { return Demo{options}.play(); }

} // namespace troupe::demo
