# One image for every service: docker-compose.yml says which one a container runs. `files` adds what videos need.
FROM node:24.21.0-bookworm-slim AS base
WORKDIR /app

# Only what says which packages are needed: the layers after it are built again when that has changed.
FROM base AS manifests
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json -delete && find . -type d -empty -delete

FROM base AS packages
COPY --from=manifests /app ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --workspace=services --workspace=stack

FROM base AS page
COPY --from=manifests /app ./
RUN npm ci --ignore-scripts --no-audit --no-fund --workspace=web
COPY tsconfig.json ./
COPY scripts scripts
COPY libs libs
COPY web web
RUN node scripts/build-web.ts

FROM base AS service
ENV NODE_ENV=production CHAT_HOST=0.0.0.0
COPY --from=packages /app ./
COPY libs/contract libs/contract
COPY libs/service libs/service
COPY services services
COPY stack stack
COPY deploy/probe.mjs deploy/mongo-init.ts deploy/
COPY scripts/admin.ts scripts/backup.ts scripts/restore.ts scripts/
COPY scripts/admin scripts/admin
COPY operations/backup operations/backup
COPY --from=page /app/web/dist web/dist
USER node
# Gateway, platform API; health and metrics of the others.
EXPOSE 3000 3001 3002
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=3 CMD ["node", "deploy/probe.mjs"]
CMD ["node", "services/gateway/main.ts"]

FROM service AS files
USER root
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ffmpeg \
  && rm -rf /var/lib/apt/lists/*
USER node
CMD ["node", "services/files/main.ts"]
