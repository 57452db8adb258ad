/** How each database calls what the tables are made of. */
export interface Words {
  readonly text: string;
  readonly uuid: string;
  readonly int: string;
  readonly float: string;
  readonly bytes: string;
  readonly json: string;
  /** Ends a table that is kept by the day of its `id`. */
  readonly byDay: string;
  /** Ends every other table. */
  readonly table: string;
}

/**
 * Version 1, for both databases. `id` is always that of the interaction, and only the columns `sealed` hold what a user
 * or a model wrote. What belongs to an interaction hangs together by (tenant, id) without foreign keys: days are
 * dropped whole.
 */
export const firstTables = (w: Words): readonly string[] => [
  `CREATE TABLE interaction (
    tenant ${w.text} NOT NULL,
    id ${w.uuid} NOT NULL,
    at ${w.int} NOT NULL,
    received_at ${w.int} NOT NULL,
    policy ${w.text} NOT NULL,
    policy_revision ${w.int} NOT NULL,
    kind ${w.text} NOT NULL,
    served_model ${w.text} NOT NULL,
    model_version ${w.text},
    thinking ${w.int} NOT NULL,
    session ${w.text} NOT NULL,
    subject ${w.text},
    repository ${w.text},
    contributor ${w.text} NOT NULL,
    labels ${w.json} NOT NULL,
    redactions ${w.text} NOT NULL,
    body ${w.text} NOT NULL,
    feedback_seq ${w.int} NOT NULL,
    sealed ${w.bytes} NOT NULL,
    PRIMARY KEY (tenant, id)
  ) ${w.byDay}`,
  `CREATE INDEX interaction_subject ON interaction (tenant, subject) WHERE subject IS NOT NULL`,
  `CREATE INDEX interaction_session ON interaction (tenant, session)`,

  `CREATE TABLE feedback (
    tenant ${w.text} NOT NULL,
    feedback_id ${w.uuid} NOT NULL,
    id ${w.uuid} NOT NULL,
    seq ${w.int} NOT NULL,
    type ${w.text} NOT NULL,
    received_at ${w.int} NOT NULL,
    body ${w.text} NOT NULL,
    sealed ${w.bytes} NOT NULL,
    PRIMARY KEY (tenant, feedback_id)
  ) ${w.table}`,
  `CREATE INDEX feedback_interaction ON feedback (id, tenant, seq)`,

  `CREATE TABLE work (
    tenant ${w.text} NOT NULL,
    id ${w.uuid} NOT NULL,
    feedback_seq ${w.int} NOT NULL,
    enqueued_at ${w.int} NOT NULL,
    sent_at ${w.int} NOT NULL DEFAULT 0,
    relay_until ${w.int} NOT NULL DEFAULT 0,
    lease_owner ${w.text},
    lease_until ${w.int} NOT NULL DEFAULT 0,
    deliveries ${w.int} NOT NULL DEFAULT 0,
    state ${w.text} NOT NULL DEFAULT 'ready',
    reason ${w.text},
    buried_at ${w.int},
    PRIMARY KEY (tenant, id)
  ) ${w.table}`,
  `CREATE INDEX work_ready ON work (enqueued_at, id) WHERE state = 'ready'`,
  `CREATE INDEX work_sent ON work (sent_at, enqueued_at, id) WHERE state = 'ready'`,
  `CREATE INDEX work_dead ON work (buried_at, id) WHERE state = 'dead'`,

  // One row for each score that was ever current; `ordinal` is their order, `assessed_at` never falls along it.
  `CREATE TABLE assessment (
    tenant ${w.text} NOT NULL,
    id ${w.uuid} NOT NULL,
    ordinal ${w.int} NOT NULL,
    assessed_at ${w.int} NOT NULL,
    policy ${w.text} NOT NULL,
    overall ${w.float} NOT NULL,
    verdict ${w.text},
    said ${w.text} NOT NULL,
    PRIMARY KEY (tenant, id, ordinal)
  ) ${w.byDay}`,
  // The current one, with what it put into the rollups, so that it can be taken out again.
  `CREATE TABLE score (
    tenant ${w.text} NOT NULL,
    id ${w.uuid} NOT NULL,
    ordinal ${w.int} NOT NULL,
    assessed_at ${w.int} NOT NULL,
    overall ${w.float} NOT NULL,
    said ${w.text} NOT NULL,
    contribution ${w.text} NOT NULL,
    PRIMARY KEY (tenant, id)
  ) ${w.byDay}`,
  // Sums are millionths: what is taken out again leaves nothing behind.
  `CREATE TABLE quality_rollup (
    tenant ${w.text} NOT NULL,
    policy ${w.text} NOT NULL,
    hour ${w.int} NOT NULL,
    facet ${w.text} NOT NULL,
    dimension ${w.text} NOT NULL,
    bin ${w.int} NOT NULL,
    n ${w.int} NOT NULL,
    total ${w.int} NOT NULL,
    accepted ${w.int} NOT NULL,
    PRIMARY KEY (tenant, policy, hour, facet, dimension, bin)
  ) ${w.table}`,
  `CREATE INDEX quality_rollup_hour ON quality_rollup (hour)`,
  `CREATE TABLE threshold_change (
    tenant ${w.text} NOT NULL,
    policy ${w.text} NOT NULL,
    ordinal ${w.int} NOT NULL,
    changed_at ${w.int} NOT NULL,
    from_value ${w.float} NOT NULL,
    to_value ${w.float} NOT NULL,
    reason ${w.text} NOT NULL,
    PRIMARY KEY (tenant, policy, ordinal)
  ) ${w.table}`,

  `CREATE TABLE review (
    tenant ${w.text} NOT NULL,
    id ${w.uuid} NOT NULL,
    policy ${w.text} NOT NULL,
    reason ${w.text} NOT NULL,
    open ${w.int} NOT NULL DEFAULT 1,
    opened_at ${w.int} NOT NULL,
    predicted ${w.float} NOT NULL,
    confidence ${w.float} NOT NULL,
    lease_owner ${w.text},
    lease_token ${w.text},
    lease_until ${w.int} NOT NULL DEFAULT 0,
    decided_at ${w.int},
    agreed ${w.int},
    sealed ${w.bytes},
    PRIMARY KEY (tenant, id)
  ) ${w.table}`,
  `CREATE INDEX review_open ON review (tenant, confidence, id) WHERE open = 1`,
  `CREATE INDEX review_decided ON review (tenant, policy, decided_at) WHERE open = 0`,

  `CREATE TABLE task (
    id ${w.text} PRIMARY KEY,
    tenant ${w.text} NOT NULL,
    kind ${w.text} NOT NULL,
    input ${w.text} NOT NULL,
    state ${w.text} NOT NULL,
    attempts ${w.int} NOT NULL,
    progress ${w.float} NOT NULL,
    result ${w.text},
    error ${w.text},
    created_at ${w.int} NOT NULL,
    ended_at ${w.int},
    lease_owner ${w.text},
    lease_until ${w.int} NOT NULL DEFAULT 0
  ) ${w.table}`,
  `CREATE INDEX task_list ON task (tenant, kind, created_at, id)`,
  `CREATE INDEX task_open ON task (created_at, id) WHERE state IN ('waiting', 'running')`,

  `CREATE TABLE dataset (
    tenant ${w.text} NOT NULL,
    sha256 ${w.text} NOT NULL,
    policy ${w.text} NOT NULL,
    uri ${w.text} NOT NULL,
    manifest ${w.text} NOT NULL,
    created_at ${w.int} NOT NULL,
    complete ${w.int} NOT NULL,
    erased_at ${w.int},
    PRIMARY KEY (tenant, sha256)
  ) ${w.table}`,
  // Stays when the interaction has expired: the dataset still holds it, and an erasure must find that out.
  `CREATE TABLE dataset_member (
    tenant ${w.text} NOT NULL,
    dataset ${w.text} NOT NULL,
    id ${w.uuid} NOT NULL,
    split ${w.text} NOT NULL,
    subject ${w.text},
    PRIMARY KEY (tenant, dataset, id)
  ) ${w.table}`,
  `CREATE INDEX dataset_member_subject ON dataset_member (tenant, subject) WHERE subject IS NOT NULL`,
  `CREATE TABLE model_lineage (
    tenant ${w.text} NOT NULL,
    model_version ${w.text} NOT NULL,
    dataset ${w.text} NOT NULL,
    training_run ${w.text} NOT NULL,
    PRIMARY KEY (tenant, dataset, model_version, training_run)
  ) ${w.table}`,

  `CREATE TABLE erasure (
    tenant ${w.text} NOT NULL,
    id ${w.text} NOT NULL,
    requested_at ${w.int} NOT NULL,
    completed_at ${w.int},
    interactions ${w.int} NOT NULL DEFAULT 0,
    feedback ${w.int} NOT NULL DEFAULT 0,
    datasets ${w.text} NOT NULL DEFAULT '[]',
    model_versions ${w.text} NOT NULL DEFAULT '[]',
    PRIMARY KEY (tenant, id)
  ) ${w.table}`,
  `CREATE TABLE tombstone (
    tenant ${w.text} NOT NULL,
    kind ${w.text} NOT NULL,
    value ${w.text} NOT NULL,
    erased_at ${w.int} NOT NULL,
    PRIMARY KEY (tenant, kind, value)
  ) ${w.table}`,
  // `wrapped` is null once destroyed: what was sealed with it can be read by nobody any more, in no backup either.
  `CREATE TABLE data_key (
    tenant ${w.text} NOT NULL,
    holder ${w.text} NOT NULL,
    wrapped ${w.bytes},
    PRIMARY KEY (tenant, holder)
  ) ${w.table}`,

  `CREATE TABLE api_key (
    id ${w.text} PRIMARY KEY,
    tenant ${w.text} NOT NULL,
    name ${w.text} NOT NULL,
    roles ${w.text} NOT NULL,
    hash ${w.text} NOT NULL,
    created_at ${w.int} NOT NULL,
    revoked_at ${w.int}
  ) ${w.table}`,
  `CREATE INDEX api_key_tenant ON api_key (tenant, created_at)`,
  `CREATE TABLE policy_set (
    one ${w.int} PRIMARY KEY CHECK (one = 1),
    revision ${w.int} NOT NULL,
    body ${w.text} NOT NULL
  ) ${w.table}`,
];
