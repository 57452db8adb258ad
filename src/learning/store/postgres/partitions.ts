/** The tables that are kept by the day of their `id`. */
export const BY_DAY = ["interaction", "assessment", "score"] as const;

const parents = `ARRAY[${BY_DAY.map((name) => `'${name}'`).join(", ")}]`;

/**
 * Making and dropping tables needs their owner, and the role that serves requests is not: it may only call these. Days
 * are cut at UTC midnight; a UUIDv7 begins with its milliseconds, so a day's bounds are ids of zeros.
 */
export const partitionFunctions: readonly string[] = [
  `CREATE FUNCTION qi_lowest_id(ms bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(ms), 12, '0') || repeat('0', 20))::uuid
  $$`,

  `CREATE FUNCTION qi_make_partitions(now_ms bigint, days_before int, days_ahead int) RETURNS int
   LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
   DECLARE
     day_ms CONSTANT bigint := 86400000;
     parent text;
     start_ms bigint;
     child text;
     made int := 0;
   BEGIN
     PERFORM pg_advisory_xact_lock(7233142, 2);
     FOR day IN -days_before .. days_ahead LOOP
       start_ms := (now_ms / day_ms + day) * day_ms;
       FOREACH parent IN ARRAY ${parents} LOOP
         child := parent || '_' || to_char(to_timestamp(start_ms / 1000) AT TIME ZONE 'UTC', 'YYYYMMDD');
         CONTINUE WHEN to_regclass(child) IS NOT NULL;
         EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
           child, parent, qi_lowest_id(start_ms), qi_lowest_id(start_ms + day_ms));
         made := made + 1;
       END LOOP;
     END LOOP;
     RETURN made;
   END $$`,

  `CREATE FUNCTION qi_drop_partitions(before_ms bigint) RETURNS int
   LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
   DECLARE
     child record;
     dropped int := 0;
   BEGIN
     PERFORM pg_advisory_xact_lock(7233142, 2);
     FOR child IN
       SELECT c.oid::regclass AS name FROM pg_inherits h
       JOIN pg_class c ON c.oid = h.inhrelid
       WHERE h.inhparent = ANY (SELECT to_regclass(p) FROM unnest(${parents}) p)
         AND to_date(right(c.relname, 8), 'YYYYMMDD') + 1
           <= (to_timestamp(before_ms / 1000) AT TIME ZONE 'UTC')::date
       ORDER BY c.relname
     LOOP
       EXECUTE 'DROP TABLE ' || child.name;
       dropped := dropped + 1;
     END LOOP;
     RETURN dropped;
   END $$`,
  ...["qi_make_partitions(bigint, int, int)", "qi_drop_partitions(bigint)"].map(
    (name) => `REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC`,
  ),
];
