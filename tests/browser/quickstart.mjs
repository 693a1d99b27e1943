// The quickstart as a process: started, waited for, ended as with Ctrl-C.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

// From a fresh clone, cargo builds everything first.
const BUILT = { command: process.env.QUICKSTART, patience: 3 * 60_000 };
const TO_BUILD = { command: "cargo", patience: 30 * 60_000 };

/** Starts `quickstart --serve`; resolves once its page is there. */
export async function start() {
  const { command, patience } = BUILT.command ? BUILT : TO_BUILD;
  const arguments_ = BUILT.command ? [] : ["xtask", "quickstart"];
  // Progress goes to our standard error. MEDIAD, if it is set, tells it which service to start.
  const child = spawn(command, [...arguments_, "--serve", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit").then(([code, signal]) => ({ code, signal }));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = await Promise.race([
    lines.next().then(({ value }) => value),
    once(child, "error").then(([error]) => Promise.reject(error)),
    after(patience),
  ]);
  if (line === undefined) {
    child.kill("SIGKILL");
    throw new Error(`${command} has ended, or printed no line of JSON in ${patience / 1000} s`);
  }
  return { report: JSON.parse(line), interrupt: () => interrupt(child, ended) };
}

/** Sends SIGINT; resolves to how it ended, or undefined if it did not within 15 s. */
async function interrupt(child, ended) {
  child.kill("SIGINT");
  const end = await Promise.race([ended, after(15_000)]);
  if (end === undefined) child.kill("SIGKILL");
  return end;
}

function after(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
