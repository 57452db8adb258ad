import { S3Client } from "@aws-sdk/client-s3";

/** The usual variables of AWS's tools, so that nothing new has to be learnt or mounted. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
 * AWS_SESSION_TOKEN. Without a key id the SDK's own chain is asked (web identity, instance role).
 * With an endpoint of our own, addressing is path-style: such stores seldom have a DNS name a bucket.
 */
export function s3Client(env: Environment): S3Client {
  const endpoint = env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
  const accessKeyId = env.AWS_ACCESS_KEY_ID;
  const secretAccessKey = env.AWS_SECRET_ACCESS_KEY;
  const sessionToken = env.AWS_SESSION_TOKEN;
  return new S3Client({
    region: env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? "us-east-1",
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && {
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
      }),
    maxAttempts: 4,
    // Every object is hashed by us end to end; a second checksum over each answer would only cost time.
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
  });
}
