// What every node on the bus does: envelopes, heartbeats, questions to owners. The protocol stands in
// net/bus/PROTOCOL.md; names of its sections are given in brackets.
import { connect, createInbox, headers, nkeyAuthenticator } from "nats";
import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";

export const repeatInterval = 500; // [Times] of an end or a settle, until it is answered
const heartbeatInterval = 500;
const answerTimeout = 2000;
const epochsKept = 10000;

// A clock that goes on while the machine is suspended, in milliseconds: what grants are counted on.
export const bootTime = () => os.uptime() * 1000;

export const pause = (ms, signal) =>
  new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });

// ---- [Identity]

let lastDate = 0;

// UUIDv7, each later than the one before: nodes compare them to tell which is newer.
export function makeId() {
  lastDate = Math.max(Date.now(), lastDate + 1);
  const hex = lastDate.toString(16).padStart(12, "0");
  const random = randomBytes(10);
  random[0] = 0x70 | (random[0] & 0x0f);
  random[2] = 0x80 | (random[2] & 0x3f);
  const rest = random.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-${rest.slice(0, 4)}-${rest.slice(4, 8)}-${rest.slice(8)}`;
}

// RFC 8785: JSON.stringify writes numbers and texts as it says; keys have to be sorted.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

export const sha256 = (text) => createHash("sha256").update(text).digest("hex");
export const digest = (value) => sha256(canonical(value));

// The same for every repeat of one activity, and for no other: what a keyed tool hands on.
export const idempotencyKey = (context, key) =>
  sha256(`${context.run}/${context.step}/${context.iteration ?? 0}/${key.undo ? "undo" : "do"}/` +
         `${key.tool}/${key.ordinal}`);

export const sameKey = (a, b) =>
  a.tool === b.tool && a.ordinal === b.ordinal && Boolean(a.undo) === Boolean(b.undo);

export const failure = (kind, message) => ({ class: kind, message });

// What a message belongs to, and its answers too.
export const contextOf = ({ run, step, iteration, attempt, epoch }) =>
  ({ run, step, iteration, attempt, epoch });

// [Transport] Of a locked bus: whose certificates are trusted, and who we are.
const lock = (ca, seed) => ({
  ...(ca && { tls: { caFile: ca } }),
  ...(seed && { authenticator: nkeyAuthenticator(Buffer.from(fs.readFileSync(seed, "utf8").trim())) }),
});

export class Node {
  // `describe` gives what the heartbeat says of this node besides what every one says.
  static async join({ url, ca, seed, cluster, name, service, describe }) {
    const connection = await connect({
      servers: url.split(","), ...lock(ca, seed), name: `troupe ${name}`, inboxPrefix: `_INBOX.${name}`,
      maxReconnectAttempts: -1, reconnectTimeWait: 250, waitOnFirstConnect: true,
    });
    const node = new Node(connection, cluster, name, describe);
    node.service = await connection.services.add({ // answers $SRV.PING, INFO and STATS
      name: service, version: "1.0.0", description: `${service} in JavaScript`,
      metadata: { cluster, node: name },
    });
    return node;
  }

  constructor(connection, cluster, name, describe) {
    Object.assign(this, { connection, cluster, name, describe });
    this.incarnation = makeId(); // of this start of the process
    this.draining = false;
    this.epochs = new Map(); // run -> the highest seen
  }

  // ---- [Messages]

  make(actor, recipient, context, type, content) {
    return { v: 1, id: makeId(), type, sender: `${this.name}/${actor}`, recipient, ...context,
             priority: "normal", timestamp: new Date().toISOString(), content };
  }

  subject(verb, recipient) {
    return `troupe.${this.cluster}.${verb}.${recipient}.${this.name}`;
  }

  publish(verb, recipient, message, reply) {
    const about = headers();
    about.set("Nats-Msg-Id", message.id);
    if (message.epoch) about.set("troupe-epoch", String(message.epoch));
    if (message.attempt) about.set("troupe-attempt", String(message.attempt));
    this.connection.publish(this.subject(verb, recipient), JSON.stringify(message),
                            { headers: about, reply });
  }

  // Serves <verb>.<recipient>. `handle(message, from, answer)`; `answer(actor, context, type, content)`.
  serve(endpoint, verb, recipient, queue, handle) {
    this.service.addEndpoint(endpoint, {
      subject: `troupe.${this.cluster}.${verb}.${recipient}.*`, queue,
      handler: (fault, raw) => {
        if (fault) return;
        const from = raw.subject.slice(raw.subject.lastIndexOf(".") + 1);
        const answer = (actor, context, type, content = {}) =>
          raw.respond(JSON.stringify(this.make(actor, `${from}/-`, context, type, content)));
        let message;
        try {
          message = JSON.parse(new TextDecoder().decode(raw.data));
          if (message.v !== 1) throw new Error(`version ${message.v} is not known here`);
        } catch (error) {
          return answer("bus", {}, "bus.not_here", { reason: `unreadable: ${error.message}` });
        }
        handle(message, from, answer);
      },
    });
  }

  // Asks, and asks again every `again` milliseconds, until somebody answers: any answer to any of the
  // questions counts. Nothing: nobody listens there, or nobody answered within `patience`.
  async ask(verb, recipient, message, { patience = answerTimeout, again = patience, signal } = {}) {
    const inbox = createInbox(`_INBOX.${this.name}`);
    const subscription = this.connection.subscribe(inbox);
    const timer = setInterval(() => this.publish(verb, recipient, message, inbox), again);
    const end = setTimeout(() => subscription.unsubscribe(), patience);
    signal?.addEventListener("abort", () => subscription.unsubscribe(), { once: true });
    try {
      this.publish(verb, recipient, message, inbox);
      for await (const raw of subscription) {
        if (raw.data.length === 0 && raw.headers?.code === 503) return undefined;
        return JSON.parse(new TextDecoder().decode(raw.data));
      }
      return undefined;
    } finally {
      clearInterval(timer);
      clearTimeout(end);
      subscription.unsubscribe();
    }
  }

  // [Owners] One question to the owner of a run; `holder.owner` is its node. Undefined: not answered by
  // the owner this time, ask again after repeatInterval; who it is has been looked up by then.
  async askOwner(holder, actor, context, type, content) {
    const { owner } = holder;
    const answer = await this.ask("run", owner, this.make(actor, `${owner}/run`, context, type, content));
    if (answer && answer.type !== "bus.not_here") return answer;
    const found = await this.ask("whois", "any", this.make(actor, "any/orchestrator", context, "bus.whois", {}));
    if (found) holder.owner = found.type === "bus.here" ? found.content.node : found.sender.split("/")[0];
    return undefined;
  }

  // [Epochs] True for what an owner says whose turn is over.
  isOld({ run, epoch = 0 }) {
    const highest = this.epochs.get(run) ?? 0;
    if (epoch !== 0 && epoch < highest) return true;
    this.epochs.delete(run); // the latest stand last
    this.epochs.set(run, Math.max(highest, epoch));
    if (this.epochs.size > epochsKept) this.epochs.delete(this.epochs.keys().next().value);
    return false;
  }

  // True if the message is for an earlier start of this node.
  isForAnother({ recipient }) {
    const at = recipient.lastIndexOf("@");
    return at >= 0 && recipient.slice(at + 1) !== this.incarnation;
  }

  // ---- [Heartbeats]

  tell(type, content) {
    this.publish("hb", "all", this.make("node", "*/dispatcher", {}, type, content));
  }

  beat() {
    const content = { incarnation: this.incarnation, version: "1.0.0", ...this.describe() };
    this.tell("node.heartbeat", { ...content, draining: this.draining });
  }

  // Heartbeats until `leave` is called, which SIGTERM and SIGINT do. `finish` waits for what is under way.
  run(finish) {
    this.beat();
    const timer = setInterval(() => this.beat(), heartbeatInterval);
    const leave = async () => {
      if (this.draining) return;
      this.draining = true;
      this.tell("node.draining", { incarnation: this.incarnation });
      await finish();
      clearInterval(timer);
      this.tell("node.left", { incarnation: this.incarnation });
      await this.connection.drain();
    };
    process.once("SIGTERM", leave);
    process.once("SIGINT", leave);
    process.stdout.write(`node ${this.name} is ready\n`);
  }
}

// The command line of both examples: --url, --ca, --seed, --cluster, --name, and what `more` allows.
export function options(defaults) {
  const out = { url: "nats://127.0.0.1:4222", ca: "", seed: "", cluster: "default", ...defaults };
  for (let i = 2; i < process.argv.length; i += 2) {
    const name = process.argv[i].replace(/^--/, "");
    if (!(name in out) || process.argv[i + 1] === undefined) {
      process.stderr.write(`usage: ${process.argv[1]} ${Object.keys(out).map((k) => `[--${k} ..]`).join(" ")}\n`);
      process.exit(64);
    }
    out[name] = process.argv[i + 1];
  }
  return out;
}
