FROM node:24.18.0-alpine AS build
WORKDIR /app
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
RUN npm ci --ignore-scripts
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24.18.0-alpine
ENV NODE_ENV=production PGVITALS_HOST=0.0.0.0
# Node.js as the first process would leave zombies of password commands, and could not end itself while a file system hangs.
RUN apk add --no-cache tini
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json pgvitals.schema.json LICENSE ./
COPY queries queries
USER node
EXPOSE 9187
HEALTHCHECK --interval=30s CMD wget -qO- http://127.0.0.1:9187/healthz || exit 1
ENTRYPOINT ["tini", "--", "node", "dist/main.js"]
