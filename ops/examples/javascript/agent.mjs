// An agent node in JavaScript: it offers the role `scribe`, whose agents read a notebook, write a line
// into it, and report. node agent.mjs --url nats://127.0.0.1:4222 --name scribe-1
import { Node, contextOf, digest, failure, options, pause, repeatInterval, sameKey } from "./node.mjs";

const unservedMax = 30_000; // how long a call may find nobody who serves its tool
const callTimeout = 135_000;
const handOverAfter = 20_000;

// ---- the agent itself: what it does with a task. `attempt.call` calls a tool.

async function scribe(attempt) {
  const { text, how = "write" } = attempt.task ?? {};
  if (typeof text !== "string")
    throw failure("invalid_input", 'the task of a scribe is {"text": "..", "how": "write|append|shout"}');
  const before = await attempt.call("notebook.read", {});
  attempt.report(`the notebook has ${before.lines.length} lines`, { seen: before.lines.length });
  const written = await attempt.call(`notebook.${how}`, { text });
  return { line: written.line, before: before.lines.length };
}

// ---- one attempt

class Attempt {
  constructor(node, message, owner) {
    Object.assign(this, { node, owner, context: contextOf(message) });
    this.assigned = message.content;
    this.task = this.assigned.task ?? null;
    this.job = this.assigned.context?.job?.id ?? "no-job";
    this.ordinals = new Map();
    this.riders = []; // results of pure calls: recorded with the next reserve, or with the end
    this.stop = new AbortController();
    this.end = undefined; // { type, content } once it has one
  }

  mayCall(tool) {
    return (this.assigned.role.tools ?? []).some(
      (pattern) => pattern === "*" || pattern === tool ||
                   (pattern.endsWith(".*") && tool.startsWith(pattern.slice(0, -1))));
  }

  // [Calling a tool] The output; throws its error.
  async call(tool, args) {
    if (!this.mayCall(tool)) throw failure("denied", `role ${this.assigned.role.role} may not call ${tool}`);
    const ordinal = this.ordinals.get(tool) ?? 0;
    this.ordinals.set(tool, ordinal + 1);
    const key = { tool, ordinal };
    const known = (this.assigned.recorded ?? []).find(
      (entry) => sameKey(entry.key, key) && entry.digest === digest(args));
    const outcome = known ? known.outcome : await this.ask(key, args);
    if (outcome.error) throw outcome.error;
    return outcome.output ?? null;
  }

  async ask(key, args) {
    const toolkit = key.tool.split(".")[0];
    const until = Date.now() + callTimeout;
    let unserved; // since when
    while (!this.stop.signal.aborted && Date.now() < until) {
      const content = { key, arguments: args, job: this.job, owner_node: this.owner, riders: this.riders,
                        artifacts: this.assigned.artifacts };
      const message = this.node.make("agent", `${toolkit}/tool_server`, this.context, "tool.call", content);
      const answer = await this.node.ask("tool", toolkit, message,
        { patience: until - Date.now(), again: Number(settings.again), signal: this.stop.signal });
      if (answer?.type === "activity.discarded") this.cancel("the attempt is superseded");
      const result = answer?.type === "tool.result" ? answer.content : undefined;
      if (result && result.outcome.error?.class !== "no_capacity") {
        if (!result.recorded)
          this.riders.push({ key, digest: digest(args), arguments: args, outcome: result.outcome,
                             duration_ms: result.duration_ms ?? 0 });
        return result.outcome;
      }
      unserved ??= Date.now();
      if (Date.now() - unserved >= unservedMax && Date.now() < until)
        return { error: failure("tool_failed", `${key.tool}: nobody serves it`) };
      await pause(repeatInterval, this.stop.signal);
    }
    if (this.stop.signal.aborted) this.node.publish("tool", `${toolkit}-all`,
      this.node.make("agent", `${toolkit}-all/tool_server`, this.context, "tool.cancel", { key }));
    return { error: failure(this.stop.signal.aborted ? "cancelled" : "timeout", `${key.tool} did not answer`) };
  }

  // A note for people, and what the next attempt gets if this one does not complete.
  report(note, progress) {
    this.node.publish("run", this.owner, this.node.make(
      "agent", `${this.owner}/run`, this.context, "task.progress", { note, progress }));
  }

  cancel() { this.finish("task.cancelled", { riders: this.riders }); }
  handOver() {
    this.finish("task.failed", { error: failure("agent_down", `node ${this.node.name} is draining`),
                                 riders: this.riders, handed_over: true });
  }

  async work() {
    try {
      this.finish("task.completed", { output: await scribe(this), riders: this.riders });
    } catch (error) {
      const said = error.class ? error : failure("internal", String(error));
      this.finish("task.failed", { error: said, riders: this.riders });
    }
  }

  finish(type, content) { // only the first end counts
    if (this.end) return;
    this.end = { type, content };
    this.stop.abort();
    this.deliver();
  }

  // [Ends] Repeated, holding its slot, until the owner has taken or discarded it.
  async deliver() {
    for (;;) {
      const answer = await this.node.askOwner(this, "agent_host", this.context, this.end.type, this.end.content);
      if (answer?.type === "task.acknowledged") break;
      if (answer?.type === "task.discarded" && !this.node.isOld(answer)) break;
      await pause(repeatInterval);
    }
    host.attempts.delete(this);
  }
}

// ---- the node

// `--again MS`: whoever took a call may have died; it is asked again after so long.
const settings = options({ name: "scribe-1", slots: "4", again: "75000" });
const host = {
  attempts: new Set(),
  slots: Number(settings.slots),
  free() { return Math.max(this.slots - this.attempts.size, 0); },
  find(run, attempt) {
    return [...this.attempts].find(({ context }) => context.run === run && context.attempt === attempt);
  },
};

const node = await Node.join({
  ...settings, service: "troupe-agent",
  describe: () => ({ modes: ["agent"], roles: ["scribe"], kinds: ["foreign"],
                     slots: host.slots, free_slots: host.free() }),
});

// [Being assigned] Answered within two seconds, or the attempt is given to somebody else.
function assigned(message, from, answer) {
  const refuse = (why) => answer("agent_host", contextOf(message), "task.refused",
                                 { error: failure("no_capacity", why) });
  if (host.find(message.run, message.attempt)) return status(message, from, answer); // repeated
  if (node.draining) return refuse("the node is draining");
  if (host.free() === 0) return refuse("all slots are taken");
  const attempt = new Attempt(node, message, from);
  host.attempts.add(attempt);
  answer("agent_host", contextOf(message), "task.accepted", { incarnation: node.incarnation });
  attempt.work();
}

// [Being asked after]
function status(message, from, answer) {
  const attempt = host.find(message.run, message.attempt);
  if (!attempt)
    return answer("agent_host", contextOf(message), "bus.not_here", { reason: "no such attempt on this node" });
  attempt.owner = from; // whoever asks under the highest epoch owns the run now
  attempt.context.epoch = message.epoch;
  const { type, content } = attempt.end ?? { type: "task.accepted", content: { incarnation: node.incarnation } };
  answer("agent_host", contextOf(message), type, content);
}

// [Being cancelled] Acknowledged when it is received; that the attempt ended comes by itself.
function cancel(message, from, answer) {
  answer("agent_host", contextOf(message), "task.acknowledged");
  const named = message.content.attempts?.length ? message.content.attempts : [message.attempt];
  for (const attempt of named) host.find(message.run, attempt)?.cancel();
}

function receive(message, from, answer) {
  const absent = (reason) => answer("agent_host", contextOf(message), "bus.not_here", { reason });
  if (node.isForAnother(message)) return absent("this node was started anew");
  if (node.isOld(message)) return absent("an owner of a later epoch has the run");
  if (message.type === "task.assigned") return assigned(message, from, answer);
  if (message.type === "task.status") return status(message, from, answer);
  if (message.type === "task.cancel") return cancel(message, from, answer);
  return absent("not a message for an agent host");
}

node.serve("task", "task", node.name, node.name, receive);
node.serve("control", "ctl", node.name, node.name, receive);
node.run(async () => {
  const until = Date.now() + handOverAfter;
  while (host.attempts.size > 0 && Date.now() < until) await pause(20);
  for (const attempt of host.attempts) attempt.handOver();
  const last = Date.now() + 3_000;
  while (host.attempts.size > 0 && Date.now() < last) await pause(20);
});
