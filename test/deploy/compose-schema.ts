// The part of the Compose Specification that docker-compose.yml uses. Other keys and values are errors.
const text = { type: 'string', minLength: 1 }
const flag = { type: 'boolean' }
const duration = { type: 'string', pattern: '^[0-9]+(ms|s|m|h)$' }
const list = (items: object) => ({ type: 'array', minItems: 1, uniqueItems: true, items })
const words = { type: 'array', minItems: 1, items: text }
const mapping = (key: string, value: object) => ({ type: 'object', patternProperties: { [key]: value }, additionalProperties: false })
const name = '^[a-zA-Z0-9._-]+$'

const healthcheck = {
  type: 'object',
  additionalProperties: false,
  required: ['test'],
  properties: {
    test: { ...words, minItems: 2, items: [{ enum: ['CMD', 'CMD-SHELL'] }], additionalItems: text },
    interval: duration,
    timeout: duration,
    retries: { type: 'integer', minimum: 1 },
    start_period: duration
  }
}

const service = {
  type: 'object',
  additionalProperties: false,
  oneOf: [{ required: ['image'] }, { required: ['build'] }],
  properties: {
    image: text,
    build: text,
    command: words,
    user: text,
    init: flag,
    read_only: flag,
    shm_size: { type: 'string', pattern: '^[0-9]+(kb|mb|gb)$' },
    restart: { enum: ['no', 'always', 'on-failure', 'unless-stopped'] },
    // YAML would parse an unquoted number or boolean; a quoted one remains a string.
    environment: mapping('^[A-Z][A-Z0-9_]*$', { type: 'string' }),
    ports: list({ type: 'string', pattern: '^[0-9.]+:([0-9]+|\\$\\{[A-Z_]+:-[0-9]+\\}):[0-9]+$' }),
    volumes: list({ type: 'string', pattern: '^(\\./)?[a-zA-Z0-9._/-]+:/[^:]+(:ro)?$' }),
    healthcheck,
    depends_on: mapping(name, {
      type: 'object',
      additionalProperties: false,
      required: ['condition'],
      properties: { condition: { enum: ['service_started', 'service_healthy', 'service_completed_successfully'] } }
    }),
    cap_drop: list(text),
    security_opt: list(text)
  }
}

/** The schema of docker-compose.yml. */
export const composeSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['services'],
  properties: {
    name: { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]*$' },
    services: mapping(name, service),
    volumes: mapping(name, { type: 'null' })
  }
}
