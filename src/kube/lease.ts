import type { KubeApi } from "./api.ts";
import type { Clock, Instant, Milliseconds } from "./clock.ts";
import type { Log } from "./log.ts";
import type { ObjectKey } from "./object.ts";
import { type Lease, Leases } from "./resources.ts";

export interface LeaseOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly log: Log;
  readonly key: ObjectKey;
  /** Unique to this process, also among restarts of one pod: `identityOf` makes one. */
  readonly identity: string;
  /** client-go's figures unless told: 15 s, 10 s, 2 s. */
  readonly duration?: Milliseconds;
  readonly renewDeadline?: Milliseconds;
  readonly retryPeriod?: Milliseconds;
  readonly random?: () => number;
}

const FIELD_MANAGER = "qi-learning-lease";

/**
 * Leadership among the replicas of one operator, by a Lease (client-go's leaderelection). Nobody's wall clock is
 * trusted: a lease is over when *we* have seen no change of it for its duration. The leader gives up on itself sooner,
 * at the renew deadline, so that there is a gap without any leader and never an overlap of two.
 */
export class LeaderLease {
  readonly #options: Required<LeaseOptions>;
  /** The lease as last read or written, and when we first saw it so. */
  #observed: { lease: Lease; at: Milliseconds } | undefined;
  /** When the request that last renewed our hold was sent. */
  #renewedAt: Milliseconds | undefined;
  readonly #acquired = Promise.withResolvers<void>();
  readonly #lost = Promise.withResolvers<string>();

  constructor(options: LeaseOptions) {
    this.#options = { duration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000, random: Math.random, ...options };
  }

  /** Resolves when this process leads. */
  get acquired(): Promise<void> {
    return this.#acquired.promise;
  }

  /** Resolves, with why, when leadership was lost. The process should then exit: it cannot know what it still has in flight. */
  get lost(): Promise<string> {
    return this.#lost.promise;
  }

  /** How often the lease has changed hands: grows with each leader, so it orders what leaders do outside Kubernetes. */
  get epoch(): number {
    return this.#observed?.lease.spec?.leaseTransitions ?? 0;
  }

  /** True to this moment: false as soon as the renew deadline has passed, whether or not anybody has noticed. */
  isLeader(): boolean {
    return (
      this.#renewedAt !== undefined && this.#options.clock.elapsed() < this.#renewedAt + this.#options.renewDeadline
    );
  }

  /** Stands for election until elected, then holds on until `signal` is aborted (and releases) or leadership is lost. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, identity, retryPeriod, random } = this.#options;
    try {
      while (!(await this.#attempt(signal))) await clock.sleep(retryPeriod * (1 + 1.2 * random()), signal);
      log.info({ identity, epoch: this.epoch }, "leading");
      this.#acquired.resolve();
      await this.#hold(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (signal.aborted) await this.#release();
  }

  async #hold(signal: AbortSignal): Promise<void> {
    const { clock, log, renewDeadline, retryPeriod } = this.#options;
    while (this.isLeader()) {
      await clock.sleep(retryPeriod, signal);
      await this.#attempt(signal);
      if (this.#heldByAnother()) break;
    }
    const holder = this.#observed?.lease.spec?.holderIdentity;
    const why = this.#heldByAnother()
      ? `the lease is held by ${holder}`
      : `the lease was not renewed for ${renewDeadline} ms`;
    this.#renewedAt = undefined;
    log.error({ why }, "leadership lost");
    this.#lost.resolve(why);
  }

  /** Takes or renews the lease if that is ours to do. An error is logged and counts as no. */
  async #attempt(signal: AbortSignal): Promise<boolean> {
    const { clock, log, renewDeadline } = this.#options;
    const late = new AbortController();
    const cancel = clock.setTimer(renewDeadline, () => late.abort(new Error(`no answer within ${renewDeadline} ms`)));
    const sentAt = clock.elapsed();
    try {
      if (!(await this.#takeOrRenew(AbortSignal.any([signal, late.signal])))) return false;
      this.#renewedAt = sentAt;
      return true;
    } catch (error) {
      if (!signal.aborted) log.warn({}, `lease: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    } finally {
      cancel();
    }
  }

  async #takeOrRenew(signal: AbortSignal): Promise<boolean> {
    const { api, key, clock, identity } = this.#options;
    // Renewing what we hold needs no reading: the resourceVersion of our last write is the precondition.
    if (this.isLeader() && this.#observed !== undefined && this.#holder() === identity) {
      try {
        this.#observe(await this.#write(this.#observed.lease, this.#held(this.#observed.lease), signal));
        return true;
      } catch (error) {
        // Someone touched it, or nobody answered: look before anything else.
        if (signal.aborted) throw error;
      }
    }
    const current = await api.get(Leases, key, { signal });
    if (current === undefined) {
      const metadata = { name: key.name, namespace: key.namespace };
      const fresh: Lease = {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata,
        spec: this.#held(undefined),
      };
      this.#observe(await api.create(fresh, { fieldManager: FIELD_MANAGER, signal }));
      return true;
    }
    if (current.metadata.resourceVersion !== this.#observed?.lease.metadata.resourceVersion) this.#observe(current);
    const expires = (this.#observed?.at ?? 0) + 1000 * (current.spec?.leaseDurationSeconds ?? 0);
    const free = this.#holder() === "" || this.#holder() === identity || clock.elapsed() >= expires;
    if (!free) return false;
    this.#observe(await this.#write(current, this.#held(current), signal));
    return true;
  }

  /** On a clean stop, so that the next leader need not wait for the lease to run out. */
  async #release(): Promise<void> {
    const { clock, log, identity, renewDeadline } = this.#options;
    const held = this.#observed?.lease;
    this.#renewedAt = undefined;
    if (held === undefined || this.#holder() !== identity) return;
    const late = new AbortController();
    const cancel = clock.setTimer(renewDeadline, () => late.abort(new Error("late")));
    try {
      const now = microTime(clock.now());
      const spec = { holderIdentity: "", leaseDurationSeconds: 1, acquireTime: now, renewTime: now };
      await this.#write(held, { ...held.spec, ...spec }, late.signal);
      log.info({ identity }, "lease released");
    } catch (error) {
      log.warn({}, `lease not released: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      cancel();
    }
  }

  #write(on: Lease, spec: Lease["spec"], signal: AbortSignal): Promise<Lease> {
    const next = { ...on, ...(spec === undefined ? {} : { spec }) };
    return this.#options.api.update(next, { fieldManager: FIELD_MANAGER, signal });
  }

  #held(before: Lease | undefined): NonNullable<Lease["spec"]> {
    const { clock, identity, duration } = this.#options;
    const now = microTime(clock.now());
    const mine = before?.spec?.holderIdentity === identity;
    const transitions = before?.spec?.leaseTransitions ?? 0;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(duration / 1000),
      acquireTime: (mine && before?.spec?.acquireTime) || now,
      renewTime: now,
      leaseTransitions: before === undefined || mine ? transitions : transitions + 1,
    };
  }

  #observe(lease: Lease): void {
    this.#observed = { lease, at: this.#options.clock.elapsed() };
  }

  #holder(): string {
    return this.#observed?.lease.spec?.holderIdentity ?? "";
  }

  #heldByAnother(): boolean {
    return this.#observed !== undefined && this.#holder() !== this.#options.identity;
  }
}

/** Kubernetes' MicroTime has six fractional digits; the server refuses three. */
export function microTime(at: Instant): string {
  return new Date(at).toISOString().replace(/\.(\d{3})Z$/, ".$1000Z");
}

/** `<pod name>_<random>`, as client-go has it: a restarted container must not take itself for its predecessor. */
export function identityOf(podName: string): string {
  return `${podName}_${crypto.randomUUID()}`;
}
