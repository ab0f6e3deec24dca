// troupe inject, troupe dead-letters list | show | retry | drop
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "ops/cli/asking.hpp"
#include "ops/cli/command.hpp"
#include "ops/cli/files.hpp"
#include "ops/cli/job_inputs.hpp"
#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/table.hpp"
#include "runtime/ids.hpp"

namespace troupe::cli {

namespace json = boost::json;

namespace {

struct InjectOptions {
  std::string file, in, type, id, source, subject;
};

/// What came of it: of a webhook body, of an event.
std::string taken(const json::value& told) {
  if (view::truth(told, "kept")) // by a gateway
    return "kept as " + view::text(told, "seq") + " of the stream " + view::text(told, "stream") +
           "; `troupe jobs list` shows what becomes of it, `troupe dead-letters` what cannot be "
           "used\n";
  if (told.as_object().contains("run"))
    return "job " + view::text(told, "job") + ", run " + view::text(told, "run") +
           (view::truth(told, "duplicate") ? " (was there already)\n" : "\n");
  std::string jobs;
  for (const json::value& job : view::list(told, "jobs")) jobs += " " + view::text(job);
  return view::text(told, "accepted") + " accepted, " + view::text(told, "duplicates") +
         " duplicates; jobs:" + (jobs.empty() ? " none" : jobs) + "\n";
}

/// The file as the data of a CloudEvent, if anything is said of that.
std::string event_body(const InjectOptions& options, std::string body, json::value data) {
  if (options.type.empty() && options.id.empty() && options.subject.empty() &&
      options.source.empty())
    return body;
  SystemEntropy entropy;
  const auto now = SystemClock{}.now();
  json::object event{
      {"specversion", "1.0"},
      {"id", options.id.empty() ? to_string(entropy.make_id<MessageId>(now)) : options.id},
      {"source", options.source.empty() ? '/' + options.in + "/http" : options.source},
      {"type", options.type.empty() ? options.in : options.type},
      {"time", to_iso8601(now)},
      {"datacontenttype", "application/json"},
      {"data", std::move(data)}};
  if (!options.subject.empty()) event["subject"] = options.subject;
  return json::serialize(event);
}

ExitCode inject(const CommandLine& line, const InjectOptions& options) {
  const std::string body = read_input(options.file, "the event");
  // A fault is named before anything is sent.
  auto data = parse_json_input(body, options.file == "-" ? "stdin" : options.file);
  const auto api = connect(line);
  const json::value answer = options.in.empty()
                                 ? api.post("/webhooks/alertmanager", body)
                                 : api.post("/v1/events/" + percent_encoded(options.in),
                                            event_body(options, body, std::move(data)));
  return print(line, answer, taken(answer));
}

void add_inject(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<InjectOptions>();
  auto* command = app.add_subcommand("inject", "Sends an alert as Alertmanager would, or an event");
  command->add_option("FILE", options->file, "the JSON of it, `-` for standard input")->required();
  auto* in = command->add_option("--in", options->in,
                                 "the source it comes from: an event, for the `events` of the "
                                 "teams' files. Without: a webhook "
                                 "body of Alertmanager (version 4)");
  command->add_option("--type", options->type, "of the CloudEvent whose data FILE is")->needs(in);
  command->add_option("--id", options->id, "the same id again is a duplicate")->needs(in);
  command->add_option("--source", options->source, "of the CloudEvent: where it happened")
      ->needs(in);
  command->add_option("--subject", options->subject, "of the CloudEvent: what it is about")
      ->needs(in);
  add_server_options(*command, line);
  add_example(*command,
              "  troupe inject ops/examples/alert.json\n"
              "  troupe inject build.json --in ci --type build.failed --id 4711\n"
              "  troupe inject event.json --in ci     # a CloudEvent, or any JSON\n"
              "The same again is a duplicate and changes nothing. On the bus events go to\n"
              "troupe.<cluster>.in.<source>.<sender>.");
  command->callback([options, &line] { line.exit_code = inject(line, *options); });
}

struct LetterOptions {
  std::string id;
  unsigned limit = 50;
};

std::string render_letters(const json::value& answer, const view::Style& style, Instant now) {
  std::vector<std::vector<view::Cell>> rows;
  for (const json::value& letter : view::list(answer, "dead_letters")) {
    const auto at = view::instant(letter, "at");
    rows.push_back({{view::text(letter, "id")},
                    {view::text(letter, "in")},
                    {view::text(letter, "by")},
                    {at ? view::brief(now - *at) + " ago" : "", view::Tint::dim},
                    {view::text(letter, "reason"), view::Tint::yellow}});
  }
  return view::render_table({"LETTER", "IN", "BY", "CAME", "REASON"}, rows, style,
                            "no dead letters: every injected event could be used");
}

std::string render_letter(const json::value& letter) {
  const auto& event = letter.at("event").as_object();
  std::string out = view::text(letter, "id") + ", from " + view::text(letter, "by") + " in." +
                    view::text(letter, "in") + " at " + view::text(letter, "at") + "\n" +
                    view::text(letter, "reason") + "\n\n";
  for (const json::value& header : event.at("headers").as_array())
    out += view::text(header.at(0)) + ": " + view::text(header.at(1)) + '\n';
  const auto* payload = event.if_contains("payload");
  return out + '\n' + view::text(payload != nullptr ? *payload : event.at("payload_base64")) + '\n';
}

void add_letter_verbs(CLI::App& letters, CommandLine& line, LetterOptions& options) {
  auto* show = letters.add_subcommand("show", "One as it came, and what is wrong with it");
  auto* retry = letters.add_subcommand("retry", "Tries it again, now that its route is mended");
  auto* drop = letters.add_subcommand("drop", "Forgets it");
  for (auto* command : {show, retry, drop}) {
    command->add_option("LETTER", options.id, "its id")->required();
    add_server_options(*command, line);
  }
  add_example(*show, "  troupe dead-letters show 5c1f04be77a0d2f1");
  add_example(*retry, "  troupe dead-letters retry 5c1f04be77a0d2f1 --json");
  add_example(*drop, "  troupe dead-letters drop 5c1f04be77a0d2f1");
  const auto path = [&options] { return "/v1/dead-letters/" + percent_encoded(options.id); };
  show->callback([path, &line] {
    const json::value letter = connect(line).get(path());
    line.exit_code = print(line, letter, render_letter(letter));
  });
  retry->callback([path, &line] {
    const json::value answer = connect(line).post(path() + "/retry", "");
    line.exit_code = print(line, answer, taken(answer));
  });
  drop->callback([path, &line] {
    const json::value answer = connect(line).post(path() + "/drop", "");
    line.exit_code = print(line, answer, "forgotten\n");
  });
}

} // namespace

void add_event_commands(CLI::App& app, CommandLine& line) {
  add_inject(app, line);
  auto options = std::make_shared<LetterOptions>();
  auto* letters =
      app.add_subcommand("dead-letters", "Lists and mends injected events that could not be used");
  add_server_options(*letters, line);
  letters->require_subcommand(0, 1);
  auto* list = letters->add_subcommand("list", "The latest (also: `troupe dead-letters` alone)");
  list->add_option("--limit", options->limit, "at most so many")->check(CLI::Range(1U, 1000U));
  add_server_options(*list, line);
  add_letter_verbs(*letters, line, *options);
  add_example(*letters, "  troupe dead-letters\n  troupe dead-letters list --limit 500 --json");
  letters->final_callback([letters, list, options, &line] {
    if (!letters->get_subcommands().empty() && !list->parsed()) return;
    const json::value answer =
        connect(line).get("/v1/dead-letters?limit=" + std::to_string(options->limit));
    line.exit_code =
        print(line, answer, render_letters(answer, view::detect_style(), SystemClock{}.now()));
  });
}

} // namespace troupe::cli
