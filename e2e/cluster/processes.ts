/**
 * Long-lived processes of the testbed: started detached, so that they outlive the CLI, and recorded, so that a later
 * CLI finds them. A pid alone names nobody (pids are used again); a record also holds the boot, the start time and
 * the command line, and nothing is ever signalled unless all of them still match.
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { logsDir, madeDir, pidsDir, stateDir } from "./paths.ts";
import { lastLines, waitUntil } from "./shell.ts";

export interface PidRecord {
  readonly pid: number;
  /** Clock ticks since boot at which the process started: field 22 of /proc/PID/stat. */
  readonly startTime: string;
  readonly bootId: string;
  readonly command: string;
}

/** Marks what we start, and what that starts, in the environment: finds processes whose record was never written. */
const marker = `QI_LEARNING_CLUSTER=${stateDir}`;

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a part in the background; its output is appended to its log. */
export function startProcess(name: string, { program, args, env }: Command): PidRecord {
  const log = openSync(logFile(name), "a", 0o600);
  const [key, value] = marker.split("=") as [string, string];
  const child = spawn(program, args, {
    cwd: madeDir(stateDir),
    detached: true,
    env: { ...process.env, ...env, [key]: value },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.on("error", () => undefined); // told below: no pid
  child.unref();
  const record = child.pid === undefined ? undefined : identify(child.pid);
  if (record === undefined)
    throw new Error(`${name} did not start: ${program} ${args.join(" ")} (log: ${logFile(name)})`);
  writeFileSync(recordFile(name), JSON.stringify(record));
  return record;
}

/** The recorded process of that name, if it still runs. */
export function findProcess(name: string): PidRecord | undefined {
  if (!existsSync(recordFile(name))) return undefined;
  const record = JSON.parse(readFileSync(recordFile(name), "utf8")) as PidRecord;
  return sameProcess(record, identify(record.pid)) ? record : undefined;
}

/** Whether a part of that name was started since the last `down`, running or not. */
export function wasStarted(name: string): boolean {
  return existsSync(recordFile(name));
}

/** Ends the recorded process of that name, gracefully within `graceSeconds`, else by SIGKILL; forgets its record. */
export async function stopProcess(name: string, graceSeconds = 5): Promise<void> {
  const record = findProcess(name);
  if (record !== undefined) await end(record, graceSeconds);
  rmSync(recordFile(name), { force: true });
}

/** Processes that carry our mark (parts whose record was lost, containerd's shims), but are recorded under no name. */
export function strayProcesses(): PidRecord[] {
  const recorded = new Set(recordedNames().map((name) => findProcess(name)?.pid));
  return everyProcess().filter(({ pid }) => !recorded.has(pid) && environmentOf(pid).includes(marker));
}

export function recordedNames(): string[] {
  return existsSync(pidsDir) ? readdirSync(pidsDir).map((file) => file.replace(/\.json$/, "")) : [];
}

export async function end(record: PidRecord, graceSeconds: number): Promise<void> {
  const gone = async () => isGone(record);
  try {
    if (graceSeconds > 0) {
      if (!isGone(record)) process.kill(record.pid, "SIGTERM");
      await waitUntil("the process ends", graceSeconds, gone);
    }
  } catch {
    // It did not end in time, or ended just before the signal; the check below tells which.
  }
  if (!isGone(record)) process.kill(record.pid, "SIGKILL");
  await waitUntil(`process ${record.pid} (${record.command}) ends after SIGKILL`, 10, gone);
}

/**
 * Whether nothing of the process is left that holds a file or a port. Its first thread may be a zombie while others
 * are still on their way out, and its sockets with them.
 */
function isGone({ pid, startTime }: PidRecord): boolean {
  try {
    const seen = parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
    if (seen.startTime !== startTime) return true;
    return (seen.state === "Z" || seen.state === "X") && readdirSync(`/proc/${pid}/task`).length <= 1;
  } catch {
    return true;
  }
}

/** Whether two descriptions are of one process, not of two that had the same pid one after the other. */
export function sameProcess(recorded: PidRecord, seen: PidRecord | undefined): boolean {
  return (
    seen !== undefined &&
    recorded.pid === seen.pid &&
    recorded.startTime === seen.startTime &&
    recorded.bootId === seen.bootId &&
    recorded.command === seen.command
  );
}

/** Describes a process by what the kernel says now; undefined when there is none, or only a zombie. */
export function identify(pid: number): PidRecord | undefined {
  try {
    const { state, startTime } = parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
    if (state === "Z" || state === "X") return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").trim();
    return { pid, startTime, bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(), command };
  } catch {
    return undefined;
  }
}

/** The program's name, field 2, may itself hold spaces and parentheses: fields are counted from its last ")". */
export function parseStat(stat: string): { state: string; startTime: string } {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", startTime: fields[19] ?? "" };
}

export function everyProcess(): PidRecord[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => identify(Number(pid)) ?? []);
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return []; // ended meanwhile, or another user's
  }
}

export function logFile(name: string): string {
  return join(madeDir(logsDir), `${name}.log`);
}

export function lastWords(name: string): string {
  return existsSync(logFile(name)) ? lastLines(readFileSync(logFile(name), "utf8"), 8) : "(no log)";
}

function recordFile(name: string): string {
  return join(madeDir(pidsDir), `${name}.json`);
}
