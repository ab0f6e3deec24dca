// The rules of the protocol that the simulation can break, one at a time, to show that it would
// notice. Every other shell keeps them all.
#pragma once

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
  bool lease_without_gaps = true; // and not by the date
  // what only the simulated shell can break
  bool once_declared_as_once = true;
  bool guard_holds_to_the_commit = true; // not a plain read before it
  bool lost_answer_read_back = true;
  bool no_end_past_a_waiting_inbox = true;
};

} // namespace troupe
