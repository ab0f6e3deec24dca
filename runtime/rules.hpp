// The rules of the protocol that the simulation can break, one at a time, to show that it would
// notice. Every other shell keeps them all.
#pragma once
#include <string_view>

namespace troupe {

struct Rules {
  // drivers
  bool append_before_performing = true;
  bool adopt_on_takeover = true;
  bool ask_before_dispatching_again = true;
  bool settle_judged_by_grant = true; // not by the epoch of whoever assigned the attempt
  bool inbox_row_applied_once = true;
  bool grant_expires = true;
  bool command_of_old_epoch_ignored = true;
  bool silence_without_gaps = true;
  bool permit_before_attempt = true;
  bool lease_without_gaps = true; // and not by the date
  bool list_stored_before_it_is_named = true;
  // what only the simulated shell can break
  bool once_declared_as_once = true;
  bool guard_holds_to_the_commit = true; // not a plain read before it
  bool lost_answer_read_back = true;
  bool no_end_past_a_waiting_inbox = true;
};

struct NamedRule {
  std::string_view name;
  bool Rules::*kept;
};
inline constexpr NamedRule named_rules[] = {
    {"append_before_performing", &Rules::append_before_performing},
    {"adopt_on_takeover", &Rules::adopt_on_takeover},
    {"ask_before_dispatching_again", &Rules::ask_before_dispatching_again},
    {"settle_judged_by_grant", &Rules::settle_judged_by_grant},
    {"inbox_row_applied_once", &Rules::inbox_row_applied_once},
    {"grant_expires", &Rules::grant_expires},
    {"command_of_old_epoch_ignored", &Rules::command_of_old_epoch_ignored},
    {"silence_without_gaps", &Rules::silence_without_gaps},
    {"permit_before_attempt", &Rules::permit_before_attempt},
    {"lease_without_gaps", &Rules::lease_without_gaps},
    {"list_stored_before_it_is_named", &Rules::list_stored_before_it_is_named},
    {"once_declared_as_once", &Rules::once_declared_as_once},
    {"guard_holds_to_the_commit", &Rules::guard_holds_to_the_commit},
    {"lost_answer_read_back", &Rules::lost_answer_read_back},
    {"no_end_past_a_waiting_inbox", &Rules::no_end_past_a_waiting_inbox},
};

} // namespace troupe
