# The image of every process of this project that is not the trainer: operator and sidecar.
# Its context is assembled by e2e/harness/images.ts: built JavaScript, production dependencies and the Node binary of the npm
# package `node`, so that it needs no other base than Debian's.
FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libstdc++6 \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 qi && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin qi
COPY node /usr/local/bin/node
COPY node_modules /app/node_modules
COPY dist /app
USER 10001:10001
WORKDIR /app
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps
ENTRYPOINT ["/usr/local/bin/node", "/app/src/main.js"]
