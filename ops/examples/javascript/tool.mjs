// A tool server in JavaScript: the toolkit `notebook`, lines in a file.
//   node tool.mjs --url nats://127.0.0.1:4222 --name notebook-1 --file /tmp/notebook.jsonl
import fs from "node:fs";
import { Node, bootTime, contextOf, digest, failure, idempotencyKey, makeId, options, pause,
         repeatInterval, sameKey } from "./node.mjs";

const grantPeriod = 10_000; // [Times] from the first sending of its reserve
const grantWaitMax = 60_000; // then whoever asked has stopped waiting
const callsMax = 16;

// `--takes MS` makes a call that changes something last so long after it has: to try crashes with.
const settings = options({ name: "notebook-1", file: "notebook.jsonl", takes: "0" });

// ---- the toolkit: what each tool does, and what a repeat of it means

const lines = () => (fs.existsSync(settings.file) ? fs.readFileSync(settings.file, "utf8").split("\n") : [])
  .filter(Boolean).map((line) => JSON.parse(line));

async function add(key, text, signal) {
  const line = lines().length + 1;
  fs.appendFileSync(settings.file, `${JSON.stringify({ key, text })}\n`);
  await pause(Number(settings.takes), signal);
  return { line };
}

const isText = (args) => (typeof args?.text === "string" ? undefined : "/text: expected a string");
const tools = {
  "notebook.read": {
    effect: "pure", risk: "read", check: () => undefined,
    call: () => ({ lines: lines().map(({ text }) => text) }),
  },
  // keyed: a second call under the same key adds nothing, so that a lost one can be made again.
  "notebook.write": {
    effect: "keyed", risk: "write", check: isText,
    call: ({ text }, key, signal) => {
      const at = lines().findIndex((line) => line.key === key);
      return at >= 0 ? { line: at + 1 } : add(key, text, signal);
    },
  },
  // once: a second call adds a second line. Whether a lost one happened can be looked up.
  "notebook.append": {
    effect: "once", risk: "write", check: isText,
    call: ({ text }, key, signal) => add(key, text, signal),
    reconcile: (args, key) => {
      const at = lines().findIndex((line) => line.key === key);
      return at >= 0 ? { verdict: "happened", output: { line: at + 1 } } : { verdict: "not_happened" };
    },
  },
  // once, and nobody can tell afterwards: a person has to.
  "notebook.shout": {
    effect: "once", risk: "write", check: isText,
    call: ({ text }, key, signal) => add(key, text.toUpperCase(), signal),
  },
};

// ---- one call, from the agent's asking to the owner's last word

class Call {
  constructor(message, answer) {
    Object.assign(this, { message, answer, context: contextOf(message) });
    const { key, arguments: args, owner_node: owner, riders = [] } = message.content;
    Object.assign(this, { key, args, owner, riders, digest: digest(args), tool: tools[key.tool] });
    this.started = bootTime();
    this.stop = new AbortController();
    this.acting = this.givenUp = false;
  }

  isSame(message) {
    return this.context.run === message.run && this.context.step === message.step &&
           this.context.attempt === message.attempt && sameKey(this.key, message.content.key);
  }

  // Tells the agent. Its epoch says nothing about whose turn it is.
  tell(type, content) { this.answer("tool_server", { ...this.context, epoch: undefined }, type, content); }
  result(outcome, recorded, took = 0) {
    this.tell("tool.result", { key: this.key, outcome, digest: this.digest, recorded, duration_ms: took });
  }

  async serve() {
    if (this.tool.effect === "pure") {
      const { outcome, took } = await this.act();
      return this.result(outcome, false, took);
    }
    const granted = await this.reserve();
    if (granted) await this.settle(await this.act());
    else if (this.givenUp)
      await this.settle({ outcome: { error: failure("cancelled", "given up before it acted") }, took: 0 }, true);
  }

  // [Reserve] True: granted, and the grant holds at this very moment.
  async reserve() {
    let sent;
    for (; !this.givenUp; await pause(repeatInterval)) {
      if (bootTime() - this.started > grantWaitMax)
        return this.result({ error: failure("timeout", "no grant within 60s") }, true);
      if (sent === undefined || bootTime() - sent >= grantPeriod) {
        this.nonce = makeId(); // says: nothing was done under the one before, and never will be
        sent = bootTime();
      }
      const { key, digest, nonce, riders, tool } = this;
      const answer = await node.askOwner(this, "tool_server", this.context, "activity.reserve", {
        key, digest, arguments: this.args, effect: tool.effect, risk: tool.risk, nonce,
        executor: node.incarnation, riders, reconcile: tool.reconcile ? "notebook" : "",
      });
      if (!answer) continue;
      const old = node.isOld(answer);
      if (answer.type === "activity.settled") return this.result(answer.content.outcome, true);
      if (old || (answer.content.nonce ?? nonce) !== nonce) continue; // of an owner, a nonce, before
      if (answer.type === "activity.refused") return this.result({ error: answer.content.error }, true);
      if (answer.type === "activity.discarded") {
        this.tell("activity.discarded", answer.content);
        this.givenUp = true; // the owner may hold a grant that never arrived
      }
      if (answer.type === "activity.granted" && !this.givenUp && bootTime() - sent < grantPeriod) return true;
    }
    return false;
  }

  async act() {
    this.acting = true;
    const began = bootTime();
    let outcome;
    try {
      outcome = { output: await this.tool.call(this.args, idempotencyKey(this.context, this.key), this.stop.signal) };
    } catch (error) {
      outcome = { error: failure("tool_failed", String(error.message ?? error)) };
    }
    return { outcome, took: Math.round(bootTime() - began) };
  }

  // [Settle] Repeated until the owner has it, or says that nobody wants it any more.
  async settle({ outcome, took }, notDone = false) {
    const until = notDone ? bootTime() + 2 * grantWaitMax : Infinity;
    while (bootTime() < until) {
      const answer = await node.askOwner(this, "tool_server", this.context, "activity.settle",
        { key: this.key, nonce: this.nonce, outcome, duration_ms: took, not_done: notDone });
      const settled = answer?.type === "activity.settled";
      const discarded = answer?.type === "activity.discarded" && !node.isOld(answer);
      if (notDone && (settled || discarded)) return; // the agent has been told, or has gone
      if (settled) return this.result(answer.content.outcome, true, took);
      if (discarded) return this.tell("activity.discarded", answer.content);
      await pause(repeatInterval);
    }
  }

  cancel() {
    if (this.acting) this.stop.abort();
    else this.givenUp = true;
  }
}

// ---- the node

const calls = new Set();
const node = await Node.join({
  ...settings, service: "troupe-tool-notebook",
  describe: () => ({ modes: ["tool"], tools: Object.keys(tools), slots: 0, free_slots: 0,
                     tool_calls: calls.size }),
});

function take(message, answer) {
  const running = [...calls].find((call) => call.isSame(message));
  if (running) return (running.answer = answer); // asked again: the result goes to whoever asked last
  const { key, arguments: args } = message.content;
  const refuse = (kind, why) => answer("tool_server", contextOf(message), "tool.result",
    { key, outcome: { error: failure(kind, why) }, digest: "", recorded: kind === "no_capacity" });
  if (!tools[key.tool]) return refuse("invalid_input", `toolkit notebook has no tool ${key.tool}`);
  if (node.draining) return refuse("no_capacity", "the node is draining");
  if (calls.size >= callsMax) return refuse("no_capacity", "it has as many calls as it takes");
  const fault = tools[key.tool].check(args);
  if (fault) return refuse("invalid_input", fault);
  const call = new Call(message, answer);
  calls.add(call);
  call.serve().finally(() => calls.delete(call));
}

// [Reconcile] Whoever acted is gone by now, and cannot act any more.
function lookBack(message, answer) {
  const { key, arguments: args } = message.content;
  const look = tools[key.tool]?.reconcile ?? (() => ({ verdict: "unknown", reason: "this tool cannot tell" }));
  answer("tool_server", contextOf(message), "activity.reconciled",
         { key, ...look(args, idempotencyKey(message, key)) });
}

function receive(message, from, answer) {
  if (message.type === "tool.call") return take(message, answer);
  if (message.type === "activity.reconcile") return lookBack(message, answer);
  if (message.type === "tool.cancel")
    for (const call of calls) if (call.isSame(message)) call.cancel();
}

node.serve("call", "tool", "notebook", "tool_servers", receive);
node.serve("call_here", "tool", `notebook-at-${node.name}`, node.name, receive);
node.serve("cancel", "tool", "notebook-all", node.name, receive); // a queue group of its own: none
node.run(async () => {
  for (const call of calls) {
    if (call.acting) continue;
    call.result({ error: failure("no_capacity", "the node is draining") }, true); // asked elsewhere
    call.cancel();
  }
  const until = Date.now() + 20_000;
  while (calls.size > 0 && Date.now() < until) await pause(20);
});
